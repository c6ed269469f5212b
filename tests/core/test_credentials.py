"""An analyser that asks for credentials gets nothing before the distributor has them, and nothing is lost meanwhile."""

import pytest
from harness import Sender, balances, engine, entry, packets, registry

from logdist_distributor.core.engine import Engine
from logdist_distributor.core.fleet import WAITS
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.registry import Credentials, Snapshot
from logdist_distributor.core.standing import Event, State

KEY = Credentials(headers={"authorization": "Bearer canary"})
OTHER = Credentials(headers={"authorization": "Bearer other"})


def guarded(generation: int, version: str = "token@1", key: Credentials | None = None, endpoints: int = 1) -> Snapshot:
    snapshot = registry(generation, entry("a", credentials=version, endpoints=endpoints))
    snapshot.credentials.update({"a": key} if key else {})
    return snapshot


def lane(core: Engine) -> Lane:
    return next(core.fleet.lanes())


def test_without_its_credentials_an_analyser_gets_nothing_and_says_why() -> None:
    core = engine()
    core.apply(guarded(1), 0)
    core.accept(packets(1, 2), Sender())
    assert core.dispatch(0) == []
    assert (lane(core).standing.state, lane(core).last_error) == (State.EJECTED, WAITS)
    assert core.queued() == 2
    assert balances(core)


def test_credentials_under_the_same_digest_are_taken_and_tried_at_once() -> None:
    core = engine()
    core.apply(guarded(1), 0)
    core.accept(packets(1, 2, 3), Sender())
    core.apply(guarded(1, key=KEY), 1)
    [probe] = core.dispatch(1)
    assert [packet.id for packet in probe.packets] == ["1"]
    assert lane(core).analyser.credentials == KEY
    core.delivered(probe, {}, 1)
    [rest] = core.dispatch(1)
    assert [packet.id for packet in rest.packets] == ["2", "3"]
    assert lane(core).last_error == ""


def test_an_operator_that_brings_none_takes_none_away_unless_the_version_is_another() -> None:
    core = engine()
    core.apply(guarded(1, key=KEY), 0)
    core.accept(packets(1), Sender())
    for generation in (1, 2):
        core.apply(guarded(generation), 0)
        assert lane(core).standing.state is State.ADMITTED
        assert core.fleet.snapshot.credentials == {"a": KEY}
    core.apply(guarded(3, "token@2"), 0)
    assert lane(core).standing.state is State.EJECTED
    assert core.dispatch(0) == []
    assert core.queued() == 1
    assert balances(core)


def test_what_was_dealt_to_an_analyser_that_must_wait_goes_to_the_others() -> None:
    core = engine()
    core.apply(guarded(1, key=KEY), 0)
    core.accept(packets(1, 2), Sender())
    [batch] = core.dispatch(0)
    core.accept(packets(3, 4), Sender())
    core.dispatch(0)  # 3 and 4 wait for the batch in flight
    both = registry(2, entry("a", credentials="token@2"), entry("b"))
    core.apply(both, 0)
    [taken] = core.dispatch(0)
    assert [packet.id for packet in taken.packets] == ["3", "4"]
    core.delivered(batch, {}, 0)
    core.delivered(taken, {}, 0)
    assert core.ledger.delivered == 4
    assert balances(core)


def test_new_credentials_are_tried_at_once_by_an_analyser_that_refused_the_old_ones() -> None:
    core = engine()
    core.apply(guarded(1, key=KEY), 0)
    core.accept(packets(1), Sender())
    [batch] = core.dispatch(0)
    core.failed(batch, Event.FAILED, "401", 0)
    core.apply(guarded(2, "token@2", OTHER), 0)
    [again] = core.dispatch(0)
    assert [packet.id for packet in again.packets] == ["1"]


def test_an_endpoint_that_is_added_waits_with_the_others() -> None:
    core = engine()
    core.apply(guarded(1), 0)
    core.apply(guarded(2, endpoints=3), 0)
    assert {each.standing.state for each in core.fleet.lanes()} == {State.EJECTED}
    core.apply(guarded(2, endpoints=3, key=KEY), 0)
    assert {each.standing.state for each in core.fleet.lanes()} == {State.PROBING}


def test_an_analyser_that_asks_for_none_any_more_waits_no_more() -> None:
    core = engine()
    core.apply(guarded(1), 0)
    core.apply(registry(2, entry("a")), 0)
    assert lane(core).standing.state is State.PROBING
    assert core.fleet.snapshot.credentials == {}


@pytest.mark.parametrize("shown", [KEY, guarded(1, key=KEY)])
def test_credentials_are_not_shown_by_what_prints_them(shown: object) -> None:
    assert "canary" not in f"{shown!r} {shown}"
