"""Looks, once a second, at what was learnt from the distributors, and keeps it for later. Asks nobody."""

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from math import nan
from typing import Final

from logdist_operator.history import STANDINGS, AnalyserSample, FleetSample, History
from logdist_operator.journal import Journal
from logdist_operator.merge import Totals
from logdist_operator.observe import Observer, Seen
from logdist_operator.rates import Meter, Rates
from logdist_operator.status import Board

PERIOD_S: Final = 1.0
SILENT_S: Final = 3.0  # after that long without a report there is a gap; a report that comes late is none


class Sampler:
    """`epoch_s` added to a second of the history makes it wall time, as it was when the process started."""

    def __init__(self, board: Board, observer: Observer) -> None:
        self._board, self._observer = board, observer
        self._meters: dict[str, Meter] = {}
        self.epoch_s = time.time() - time.monotonic()
        self.history = History(int(time.monotonic()))
        self.journal = Journal()
        self.rates: Rates | None = None  # a second's, of the distributors that answer; None: not known

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S - time.monotonic() % PERIOD_S)
            self.look(int(time.monotonic()))

    def look(self, second: int) -> None:
        """Take the sample of a second."""
        answering = [seen for seen in self._observer.seen.values() if seen.report and second - seen.heard_s < SILENT_S]
        self.rates = _total(self._read(answering))
        analysers = {uid: self._sample(uid, status.totals) for uid, status in self._board.analysers.items()}
        self.journal.keep(self._board.analysers.keys())
        self.history.take(second, _fleet(answering, self.rates), analysers)

    def _read(self, answering: Iterable[Seen]) -> list[Rates]:
        """Read every meter; one of a distributor that is gone is thrown away."""
        self._meters = {url: self._meters.get(url) or Meter() for url in self._observer.seen}
        found = []
        for seen in answering:
            meter = self._meters[seen.url]
            if seen.report and seen.report is not meter.report:
                self.journal.read(seen.url, meter.report, seen.report, datetime.now(UTC))
                meter.read(seen.heard_s, seen.report)
            if meter.rates:
                found.append(meter.rates)
        return found

    def _sample(self, uid: str, totals: Totals) -> AnalyserSample:
        if not totals.standings:
            return AnalyserSample()
        in_flight = sum([seen.in_flight for seen in totals.standings])  # a list is quicker than a generator
        standing = totals.standing
        return AnalyserSample(
            delivered=self.rates.analysers.get(uid, nan) if self.rates else nan,
            got=nan if totals.got is None else totals.got,
            in_flight=in_flight,
            backlog=in_flight + sum([seen.waiting for seen in totals.standings]),
            standing=STANDINGS.index(standing) if standing in STANDINGS else nan,
        )


def _total(found: list[Rates]) -> Rates | None:
    if not found:
        return None
    analysers: dict[str, float] = {}
    for rates in found:
        for uid, rate in rates.analysers.items():
            analysers[uid] = analysers.get(uid, 0.0) + rate
    return Rates(
        accepted=sum(rates.accepted for rates in found),
        messages=sum(rates.messages for rates in found),
        delivered=sum(rates.delivered for rates in found),
        repeats=sum(rates.repeats for rates in found),
        analysers=analysers,
    )


def _fleet(answering: list[Seen], rates: Rates | None) -> FleetSample:
    reports = [seen.report for seen in answering if seen.report]
    if not reports:
        return FleetSample()
    return FleetSample(
        accepted=rates.accepted if rates else nan,
        messages=rates.messages if rates else nan,
        delivered=rates.delivered if rates else nan,
        repeats=rates.repeats if rates else nan,
        backlog=sum(report.ledger.queued + report.ledger.in_flight for report in reports),
        oldest_age=max(report.queue.oldest_age_seconds for report in reports),
        distributors=len(reports),
    )
