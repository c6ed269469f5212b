"""When a sender gets its answer, and what the spool is told."""

import pytest
from harness import LATER_S, Sender, balances, engine, entry, packet, packets, registry, written
from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.commits import BACKOFF_S, DeadLetter, SpoolState
from logdist_distributor.core.packet import Packet
from logdist_distributor.core.standing import Event
from logdist_distributor.errors import SpoolBehind, SpoolFailed, SpoolFull


def test_a_packet_delivered_in_time_never_touches_the_disk() -> None:
    core = engine()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1), Sender())
    core.delivered(core.dispatch(0)[0], {}, 0)
    assert core.next_group(LATER_S) is None


def test_a_packet_not_delivered_in_time_is_safe_once_it_is_on_disk() -> None:
    core, sender = engine(), Sender()
    core.accept(packets(1), sender)
    core.dispatch(0)
    assert core.next_group(0.001) is None
    group = core.next_group(LATER_S)
    assert group is not None
    assert sender.settled == 0
    core.committed(group, SpoolState(packets=1))
    assert sender.settled == 1


def test_a_packet_delivered_while_it_is_written_is_removed_again() -> None:
    core, sender = engine(), Sender()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1), sender)
    (batch,) = core.dispatch(0)
    group = core.next_group(LATER_S)
    assert group is not None
    core.delivered(batch, {}, LATER_S)
    assert sender.settled == 1
    core.committed(group, SpoolState(packets=1))
    assert sender.settled == 1
    assert [seq for seq, _ in written(core, 1).removals] == [0]


def test_a_failed_commit_tells_the_senders_and_is_tried_again_after_a_rest() -> None:
    core, sender, again = engine(), Sender(), Sender()
    core.accept(packets(1), sender)
    core.dispatch(0)
    group = core.next_group(LATER_S)
    assert group is not None
    core.commit_failed(group, SpoolFailed("no space left"), LATER_S)
    assert [error.http_status for error in sender.refusals] == [503]
    assert core.next_group(LATER_S) is None
    core.accept(packets(1), again)  # the sender sends it again
    assert again.settled == 0
    second = written(core, LATER_S + BACKOFF_S[0], packets=1)
    assert [seq for seq, _ in second.puts] == [0]
    assert (again.settled, core.ledger.repeats, core.queued()) == (1, 1, 1)


def test_packets_that_cannot_go_to_a_failing_disk_are_still_delivered() -> None:
    core, sender = engine(memory_bytes=15), Sender()
    core.accept([packet(1, size=20)], sender)
    core.dispatch(0)
    assert core.backlog.overflowing == 1
    group = core.next_group(LATER_S)
    assert group is not None
    core.commit_failed(group, SpoolFailed("no space left"), LATER_S)
    core.apply(registry(1, entry("a")), 1)
    (batch,) = core.dispatch(1)
    core.delivered(batch, {}, 1)
    assert core.queued() == 0
    assert balances(core)


def test_a_repeat_is_answered_again_and_not_delivered_again() -> None:
    core, first, second = engine(), Sender(), Sender()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1), first)
    core.accept(packets(1), second)
    (batch,) = core.dispatch(0)
    assert len(batch.packets) == 1
    assert second.settled == 0, "the first is not safe yet"
    core.delivered(batch, {}, 0)
    core.accept(packets(1), second)
    assert (first.settled, second.settled, core.ledger.repeats, core.ledger.accepted) == (1, 2, 2, 1)
    assert core.dispatch(0) == []


def test_a_repeat_after_a_restart_is_known_as_far_as_the_spool_knows() -> None:
    core = engine(state=SpoolState(packets=1, bytes=10, next_seq=1))
    core.admission.recent.remember("1", None)
    sender = Sender()
    core.accept([packet(1)], sender)
    assert (sender.settled, core.ledger.repeats, core.queued()) == (1, 1, 1)


