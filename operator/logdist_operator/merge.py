"""The reports of all distributors -> one account of each analyser. Pure.

Counts are summed. Shares are averaged, each distributor weighing what it delivered over the last minute: one that
carries no traffic says nothing about who gets the traffic.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from logdist_operator.wire import AnalyserReport, Delivery, Entry, StatusReport

NO_DELIVERY: Final = Delivery()


@dataclass(frozen=True, slots=True)
class PodReport:
    """The last report of one distributor, and what it delivered over the last minute."""

    url: str
    report: StatusReport | None
    is_stale: bool
    delivered_lately: int = 0  # packets


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How one distributor sees the analyser."""

    url: str
    standing: str
    reason: str
    in_flight: int
    waiting: int
    delivered: int


@dataclass(frozen=True, slots=True)
class Totals:
    """One analyser over all distributors, in packets."""

    got: float | None = None  # percent; None: no traffic over the last minute
    standings: tuple[Standing, ...] = ()  # of the distributors that answer
    delivered: int = 0
    requeued: int = 0
    dead: int = 0
    backlog: int = 0  # dealt to it and not settled
    delivery: Delivery = NO_DELIVERY

    @property
    def standing(self) -> str:
        """Return what the distributors say; `mixed` where they differ, `unknown` where none has reported."""
        said = {seen.standing for seen in self.standings}
        return "mixed" if len(said) > 1 else next(iter(said), "unknown")


def merge(reports: Iterable[PodReport]) -> dict[str, Totals]:
    """Merge the reports into totals by uid. A stale report still counts in the sums, and in nothing else."""
    known = [(pod, pod.report) for pod in reports if pod.report is not None]
    lately = sum(pod.delivered_lately for pod, _ in known if not pod.is_stale)
    by_uid: dict[str, list[tuple[PodReport, AnalyserReport]]] = {}
    for pod, report in known:
        for analyser in report.analysers:
            by_uid.setdefault(analyser.uid, []).append((pod, analyser))
    return {uid: _totals(found, lately) for uid, found in by_uid.items()}


def wanted_shares(entries: Iterable[Entry]) -> Mapping[str, float]:
    """Return what the weights ask for, in percent by uid. A suspended analyser's share is divided among the others."""
    weights = {entry.uid: 0 if entry.suspend or not entry.endpoints else entry.weight for entry in entries}
    total = sum(weights.values())
    return {uid: round(100 * weight / total, 2) if total else 0.0 for uid, weight in weights.items()}


def _totals(found: list[tuple[PodReport, AnalyserReport]], lately: int) -> Totals:
    """One pass, for a fleet has 50,000 of these a second."""
    got, delivered, requeued, dead, backlog = 0.0, 0, 0, 0, 0
    standings, deliveries = [], []
    for pod, analyser in found:
        delivered += analyser.delivered
        requeued += analyser.requeued
        dead += analyser.dead
        backlog += analyser.in_flight + analyser.waiting
        if pod.is_stale:
            continue
        got += (analyser.share.got or 0.0) * pod.delivered_lately
        standings.append(_standing(pod.url, analyser))
        if analyser.delivery.requests:
            deliveries.append(analyser.delivery)
    return Totals(
        got=round(got / lately, 2) if lately else None,
        standings=tuple(standings),
        delivered=delivered,
        requeued=requeued,
        dead=dead,
        backlog=backlog,
        delivery=_delivery(deliveries),
    )


def _delivery(found: list[Delivery]) -> Delivery:
    """Average the medians by requests, and take the highest 99th percentile: exact for one distributor only."""
    requests = sum(delivery.requests for delivery in found)
    if not requests:
        return NO_DELIVERY
    p50_s = sum((delivery.p50_seconds or 0.0) * delivery.requests for delivery in found) / requests
    return Delivery(requests, round(p50_s, 6), max(delivery.p99_seconds or 0.0 for delivery in found))


def _standing(url: str, analyser: AnalyserReport) -> Standing:
    said = ""
    for end in analyser.endpoints:
        if end.standing != "admitted":
            said = end.last_error or end.reason
            break
    return Standing(url, analyser.standing, said, analyser.in_flight, analyser.waiting, analyser.delivered)
