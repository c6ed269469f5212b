"""A histogram of durations in plain integers, shown to Prometheus when it scrapes."""

from bisect import bisect_left
from typing import Final

from prometheus_client.core import HistogramMetricFamily

BOUNDS_S: Final = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
)


class Histogram:
    """Counts durations by the BOUNDS_S they stay within."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count one duration. O(log of the few bounds)."""
        self._counts[bisect_left(BOUNDS_S, duration_s)] += 1
        self._sum_s += duration_s

    def family(self, name: str, documentation: str) -> HistogramMetricFamily:
        """The cumulative buckets Prometheus expects."""
        buckets: list[tuple[str, float]] = []
        running = 0
        for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), self._counts, strict=True):
            running += count
            buckets.append((bound, running))
        return HistogramMetricFamily(name, documentation, buckets=buckets, sum_value=self._sum_s)
