"""What is wrong with the system, in words, and what to do about it. Pure: from what the parts know.

A problem of the source, of a distributor, of an analyser, or of all of them; the gravest first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from logdist_operator.conditions import FALSE
from logdist_operator.model import Problem
from logdist_operator.observe import Seen
from logdist_operator.push import Pod, PushState
from logdist_operator.status import AnalyserStatus
from logdist_operator.wire import Queue, Snapshot

Severity = Literal["error", "warning"]
Kind = Literal["source", "distributor", "analyser", "system"]

SPOOL_WARNING: Final = 0.5  # of the room it has
SPOOL_ERROR: Final = 0.9
WAITING_S_MAX: Final = 10.0
PUSH_ADVICE: Final = {
    PushState.REFUSED: "Mend the objects it names; it keeps its last good registry. See also: the shrink brake.",
    PushState.FAILING: "Compare the token files of operator and distributor, and look into the distributor's log.",
    PushState.PENDING: "Wait; if it stays, look into the operator's log.",
}
HEALTH_ADVICE: Final = {
    "Ejected": "Look into its log and mend or restart it. It comes back by itself once its health checks pass.",
    "NoEndpoints": "Start its pods, or mend the Service that its serviceRef names.",
    "Probing": "Wait: it comes back once a packet is delivered.",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    severity: Severity
    kind: Kind
    subject: str  # the analyser as namespace/name, the URL of the distributor, the file; empty: the whole
    text: str
    advice: str


def diagnose(
    snapshot: Snapshot,
    source: Iterable[Problem],
    statuses: Iterable[AnalyserStatus],
    pods: Iterable[Pod],
    seen: Mapping[str, Seen],
) -> list[Trouble]:
    """Return every problem there is, errors first."""
    statuses, pods = list(statuses), list(pods)
    found = [
        *_whole(statuses, pods),
        *(trouble for pod in pods for trouble in _distributor(pod, seen.get(pod.url), snapshot)),
        *(trouble for status in statuses for trouble in _analyser(status)),
        *(_source(problem) for problem in source if not problem.is_note),
    ]
    return sorted(found, key=lambda trouble: trouble.severity)


def _whole(statuses: list[AnalyserStatus], pods: list[Pod]) -> Iterator[Trouble]:
    if not pods:
        yield Trouble("error", "system", "", "No distributor is known.", "Start one, or mend how they are found.")
        return
    wanted = [status for status in statuses if status.wanted]
    if not wanted:
        yield Trouble(
            "error",
            "system",
            "",
            "No analyser is to get packets; all of them wait on disk.",
            "Create an analyser, or raise the weight of one that is neither suspended nor without endpoints.",
        )
        return
    heard = [status for status in wanted if status.totals.standings]
    if heard and not any(seen.standing != "ejected" for status in heard for seen in status.totals.standings):
        yield Trouble(
            "error",
            "system",
            "",
            "Every analyser is away; packets wait on disk, and are refused once it is full.",
            "Bring one analyser back: it gets what has waited, and nothing is lost.",
        )


def _distributor(pod: Pod, seen: Seen | None, snapshot: Snapshot) -> Iterator[Trouble]:
    if seen and seen.stale_since:
        since = seen.stale_since.isoformat(timespec="seconds")
        said = f"It does not answer since {since}: {seen.reason}." if seen.report else f"No answer yet: {seen.reason}."
        yield Trouble("error", "distributor", pod.url, said, "Start it, or mend its URL or the network.")
        return
    if snapshot.generation and not pod.holds(snapshot) and pod.state in PUSH_ADVICE:
        severity: Severity = "warning" if pod.state is PushState.PENDING else "error"
        said = f"It holds generation {pod.generation} of the registry, not {snapshot.generation}"
        yield Trouble(
            severity,
            "distributor",
            pod.url,
            f"{said}: {pod.reason}." if pod.reason else f"{said}.",
            PUSH_ADVICE[pod.state],
        )
    if seen and seen.report:
        yield from _queue(pod.url, seen.report.queue)


def _queue(url: str, queue: Queue) -> Iterator[Trouble]:
    used = queue.spool_bytes / queue.spool_limit_bytes if queue.spool_limit_bytes else 0.0
    if used > SPOOL_WARNING:
        yield Trouble(
            "error" if used > SPOOL_ERROR else "warning",
            "distributor",
            url,
            f"Its spool is {used:.0%} full; when it is full, packets are refused.",
            "Bring analysers back or add some; or give it a larger --spool-bytes.",
        )
    if queue.oldest_age_seconds > WAITING_S_MAX:
        said = f"Its oldest packet waits for {queue.oldest_age_seconds:.0f} s; {queue.packets} wait."
        yield Trouble(
            "warning", "distributor", url, said, "Bring analysers back or add some: those there are fall behind."
        )
    if queue.dead_letters:
        said = f"It keeps {queue.dead_letters} packets that an analyser refused for good."
        yield Trouble("warning", "distributor", url, said, "Look at the dead letters; replay or delete them.")


def _analyser(status: AnalyserStatus) -> Iterator[Trouble]:
    healthy = next(condition for condition in status.conditions if condition.type == "Healthy")
    if status.entry and not status.entry.suspend and healthy.status == FALSE and healthy.reason in HEALTH_ADVICE:
        name = f"{status.verdict.namespace}/{status.verdict.name}"
        yield Trouble("warning", "analyser", name, f"It is {healthy.message}.", HEALTH_ADVICE[healthy.reason])


def _source(problem: Problem) -> Trouble:
    advice = "Mend it. Until then the last valid version stays in force, if there is one."
    subject = problem.uid or problem.file
    return Trouble("warning", "analyser" if problem.uid else "source", subject, f"{problem}.", advice)
