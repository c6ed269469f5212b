"""The failover scenario: the heaviest analyser fails under load, others take its share, it returns and has it back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from logdist_loadtest.demo.state import Analyser, State
from logdist_loadtest.load.judge import Shares, is_calm, shares_between
from logdist_loadtest.load.watch import NeverSeen, Watch, drill

WINDOW_S: Final = 5.0  # shares are compared over so long
LIMIT_S: Final = 120.0  # a returning analyser's share grows for ten seconds, or for what its Analyser says


@dataclass(frozen=True, slots=True)
class Step:
    at_s: float  # since the start of the run
    text: str


@dataclass(slots=True)
class Drill:
    """One of them. `watch` looks; `tell` shows a line to the user."""

    watch: Watch
    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _start_s: float = field(default_factory=time.monotonic)

    def run(self) -> None:
        """Returns when it is over, with what was wrong in `problems`. The analyser is well again, whatever happens."""
        failing: list[str] = []
        try:
            self._wait("every analyser is admitted and packets arrive", _is_well)
            self._until_right("the shares are right before anything happens")
            victim = _heaviest(self.watch.state())
            failing += victim.endpoints
            self._fail(victim)
            self._return(victim)
        except (NeverSeen, OSError) as error:
            self.problems.append(str(error))
            self._note(str(error))
        finally:
            for endpoint in failing:
                drill(endpoint, "begin")

    def _fail(self, victim: Analyser) -> None:
        for endpoint in victim.endpoints:
            drill(endpoint, "fail")
        self._note(f"{victim.name} fails")
        self._wait(f"{victim.name} is ejected", lambda state: _standing(state, victim) == "ejected")
        shares = self._until_right(f"the others have the share of {victim.name}")
        if shares.dealt[victim.name]:
            self.problems.append(f"{victim.name} was dealt {shares.dealt[victim.name]} packets while it was ejected")

    def _return(self, victim: Analyser) -> None:
        for endpoint in victim.endpoints:
            drill(endpoint, "begin")
        self._note(f"{victim.name} is well")
        self._wait(f"{victim.name} is admitted", lambda state: _standing(state, victim) == "admitted")
        self._until_right(f"{victim.name} has its share back")

    def _wait(self, what: str, holds: Callable[[State], bool]) -> None:
        self.watch.until(what, holds, LIMIT_S)
        self._note(what)

    def _until_right(self, what: str) -> Shares:
        """Compare shares, window after window, until they are right. Raises NeverSeen."""
        deadline_s = time.monotonic() + LIMIT_S
        shares = None
        while time.monotonic() < deadline_s:
            before = self.watch.state()
            time.sleep(WINDOW_S)  # the window itself
            after = self.watch.state()
            shares = shares_between(before, after)
            if is_calm(before, after) and shares.are_right:
                self._note(f"{what}: {shares}")
                return shares
        raise NeverSeen(f"not within {LIMIT_S:g} s: {what}; last seen: {shares}")

    def _note(self, text: str) -> None:
        self.steps.append(Step(time.monotonic() - self._start_s, text))
        self.tell(f"{self.steps[-1].at_s:6.1f} s  {text}")


def _is_well(state: State) -> bool:
    accepted = sum(pod.ledger.accepted for pod in state.pods if pod.ledger is not None)
    return accepted > 0 and len(state.analysers) > 1 and all(each.standing == "admitted" for each in state.analysers)


def _heaviest(state: State) -> Analyser:
    return max(state.analysers, key=lambda each: each.wanted_weight)


def _standing(state: State, analyser: Analyser) -> str:
    return next((each.standing for each in state.analysers if each.uid == analyser.uid), "gone")
