"""Standing: who is ejected, who comes back, and that nothing else moves."""

from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.standing import RULES, Event, Standing, State

events = st.lists(st.sampled_from(Event), max_size=60)
thresholds = st.integers(1, 4)


@given(events, thresholds, thresholds)
def test_only_the_table_moves_a_standing(events: list[Event], unhealthy: int, healthy: int) -> None:
    standing = Standing(unhealthy, healthy)
    for event in events:
        before = standing.state
        changed = standing.feed(event)
        assert changed == (standing.state is not before)
        if changed:
            assert RULES[before, event][0] is standing.state


@given(st.lists(st.sampled_from([Event.DELIVERED, Event.CHECK_PASSED])), thresholds)
def test_good_news_never_ejects(events: list[Event], unhealthy: int) -> None:
    standing = Standing(unhealthy)
    for event in events:
        standing.feed(event)
    assert standing.state is State.ADMITTED


@given(thresholds)
def test_failures_in_a_row_eject_at_the_threshold(unhealthy: int) -> None:
    for event in (Event.FAILED, Event.CHECK_FAILED):
        standing = Standing(unhealthy)
        assert [standing.feed(event) for _ in range(unhealthy)] == [False] * (unhealthy - 1) + [True]
        assert standing.state is State.EJECTED


@given(st.integers(2, 4), st.integers(1, 20))
def test_a_delivery_between_failures_keeps_an_endpoint_admitted(unhealthy: int, rounds: int) -> None:
    standing = Standing(unhealthy)
    for _ in range(rounds):
        for _ in range(unhealthy - 1):
            standing.feed(Event.FAILED)
        standing.feed(Event.DELIVERED)
    assert standing.state is State.ADMITTED


def test_healthy_checks_do_not_excuse_failing_deliveries() -> None:
    standing = Standing(3)
    for _ in range(3):
        standing.feed(Event.CHECK_PASSED)
        standing.feed(Event.FAILED)
    assert standing.state is State.EJECTED


def test_one_time_out_ejects() -> None:
    standing = Standing(5)
    assert standing.feed(Event.TIMED_OUT)
    assert standing.state is State.EJECTED


@given(thresholds)
def test_the_way_back_leads_over_checks_and_one_delivery(healthy: int) -> None:
    standing = Standing(1, healthy)
    standing.feed(Event.FAILED)
    for _ in range(healthy - 1):
        standing.feed(Event.CHECK_PASSED)
        assert standing.state is State.EJECTED
    standing.feed(Event.CHECK_PASSED)
    assert standing.state is State.PROBING
    standing.feed(Event.DELIVERED)
    assert standing.state is State.ADMITTED


def test_a_failed_check_breaks_the_row_of_passed_ones() -> None:
    standing = Standing(1, 2)
    standing.feed(Event.FAILED)
    for event in (Event.CHECK_PASSED, Event.CHECK_FAILED, Event.CHECK_PASSED):
        standing.feed(event)
    assert standing.state is State.EJECTED


def test_a_failed_probe_ejects_again() -> None:
    standing = Standing(3, 1)
    standing.feed(Event.TIMED_OUT)
    standing.feed(Event.CHECK_PASSED)
    assert standing.state is State.PROBING
    standing.feed(Event.FAILED)
    assert standing.state is State.EJECTED
