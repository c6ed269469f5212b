"""A histogram of plain integers: an observation costs one bisection, and metrics are made of it only when scraped."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

DELIVERY_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Histogram:
    """Counts by upper bound, as Prometheus has them; the last count is of everything above the last bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Lately:
    """What was observed since the turn before the last: with a turn every 30 s, in the last 30 to 60 s."""

    __slots__ = ("bounds", "older", "younger")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.older = Histogram(bounds)
        self.younger = Histogram(bounds)

    def observe(self, value: float) -> None:
        self.younger.observe(value)

    def turn(self) -> None:
        """Forget the older half."""
        self.older, self.younger = self.younger, Histogram(self.bounds)

    @property
    def count(self) -> int:
        return sum(self.older.counts) + sum(self.younger.counts)

    def quantile(self, part: float) -> float | None:
        """The value that `part` of the observations do not exceed, as near as the bounds tell; None without any.

        What is above the last bound counts as that bound.
        """
        left = part * self.count
        if not left:
            return None
        lower = 0.0
        for bound, younger, older in zip(self.bounds, self.younger.counts, self.older.counts, strict=False):
            inside = younger + older
            if inside >= left:
                return lower + (bound - lower) * left / inside
            left -= inside
            lower = bound
        return lower