@given(st.integers(1, 30), st.integers(0, 200))
def test_what_memory_cannot_hold_waits_on_disk_and_comes_back_in_order(count: int, memory_bytes: int) -> None:
    core = engine(memory_bytes=memory_bytes)
    on_disk: dict[int, str] = {}
    for number in range(count):
        core.accept([packet(number)], Sender())
        core.dispatch(number)
        for p in written(core, number + LATER_S, packets=number + 1).packets:
            on_disk[p.seq] = p.id
    assert core.queued() == count
    core.apply(registry(1, entry("a")), 99)
    delivered: list[str] = []
    while core.queued() or core.in_flight():
        if core.backlog.wants_reading():
            seqs = sorted(seq for seq in on_disk if seq >= core.backlog.tail_from)[:3]
            core.refill([Packet(on_disk[seq], b"x" * 10, 1, seq=seq) for seq in seqs], 99)
        for batch in core.dispatch(99):
            delivered += [p.id for p in batch.packets]
            core.delivered(batch, {}, 99)
        assert balances(core)
    assert delivered == [str(number) for number in range(count)]
    assert core.backlog.held_bytes == 0


def test_a_full_spool_takes_nothing_and_says_when_to_come_back() -> None:
    core, sender = engine(spool_bytes=25), Sender()
    core.accept(packets(1, 2), sender)
    with pytest.raises(SpoolFull) as refused:
        core.accept(packets(3, 4), sender)
    assert refused.value.retry_after_s == 1
    core.dispatch(0)
    assert core.queued() == 2
    assert "3" not in core.admission.recent.younger


def test_more_than_memory_holds_may_not_wait_for_the_disk() -> None:
    core = engine(memory_bytes=15)
    core.accept(packets(1), Sender())
    with pytest.raises(SpoolBehind):
        core.accept(packets(2), Sender())


def test_without_a_spool_senders_are_answered_at_once() -> None:
    core, sender = engine(is_safe=False, memory_bytes=25), Sender()
    core.accept(packets(1, 2), sender)
    core.dispatch(0)
    assert sender.settled == 1
    with pytest.raises(SpoolFull):
        core.accept(packets(3), sender)


def test_a_dead_letter_sent_again_leaves_the_dead_in_the_commit_that_keeps_the_packet() -> None:
    core = engine(state=SpoolState(dead=1, next_dead=5))
    letter = DeadLetter(4, "1", "a", "400", b"x" * 10)
    core.replay(letter, packet(1), 0)
    assert core.ledger.dead == 0
    assert balances(core)
    group = core.next_group(0)
    assert group is not None
    assert (len(group.puts), group.deletions) == (1, [4])


@given(st.lists(st.sampled_from(["accept", "dispatch", "deliver", "fail", "refuse", "write", "break disk", "change"])))
def test_the_ledger_balances_after_any_event(events: list[str]) -> None:
    core, number, flying = engine(memory_bytes=60, spool_bytes=400), 0, []
    core.apply(registry(1, entry("a", packets_max=3), entry("b", 2, packets_max=3)), 0)
    for now_s, event in enumerate(events):
        if event == "accept":
            number += 2
            try:
                core.accept(packets(number, number + 1), Sender())
            except (SpoolFull, SpoolBehind):
                assert core.backlog.held_bytes > 0 or core.commits.state.bytes
        elif event == "change":
            core.apply(registry(now_s + 2, entry("a", now_s % 3), entry("c", packets_max=2)), now_s)
        elif event in ("write", "break disk"):
            group = core.next_group(now_s * 10)
            if group is not None and event == "write":
                core.committed(group, SpoolState(next_seq=core.commits.next_seq))
            elif group is not None:
                core.commit_failed(group, SpoolFailed("no space left"), now_s)
        elif event == "dispatch":
            flying += core.dispatch(now_s)
        elif flying:
            batch = flying.pop(0)
            if event == "deliver":
                core.delivered(batch, {}, now_s)
            elif event == "fail":
                core.failed(batch, Event.FAILED, "500", now_s)
            else:
                core.refused(batch, "400", now_s)
        assert balances(core)
