"""The present state of every analyser: what is committed, what the distributors hold, what they report.

Refreshed after every listing and once a second; read by the API. Changes of Accepted and Healthy are logged here.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from logdist_operator.compile import Verdict
from logdist_operator.conditions import TRUE, UNKNOWN, Condition, conditions_of, holds_entry, with_transitions
from logdist_operator.controller import Controller
from logdist_operator.merge import Totals, merge, wanted_shares
from logdist_operator.observe import Observer
from logdist_operator.publish import Publisher
from logdist_operator.wire import Entry

PERIOD_S: Final = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnalyserStatus:
    verdict: Verdict
    entry: Entry | None  # None: there never was a valid version of it
    wanted: float  # percent
    changed: int  # generation in which the entry last changed
    acked: int  # distributors that hold that generation or a later one
    desired: int  # distributors there are
    totals: Totals
    conditions: tuple[Condition, ...]


class Board:
    """Holds one AnalyserStatus for each analyser, by uid."""

    def __init__(self, controller: Controller, publisher: Publisher, observer: Observer) -> None:
        self._controller, self._publisher, self._observer = controller, publisher, observer
        self.analysers: Mapping[str, AnalyserStatus] = {}

    async def run(self) -> None:
        while True:
            self.refresh(datetime.now(UTC))
            await asyncio.sleep(PERIOD_S)

    def refresh(self, now: datetime) -> None:
        """Compute every status afresh. Transition times are kept while a status stays the same."""
        record, pods = self._controller.record, self._publisher.pods
        entries = {entry.uid: entry for entry in record.entries}
        totals = merge(seen.pod_report for seen in self._observer.seen.values())
        wanted = wanted_shares(record.entries)
        fresh: dict[str, AnalyserStatus] = {}
        for verdict in self._controller.verdicts:
            uid, entry = verdict.uid, entries.get(verdict.uid)
            changed, mine = record.changed.get(uid, 0), totals.get(uid, Totals())
            last = self.analysers.get(uid)
            before = {condition.type: condition for condition in last.conditions} if last else {}
            judged = conditions_of(verdict, entry, changed, pods, mine)
            acked = sum(holds_entry(pod, changed) for pod in pods)
            stamped = with_transitions(before, judged, now.isoformat(timespec="seconds").replace("+00:00", "Z"))
            _tell(uid, before, stamped)
            fresh[uid] = AnalyserStatus(verdict, entry, wanted.get(uid, 0.0), changed, acked, len(pods), mine, stamped)
        self.analysers = fresh


def _tell(uid: str, before: Mapping[str, Condition], after: tuple[Condition, ...]) -> None:
    """Log what became of its health. Problems of its object are logged by the controller, with file and line."""
    for condition in after:
        last = before.get(condition.type)
        if condition.type != "Healthy" or (last and last.status == condition.status):
            continue
        if condition.status == TRUE:
            log.info("analyser %s is healthy: %s", uid, condition.message)
        elif condition.status != UNKNOWN:
            log.warning("analyser %s is not healthy: %s", uid, condition.message)
