"""What one deal costs, by the number of analysers: the distributor's own class, in process."""

import random
import time
from collections.abc import Sequence
from typing import Final

from logdist_loadtest.bench.results import Spread

COUNTS: Final = (3, 10_000)
SEED: Final = 1


def measure_picks(rounds: int, picks: int, counts: Sequence[int] = COUNTS) -> list[dict[int, float]]:
    """Nanoseconds of one `pick` for each of `counts`, round by round; empty without the distributor's package."""
    try:
        import logdist_distributor.core.deal  # noqa: F401, PLC0415  # not a dependency: the bench also runs without it
    except ImportError:
        return []
    return [{count: _time_picks(count, picks) for count in counts} for _ in range(rounds)]


def pick_ratio(rounds_ns: list[dict[int, float]]) -> Spread | None:
    """The cost at the most analysers to the cost at the fewest, within each round; None when nothing was measured."""
    return Spread.build(each[COUNTS[-1]] / each[COUNTS[0]] for each in rounds_ns)


def _time_picks(count: int, picks: int) -> float:
    from logdist_distributor.core.deal import Deal, Share  # noqa: PLC0415

    weights = random.Random(SEED)  # noqa: S311
    deal: Deal[None] = Deal()
    deal.rebase([Share(None, weights.randint(1, 1000)) for _ in range(count)])
    pick = deal.pick
    for _ in range(2 * count):
        pick(1)
    before_ns = time.process_time_ns()
    for _ in range(picks):
        pick(1)
    return (time.process_time_ns() - before_ns) / picks
