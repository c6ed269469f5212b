"""Each thing that can be wrong is told once, with what to do; and when all is well, nothing is told."""

from datetime import UTC, datetime
from typing import Any

from logdist_operator.compile import Verdict
from logdist_operator.conditions import Condition
from logdist_operator.diagnose import Trouble, diagnose
from logdist_operator.merge import Standing, Totals
from logdist_operator.model import Problem
from logdist_operator.observe import Seen
from logdist_operator.push import Pod, PushState
from logdist_operator.status import AnalyserStatus
from logdist_operator.wire import Batch, Entry, HealthCheck, Queue, RegistryHeld, Snapshot, StatusReport

URL = "http://d"
ENTRY = Entry(
    "default/a", "a", "default", ("http://e",), 1, False, "packets", "/", 1, 1, Batch(1, 1), HealthCheck("", 1, 1, 1, 1)
)
SNAPSHOT = Snapshot(3, "digest", False, (ENTRY,))


def status(standing: str = "admitted", reason: str = "Admitted", wanted: float = 100.0) -> AnalyserStatus:
    healthy = Condition("Healthy", "True" if reason == "Admitted" else "False", reason, "ejected by 1 of 1")
    totals = Totals(standings=(Standing(URL, standing, "", 0, 0, 0),))
    verdict = Verdict("default/a", "a", "default", is_accepted=True, reason="Valid", message="")
    return AnalyserStatus(verdict, ENTRY, wanted, 3, 1, 1, totals, (healthy,))


def found(
    queue: Queue | None = None, stale: str = "", pod: dict[str, Any] | None = None, source: Any = (), **of: Any
) -> list[Trouble]:
    report = StatusReport("i", RegistryHeld(3, "digest"), queue=queue or Queue())
    seen = Seen(URL, report, datetime.now(UTC) if stale else None, stale)
    held = Pod(URL, **{"state": PushState.ACKED, "generation": 3, "digest": "digest", **(pod or {})})
    return diagnose(SNAPSHOT, source, [status(**of)], [held], {URL: seen})


def test_when_all_is_well_nothing_is_told() -> None:
    assert found(source=[Problem("skipped", is_note=True)]) == []


def test_each_thing_that_is_wrong_is_told_of_its_subject() -> None:
    behind = {"generation": 2, "digest": "other"}
    for trouble, severity, subject, word in (
        (found(stale="refused"), "error", URL, "does not answer since"),
        (found(pod={**behind, "state": PushState.REFUSED, "reason": "why"}), "error", URL, "generation 2"),
        (found(pod={**behind, "state": PushState.PENDING}), "warning", URL, "not 3"),
        (found(Queue(spool_bytes=60, spool_limit_bytes=100)), "warning", URL, "60% full"),
        (found(Queue(spool_bytes=95, spool_limit_bytes=100)), "error", URL, "95% full"),
        (found(Queue(oldest_age_seconds=11, packets=4)), "warning", URL, "11 s; 4 wait"),
        (found(Queue(dead_letters=2)), "warning", URL, "2 packets"),
        (found(source=[Problem("bad weight", uid="default/b")]), "warning", "default/b", "bad weight"),
        (found(wanted=0.0), "error", "", "No analyser"),
    ):
        assert [(one.severity, one.subject) for one in trouble] == [(severity, subject)], trouble
        assert word in trouble[0].text
        assert trouble[0].advice


def test_the_gravest_comes_first() -> None:
    away = found(standing="ejected", reason="Ejected")
    assert [(one.severity, one.kind) for one in away] == [("error", "system"), ("warning", "analyser")]
    assert "ejected by 1 of 1" in away[1].text


def test_without_distributors_that_is_the_problem() -> None:
    [trouble] = diagnose(SNAPSHOT, [], [status()], [], {})
    assert "No distributor" in trouble.text
