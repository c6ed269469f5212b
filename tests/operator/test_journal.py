"""Errors of analysers: each is written down once, in a row they are counted, and there are never too many."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from logdist_operator.journal import ERRORS_MAX, Journal
from logdist_operator.wire import AnalyserReport, EndpointReport, RegistryHeld, StatusReport

START = datetime(2026, 1, 1, tzinfo=UTC)


def report(failures: int, message: str = "500 from /v1/packets", *, dead: int = 0, instance: str = "i") -> StatusReport:
    ends = (EndpointReport("http://e", "admitted", last_error=message, failures=failures),)
    return StatusReport(
        instance, RegistryHeld(1, ""), analysers=(AnalyserReport("a", "admitted", dead=dead, endpoints=ends),)
    )


def read(*reports: StatusReport) -> Journal:
    journal, before = Journal(), None
    for number, after in enumerate(reports):
        journal.read("http://d", before, after, START + timedelta(seconds=number))
        before = after
    return journal


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "check /heartbeat: y", "z"])), max_size=200))
def test_every_failure_is_counted_once_while_there_is_room(steps: list[tuple[int, str]]) -> None:
    failures, reports = 0, [report(0)]
    for more, message in steps:
        failures += more
        reports.append(report(failures, message))
    errors = read(*reports).of("a")
    assert len(errors) <= ERRORS_MAX
    if len(errors) < ERRORS_MAX:
        assert sum(error.count for error in errors) == failures
    assert {error.kind for error in errors if error.message.startswith("check")} <= {"check"}


def test_the_same_in_a_row_is_one_error_with_a_count() -> None:
    [error] = read(report(0), report(1), report(3)).of("a")
    assert (error.count, error.last - error.first) == (3, timedelta(seconds=1))


def test_what_was_refused_for_good_is_an_error() -> None:
    [error] = read(report(0), report(0, dead=2)).of("a")
    assert (error.kind, error.count, error.endpoint) == ("refusal", 2, "")


def test_a_restarted_distributor_begins_to_count_anew() -> None:
    errors = read(report(0), report(5), report(1, "other", instance="j")).of("a")
    assert [error.count for error in errors] == [1, 5]


def test_an_analyser_that_is_gone_is_forgotten() -> None:
    journal = read(report(1))
    journal.keep({"b"})
    assert journal.of("a") == []
