"""Builds the answer of GET /api/v1/state from what the parts know. No waiting."""

from datetime import UTC, datetime

from logdist_operator.api import models
from logdist_operator.controller import Controller
from logdist_operator.diagnose import Trouble, diagnose
from logdist_operator.observe import Seen
from logdist_operator.push import Pod
from logdist_operator.rates import Rates
from logdist_operator.spine import Spine
from logdist_operator.status import AnalyserStatus
from logdist_operator.wire import Snapshot


def build_state(spine: Spine) -> models.State:
    """Return the present state. Analysers are sorted by uid, distributors as they were given."""
    spine.board.refresh(datetime.now(UTC))  # else an entry's acks would lag behind the distributors' own lines
    snapshot = spine.controller.record.snapshot
    return models.State(
        generation=snapshot.generation,
        digest=snapshot.digest,
        allow_shrink=snapshot.allow_shrink,
        source=_source(spine.controller),
        rates=_rates(spine.sampler.rates),
        analysers=[analyser_of(status, spine.sampler.rates) for status in spine.board.analysers.values()],
        problems=[models.Trouble.model_validate(trouble, from_attributes=True) for trouble in troubles_of(spine)],
        pods=[_pod(pod, spine.observer.seen[pod.url], snapshot) for pod in spine.publisher.pods],
    )


def troubles_of(spine: Spine) -> list[Trouble]:
    """Return what is wrong, as of the board's last refresh."""
    controller = spine.controller
    return diagnose(
        controller.record.snapshot,
        controller.problems,
        spine.board.analysers.values(),
        spine.publisher.pods,
        spine.observer.seen,
    )


def _source(controller: Controller) -> models.Source:
    age_s = controller.list_age_s()
    return models.Source(
        location=controller.location,
        list_age_seconds=None if age_s is None else round(age_s, 3),
        problems=[
            models.Problem(
                file=problem.file,
                line=problem.line,
                field=problem.field,
                uid=problem.uid,
                message=problem.message,
                is_note=problem.is_note,
            )
            for problem in controller.problems
        ],
    )


def _rates(rates: Rates | None) -> models.Rates | None:
    if rates is None:
        return None
    return models.Rates(**{name: round(getattr(rates, name), 2) for name in models.Rates.model_fields})


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 2)


def analyser_of(status: AnalyserStatus, rates: Rates | None) -> models.Analyser:
    entry, totals = status.entry, status.totals
    return models.Analyser(
        uid=status.verdict.uid,
        name=status.verdict.name,
        namespace=status.verdict.namespace,
        weight=entry.weight if entry else None,
        suspend=entry.suspend if entry else False,
        protocol=entry.protocol if entry else "",
        endpoints=list(entry.endpoints) if entry else [],
        share=models.Share(wanted=status.wanted, got=totals.got),
        standing=totals.standing,
        standings=[models.Standing.model_validate(seen, from_attributes=True) for seen in totals.standings],
        delivered=totals.delivered,
        delivered_per_second=_rounded(rates.analysers.get(status.verdict.uid)) if rates else None,
        requeued=totals.requeued,
        dead=totals.dead,
        backlog=totals.backlog,
        delivery=models.Delivery.model_validate(totals.delivery, from_attributes=True),
        registry=models.EntryRegistry(generation=status.changed, acked=status.acked, desired=status.desired),
        conditions=[
            models.Condition.model_validate(condition, from_attributes=True) for condition in status.conditions
        ],
    )


def _pod(pod: Pod, seen: Seen, snapshot: Snapshot) -> models.Pod:
    report = seen.report
    return models.Pod(
        url=pod.url,
        instance_id=report.instance_id if report else pod.instance_id,
        version=report.version if report else "",
        ready=bool(report and report.ready and seen.stale_since is None),
        state=pod.state,
        reason=pod.reason or seen.reason,
        generation=pod.generation,
        acked=pod.holds(snapshot),
        stale_since=seen.stale_since,
        ledger=models.Ledger.model_validate(report.ledger, from_attributes=True) if report else None,
        queue=models.Queue.model_validate(report.queue, from_attributes=True) if report else None,
    )
