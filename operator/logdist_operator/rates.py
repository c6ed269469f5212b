"""The counters of one distributor -> what it did a second. Pure.

A distributor that starts again counts from nought: what it did meanwhile is not known, and no rate is ever negative.
One that did not answer for a while gets its average over that while.
"""

from dataclasses import dataclass, field

from logdist_operator.wire import StatusReport


@dataclass(frozen=True, slots=True)
class Rates:
    """A second's: packets, of `messages` apart. `analysers`: packets delivered, by uid."""

    accepted: float
    messages: float
    delivered: float
    repeats: float
    analysers: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Meter:
    """Follows the reports of one distributor."""

    report: StatusReport | None = None
    rates: Rates | None = None  # None: not known
    at_s: float = 0.0

    def read(self, at_s: float, report: StatusReport) -> None:
        """Take a report in, `at_s` when it came. The same one again changes nothing."""
        before, passed_s = self.report, at_s - self.at_s
        if report is before:
            return
        self.report, self.at_s = report, at_s
        is_same = before is not None and before.instance_id == report.instance_id and passed_s > 0
        self.rates = _between(before, report, passed_s) if before and is_same else None


def _between(before: StatusReport, after: StatusReport, passed_s: float) -> Rates:
    def rate(was: int, now: int) -> float:
        return max(0, now - was) / passed_s

    old, new = before.ledger, after.ledger
    was = {analyser.uid: analyser.delivered for analyser in before.analysers}
    return Rates(
        accepted=rate(old.accepted, new.accepted),
        messages=rate(old.messages, new.messages),
        delivered=rate(old.delivered, new.delivered),
        repeats=rate(old.repeats, new.repeats),
        # A fleet has 50,000 of these a second, and a call for each would cost as much as all else.
        analysers={one.uid: max(0, one.delivered - was.get(one.uid, 0)) / passed_s for one in after.analysers},
    )
