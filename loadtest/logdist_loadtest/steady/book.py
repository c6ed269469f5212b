"""What became of every packet: counters, the gaps between acknowledgements, and who was given up. Pure."""

from collections import Counter
from typing import Any

from logdist_loadtest.send.totals import Latencies


class Book:
    """The book of one run, whose packets are numbered from 0. Times are seconds of one clock, given by the caller."""

    def __init__(self, now_s: float) -> None:
        self.begun = 0
        self.acknowledged = 0
        self.given_up: list[int] = []
        self.setbacks: Counter[str] = Counter()  # attempts that had to be made again, by reason
        self.refusals: Counter[str] = Counter()  # answers that no other attempt could change
        self.longest_gap_s = 0.0
        self.slowest_s = 0.0
        self.latencies = Latencies()
        self._heard_s = now_s

    def begin(self, now_s: float) -> None:
        """A packet is sent for the first time."""
        if self.begun == self.acknowledged + len(self.given_up):
            self._heard_s = now_s  # nothing was outstanding: no answer was to be expected
        self.begun += 1

    def acknowledge(self, begun_s: float, now_s: float) -> None:
        """A packet begun at `begun_s` has its 2xx."""
        self.acknowledged += 1
        self._hear(now_s)
        self.slowest_s = max(self.slowest_s, now_s - begun_s)
        self.latencies.add(now_s - begun_s)

    def give_up(self, number: int, now_s: float) -> None:
        """A packet was refused for good, or tried for too long."""
        self.given_up.append(number)
        self._hear(now_s)

    def report(self) -> dict[str, Any]:
        """All of it, for JSON. Every packet below `begun` is acknowledged, given up or outstanding."""
        p50_s, p99_s = self.latencies.percentile_s(50), self.latencies.percentile_s(99)
        return {
            "begun": self.begun,
            "acknowledged": self.acknowledged,
            "givenUp": self.given_up,
            "setbacks": dict(self.setbacks),
            "refusals": dict(self.refusals),
            "longestGapMs": _ms(self.longest_gap_s),
            "slowestMs": _ms(self.slowest_s),
            "p50Ms": None if p50_s is None else _ms(p50_s),
            "p99Ms": None if p99_s is None else _ms(p99_s),
        }

    def _hear(self, now_s: float) -> None:
        """The gap is the longest time in which packets were outstanding and none was settled."""
        self.longest_gap_s = max(self.longest_gap_s, now_s - self._heard_s)
        self._heard_s = now_s


def _ms(duration_s: float) -> float:
    return round(duration_s * 1000, 1)
