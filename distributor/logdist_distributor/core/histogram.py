"""A histogram of plain integers: an observation costs one bisection, and metrics are made of it only when scraped."""

from bisect import bisect_left
from collections.abc import Sequence


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
