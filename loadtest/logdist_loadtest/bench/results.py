"""All measurements of a bench, asked for medians, spreads and ratios. Pure.

A ratio is taken pair by pair within a round, so that what slows one round slows both sides of it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from logdist_loadtest.bench.contenders import Contender
from logdist_loadtest.bench.measure import Figures, Measurement
from logdist_loadtest.bench.plan import SATURATING, Scenario


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of the values that so many percent of them do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some rounds, with the least and the most."""

    median: float
    low: float
    high: float

    @classmethod
    def build(cls, values: Iterable[float]) -> "Spread | None":
        """None when there are no values."""
        known = sorted(values)
        return cls(median(known), known[0], known[-1]) if known else None


@dataclass(frozen=True, slots=True)
class Key:
    """Which cell, over all rounds."""

    scenario: Scenario
    contender: Contender
    connections: int


class Results:
    """What was measured. Failed runs have no figures; runs with faults count, and are told in the report."""

    def __init__(self, measurements: list[Measurement]) -> None:
        self.measurements = measurements

    def spread(self, key: Key, figure: str) -> Spread | None:
        """Median and range of one figure of `Figures` over the rounds, or None when no round gave it."""
        return Spread.build(getattr(figures, figure) for figures in self._by_round(key).values())

    def ratio(self, ours: Key, theirs: Key, figure: str = "cpu_us") -> Spread | None:
        """Ours divided by theirs, of the same round, or None when no round has both."""
        left, right = self._by_round(ours), self._by_round(theirs)
        pairs = [(getattr(left[n], figure), getattr(right[n], figure)) for n in left.keys() & right.keys()]
        return Spread.build(mine / other for mine, other in pairs if other)

    def with_faults(self) -> list[Measurement]:
        """The runs that did not pass their checks."""
        return [each for each in self.measurements if each.faults]

    def worst_share_error(self) -> float | None:
        """Of all runs of a distributor whose lanes had room, in packets."""
        errors = [
            each.figures.share_error
            for each in self.measurements
            if each.figures and each.cell.contender.is_ours and each.cell.scenario not in SATURATING
        ]
        return max(errors, default=None)

    def _by_round(self, key: Key) -> dict[int, Figures]:
        return {
            each.round_number: each.figures
            for each in self.measurements
            if each.figures and Key(each.cell.scenario, each.cell.contender, each.cell.load.connections) == key
        }
