"""What a drill needs to know of where it is held: on this machine (stack.py) or on a cluster (cluster.py)."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from logdist_loadtest.drill.status import Status, are_shares_right

WEIGHTS: Final = {"errors": 1, "traffic": 2, "audit": 3}
VICTIM: Final = "audit"  # the heaviest
RECORDER: Final = Path(__file__).with_name("data") / "recording_analyser.py"
WINDOW_PACKETS: Final = 300  # shares are compared over so many, at all distributors together


class Ground(Protocol):
    """Questions raise OSError when they are not answered."""

    run: str  # begins every packet's id

    def statuses(self) -> Sequence[Status]:
        """Of every distributor."""

    def received(self) -> Counter[str]:
        """How often each packet was delivered, to any analyser."""

    def finish(self) -> dict[str, Any]:
        """Stop the sender once all it began is settled; its book."""


def standings(ground: Ground, analyser: str) -> set[str]:
    """What distributors say of it."""
    return {status.standings().get(analyser, "unknown") for status in ground.statuses()}


def is_settled(ground: Ground) -> bool:
    return all(status.is_settled for status in ground.statuses())


def watch_shares(ground: Ground) -> Callable[[], bool]:
    """Asked again and again: whether shares were right at every distributor over the last packets."""
    looks: list[dict[str, Status]] = []

    def are_right() -> bool:
        after = {status.instance_id: status for status in ground.statuses()}
        if not looks or looks[-1].keys() != after.keys():
            looks.append(after)
            return False
        pairs = [(looks[-1][name], status) for name, status in after.items()]
        if sum(late.ledger.delivered - early.ledger.delivered for early, late in pairs) < WINDOW_PACKETS:
            return False
        looks.append(after)
        return all(are_shares_right(early, late) for early, late in pairs)

    return are_right
