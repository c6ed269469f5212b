"""One drill after the other on this machine, each on a stack of its own."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from logdist_loadtest.bench.process import StartError
from logdist_loadtest.drill.catalogue import Drill
from logdist_loadtest.drill.outcome import Outcome
from logdist_loadtest.drill.scene import Scene
from logdist_loadtest.drill.stack import Stack


@dataclass(frozen=True, slots=True)
class Options:
    folder: Path
    rate_per_s: float
    away_s: float  # how long what may be away for minutes is away


def run_drill(drill: Drill, options: Options, tell: Callable[[str], None]) -> Outcome:
    """Never raises for what goes wrong in it: that is its outcome."""
    outcome = Outcome(drill.name, not_done=drill.missing())
    if outcome.not_done:
        return outcome
    folder = options.folder / drill.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stack = Stack(folder, drill.name, options.rate_per_s, drill.settings(folder))
    try:
        with stack.running():
            Scene(stack, outcome, options.away_s, options.rate_per_s, tell).play(drill.run)
    except StartError as error:
        outcome.problems.append(str(error))
    return outcome
