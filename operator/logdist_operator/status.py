"""The present state of every analyser: what is committed, what the distributors hold, what they report.

Refreshed after every listing and once a second; read by the API and by writeback/. Changes of Healthy are logged here.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from logdist_operator.compile import Verdict
from logdist_operator.conditions import (
    TRUE,
    UNKNOWN,
    Condition,
    conditions_of,
    holds_entry,
    listed_conditions,
    with_transitions,
)
from logdist_operator.controller import Controller
from logdist_operator.merge import Totals, merge, wanted_shares
from logdist_operator.model import AnalyserObject
from logdist_operator.observe import Observer
from logdist_operator.publish import Publisher
from logdist_operator.push import PushState
from logdist_operator.wire import Entry

PERIOD_S: Final = 1.0
IDLE_FACTOR: Final = 20  # with 1,000 analysers on 50 distributors a refresh takes 0.1 s: then one every two seconds

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
    observed: int = 0  # metadata.generation of the object all this speaks of; 0: the source counts none


class Board:
    """Holds one AnalyserStatus for each analyser, by uid."""

    def __init__(self, controller: Controller, publisher: Publisher, observer: Observer) -> None:
        self._controller, self._publisher, self._observer = controller, publisher, observer
        self._listeners: list[Callable[[], None]] = []
        self._health: dict[str, str] = {}  # as last logged
        self.is_settled = False  # every distributor was heard, or tried in vain, since this process started
        self.analysers: Mapping[str, AnalyserStatus] = {}

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every refresh."""
        self._listeners.append(listener)

    async def run(self) -> None:
        while True:
            started_s = time.monotonic()
            self.refresh(datetime.now(UTC))
            await asyncio.sleep(max(PERIOD_S, IDLE_FACTOR * (time.monotonic() - started_s)))

    def refresh(self, now: datetime) -> None:
        """Compute every status afresh. Transition times are kept while a status stays the same."""
        record, stamp = self._controller.record, now.isoformat(timespec="seconds").replace("+00:00", "Z")
        entries = {entry.uid: entry for entry in record.entries}
        totals = merge(seen.pod_report for seen in self._observer.seen.values())
        wanted = wanted_shares(record.entries)
        fresh = {
            verdict.uid: self._status(
                verdict,
                entries.get(verdict.uid),
                wanted.get(verdict.uid, 0.0),
                totals.get(verdict.uid, Totals()),
                stamp,
            )
            for verdict in self._controller.verdicts
        }
        self._health = {uid: _tell(one, self._health.get(uid, UNKNOWN)) for uid, one in fresh.items()}
        self.analysers = fresh
        self.is_settled = self.is_settled or self._has_asked_all()
        for listener in self._listeners:
            listener()

    def _status(
        self, verdict: Verdict, entry: Entry | None, wanted: float, totals: Totals, stamp: str
    ) -> AnalyserStatus:
        uid, pods = verdict.uid, self._publisher.pods
        item, changed = self._controller.objects.get(uid), self._controller.record.changed.get(uid, 0)
        conditions = conditions_of(
            verdict,
            entry,
            changed,
            pods,
            totals,
            unresolved=item.unresolved if item else "",
            is_committed=self._controller.wanted.get(uid, entry) == entry,
        )
        return AnalyserStatus(
            verdict=verdict,
            entry=entry,
            wanted=wanted,
            changed=changed,
            acked=sum(holds_entry(pod, changed) for pod in pods),
            desired=len(pods),
            totals=totals,
            conditions=with_transitions(self._before(uid, item), conditions, stamp),
            observed=item.generation if item else 0,
        )

    def _before(self, uid: str, item: AnalyserObject | None) -> Mapping[str, Condition]:
        """Return the conditions to go on from: ours or, until this process knows better, those the object came with.

        For a restarted operator has heard of no distributor yet, and what it does not know is not a transition.
        """
        last, listed = self.analysers.get(uid), listed_conditions(item.status if item else {})
        if last and (self.is_settled or not listed):
            return {condition.type: condition for condition in last.conditions}
        return listed

    def _has_asked_all(self) -> bool:
        if self._controller.listed_at_s is None:
            return False
        if not self._controller.record.generation:
            return True  # there is nothing to push
        has_pushed = all(pod.instance_id or pod.state is not PushState.PENDING for pod in self._publisher.pods)
        return has_pushed and all(seen.report or seen.stale_since for seen in self._observer.seen.values())


def _tell(status: AnalyserStatus, told: str) -> str:
    """Log what became of its health, and return it. The controller logs problems of its object, with file and line."""
    healthy = next(condition for condition in status.conditions if condition.type == "Healthy")
    name = f"{status.verdict.namespace}/{status.verdict.name}"
    if healthy.status == told:
        return told
    if healthy.status == TRUE:
        log.info("analyser %s is healthy: %s", name, healthy.message)
    elif healthy.status != UNKNOWN:
        log.warning("analyser %s is not healthy: %s", name, healthy.message)
    return healthy.status
