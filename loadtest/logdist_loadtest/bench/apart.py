"""What is measured apart from the load of `plan.py`: picks, changes, deaths and a backlog. One failure is told, and
the rest goes on.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import httpx

from logdist_loadtest.bench.backlog import Backlog, measure_backlog
from logdist_loadtest.bench.convergence import Convergence, Scale
from logdist_loadtest.bench.kills import (
    AnalyserKill,
    DistributorKill,
    DrillError,
    kill_an_analyser,
    kill_the_distributor,
)
from logdist_loadtest.bench.lab import ConvergenceError, NoCluster, measure_convergence
from logdist_loadtest.bench.picks import measure_picks
from logdist_loadtest.bench.process import StartError
from logdist_loadtest.bench.publishing import PublishingError, measure_publishing
from logdist_loadtest.bench.wrk import WrkError

FAILURES: Final = (
    *(DrillError, PublishingError, ConvergenceError, StartError, WrkError),
    *(httpx.HTTPError, OSError, TimeoutError),
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float  # of load around each kill
    picks: int
    changes: int
    backlog_gib: float
    cluster: str = ""  # command that has one (lab.py)
    scale: Scale = field(default_factory=Scale)  # of what is measured there


@dataclass(frozen=True, slots=True)
class Apart:
    """Round by round or change by change; empty where it could not be measured, and then `faults` says why."""

    picks_ns: list[dict[int, float]] = field(default_factory=list)  # of one pick, by the number of analysers
    changes_ms: list[float] = field(default_factory=list)  # from a change of weight to the last pod
    analyser_kills: list[AnalyserKill] = field(default_factory=list)
    distributor_kills: list[DistributorKill] = field(default_factory=list)
    backlog: Backlog | None = None
    convergence: Convergence | None = None
    no_cluster: str = ""  # why `convergence` was not measured, where that is no fault
    faults: tuple[str, ...] = ()

    def find_faults(self) -> list[str]:
        """All that went wrong, one sentence each: what could not be measured, and what broke a promise."""
        faults = list(self.faults)
        for number, kill in enumerate(self.analyser_kills, start=1):
            if kill.lost or kill.errors:
                faults.append(f"an analyser killed, round {number}: {kill.lost} packets lost, {kill.errors} errors")
        for number, death in enumerate(self.distributor_kills, start=1):
            if death.missing:
                faults.append(f"the distributor killed, round {number}: {death.missing} packets missing")
        if self.backlog and self.backlog.restored != self.backlog.packets:
            faults.append(f"backlog: {self.backlog.packets} acknowledged, {self.backlog.restored} restored")
        return faults


def measure_apart(wrk: Path, work: Path, effort: Effort) -> Apart:
    """All of it, one after the other, with a line of progress each; everything on disk happens under `work`."""
    faults: list[str] = []

    def attempt(name: str, measure: Callable[[], Result]) -> list[Result]:
        """The result, or nothing and a fault."""
        print(f"{name} ...", flush=True)
        try:
            return [measure()]
        except FAILURES as failure:
            faults.append(f"{name}: {type(failure).__name__}: {failure}")
            print(faults[-1], flush=True)
            return []

    def in_rounds(name: str, measure: Callable[[Path], Result]) -> list[Result]:
        results = []
        for number in range(1, effort.rounds + 1):
            place = work / f"{name.replace(' ', '-')}-{number}"
            results += attempt(f"{name}, round {number}", partial(measure, place))
            shutil.rmtree(place, ignore_errors=True)
        return results

    picks = attempt("picks", lambda: measure_picks(effort.rounds, effort.picks))
    changes = attempt("changes of weight", lambda: measure_publishing(work / "publishing", effort.changes))
    analysers = in_rounds("an analyser killed", lambda place: kill_an_analyser(wrk, effort.seconds, place))
    distributors = in_rounds("the distributor killed", lambda place: kill_the_distributor(effort.seconds, place))
    name = f"a backlog of {effort.backlog_gib:g} GiB"
    backlog = attempt(name, lambda: measure_backlog(effort.backlog_gib, work / "backlog")) if effort.backlog_gib else []
    no_cluster = []
    try:
        place = work / "convergence"
        convergence = attempt("convergence", lambda: measure_convergence(effort.cluster, place, effort.scale))
    except NoCluster as why:
        convergence, no_cluster = [], [f"no cluster: {why}"]
    return Apart(
        picks_ns=picks[0] if picks else [],
        changes_ms=changes[0] if changes else [],
        analyser_kills=analysers,
        distributor_kills=distributors,
        backlog=backlog[0] if backlog else None,
        convergence=convergence[0] if convergence else None,
        no_cluster="".join(no_cluster),
        faults=tuple(faults),
    )
