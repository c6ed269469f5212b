"""What has been sent so far: plain counters, and the latencies in a bounded histogram. Pure."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_STEP: Final = math.log(1.02)  # buckets 2 % wide: a percentile is at most that far off


class Latencies:
    """Durations, summed up in buckets of 2 %."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()

    def add(self, duration_s: float) -> None:
        self._buckets[math.ceil(math.log(max(duration_s, 1e-6)) / _STEP)] += 1

    def percentile_s(self, percent: float) -> float | None:
        """The duration that `percent` of all stayed within; None when there are none."""
        wanted = self._buckets.total() * percent / 100
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return math.exp(bucket * _STEP)
        return None


@dataclass(slots=True)
class Totals:
    packets: int = 0  # accepted
    messages: int = 0  # in the accepted packets
    retries: int = 0
    refused: int = 0
    unconfirmed: int = 0  # sent, but sending ended before the answer
    read_bytes: int = 0
    read_errors: int = 0
    gave_up: str | None = None  # why sending ended early
    trouble: str = ""  # what the last attempt failed of; empty again once one went well
    latencies: Latencies = field(default_factory=Latencies)

    @property
    def has_failed(self) -> bool:
        return bool(self.refused or self.read_errors or self.gave_up)


def summary(totals: Totals, elapsed_s: float) -> str:
    """The closing lines."""
    rate = totals.packets / elapsed_s if elapsed_s > 0 else 0.0
    lines = [
        f"packets   {totals.packets:,} accepted in {elapsed_s:.1f} s ({rate:,.0f}/s)",
        f"messages  {totals.messages:,}",
        f"retries   {totals.retries:,}",
        f"refused   {totals.refused:,}",
    ]
    p50_s, p99_s = totals.latencies.percentile_s(50), totals.latencies.percentile_s(99)
    if p50_s is not None and p99_s is not None:
        lines.append(f"latency   p50 {p50_s * 1000:.1f} ms, p99 {p99_s * 1000:.1f} ms (retries included)")
    if totals.unconfirmed:
        lines.append(f"unknown   {totals.unconfirmed:,} packets were not answered before the end")
    if totals.trouble:
        lines.append(f"trouble   {totals.trouble}")
    if totals.gave_up:
        lines.append(f"gave up   {totals.gave_up}")
    return "\n".join(lines)
