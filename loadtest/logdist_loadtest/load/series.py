"""The run second by second, for the report: users and response times as seen, requests as locust counted them."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """One second."""

    at_s: float  # since the start of the run
    users: int
    is_hatching: bool
    per_s: int
    failed_per_s: int
    p50_ms: float
    p99_ms: float


def percentiles(before: Mapping[int, int], after: Mapping[int, int]) -> tuple[float, float]:
    """Median and 99th percentile of what came between two looks at locust's counts by response time; else 0."""
    counts = [(time_ms, count - before.get(time_ms, 0)) for time_ms, count in sorted(after.items())]
    total = sum(count for _, count in counts)
    return _at(counts, total * 0.50), _at(counts, total * 0.99)


def _at(counts: list[tuple[int, int]], rank: float) -> float:
    passed = 0
    for time_ms, count in counts:
        passed += count
        if count and passed >= rank:
            return float(time_ms)
    return 0.0


@dataclass(frozen=True, slots=True)
class Hatching:
    """Requests a second, median over whole seconds, while users hatched and while none did."""

    hatching_per_s: float
    holding_per_s: float

    def __str__(self) -> str:
        gain = 100 * (self.holding_per_s / self.hatching_per_s - 1)
        hatching, holding = f"{self.hatching_per_s:,.0f}", f"{self.holding_per_s:,.0f}"
        return f"{hatching} requests/s while users hatched, {holding} while none did ({gain:+.1f}%)"


def compare_hatching(samples: list[Sample]) -> Hatching | None:
    """None where there is too little of either. Seconds at a border of the two count for neither, nor do the first."""
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for last, sample, following in zip(samples[2:], samples[3:], samples[4:], strict=False):
        if last.is_hatching == sample.is_hatching == following.is_hatching:
            kinds[sample.is_hatching].append(sample.per_s)
    if min(map(len, kinds.values())) < 3 or not median(kinds[True]):
        return None
    return Hatching(median(kinds[True]), median(kinds[False]))
