"""The last errors of every analyser, read off the counters and words of the distributors' reports. Pure.

A report tells of each endpoint how often it failed and how last, and how many packets an analyser has refused for good.
What happened more than once between two reports is one error with a count.
"""

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from logdist_operator.wire import AnalyserReport, StatusReport

ERRORS_MAX: Final = 50  # of one analyser
CHECK: Final = "check "  # how the distributors begin what a health check found

Kind = Literal["delivery", "check", "refusal"]


@dataclass(slots=True)
class AnalyserError:
    """The same error in a row, of the same endpoint at the same distributor, is one."""

    kind: Kind
    distributor: str  # its URL
    endpoint: str  # empty: the analyser as a whole
    message: str
    count: int
    first: datetime
    last: datetime


class Journal:
    def __init__(self) -> None:
        self._errors: dict[str, deque[AnalyserError]] = {}

    def read(self, distributor: str, before: StatusReport | None, after: StatusReport, now: datetime) -> None:
        """Write down what went wrong between two reports. After a restart everything in the report is new."""
        known = before.analysers if before and before.instance_id == after.instance_id else ()
        was = {analyser.uid: analyser for analyser in known}
        for analyser in after.analysers:
            last = was.get(analyser.uid)
            if last is None or last.endpoints != analyser.endpoints or last.dead != analyser.dead:
                for error in _errors(distributor, last, analyser, now):
                    self._write(analyser.uid, error)

    def keep(self, uids: Collection[str]) -> None:
        """Forget all other analysers."""
        for uid in self._errors.keys() - uids:
            del self._errors[uid]

    def of(self, uid: str) -> list[AnalyserError]:
        """Return the errors of an analyser, the newest first."""
        return list(reversed(self._errors.get(uid, ())))

    def _write(self, uid: str, error: AnalyserError) -> None:
        errors = self._errors.setdefault(uid, deque(maxlen=ERRORS_MAX))
        for last in reversed(errors):
            if (last.distributor, last.endpoint, last.kind) == (error.distributor, error.endpoint, error.kind):
                if last.message != error.message:
                    break
                last.count, last.last = last.count + error.count, error.last
                return
        errors.append(error)


def _errors(
    distributor: str, before: AnalyserReport | None, after: AnalyserReport, now: datetime
) -> Iterator[AnalyserError]:
    was = {end.url: end.failures for end in before.endpoints} if before else {}
    for end in after.endpoints:
        count = end.failures - was.get(end.url, 0)
        if count > 0:
            kind: Kind = "check" if end.last_error.startswith(CHECK) else "delivery"
            yield AnalyserError(kind, distributor, end.url, end.last_error, count, now, now)
    refused = after.dead - (before.dead if before else 0)
    if refused > 0:
        yield AnalyserError("refusal", distributor, "", "refused for good: see the dead letters", refused, now, now)
