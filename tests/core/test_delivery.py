"""What becomes of packets at analysers: delivered, refused, failed, requeued."""

from harness import LATER_S, Sender, balances, engine, entry, packet, packets, registry

from logdist_distributor.core.lane import BURST_BATCHES
from logdist_distributor.core.packet import Packet
from logdist_distributor.core.standing import Event, State


def test_a_sender_is_answered_when_the_last_of_its_packets_is_delivered() -> None:
    core, sender = engine(), Sender()
    core.apply(registry(1, entry("a"), entry("b")), 0)
    core.accept(packets(1, 2), sender)
    first, second = core.dispatch(0)
    core.delivered(first, {}, 0)
    assert sender.settled == 0
    core.delivered(second, {}, 0)
    assert sender.settled == 1


def test_a_batch_grows_while_another_is_in_flight() -> None:
    core, sender = engine(), Sender()
    core.apply(registry(1, entry("a", packets_max=3)), 0)
    core.accept([packet(0)], sender)
    (in_flight,) = core.dispatch(0)
    core.accept(packets(1, 2), sender)
    assert core.dispatch(0) == []
    core.accept([packet(3)], sender)
    (full,) = core.dispatch(0)
    assert [p.id for p in full.packets] == ["1", "2", "3"]
    core.delivered(in_flight, {}, 0)
    core.delivered(full, {}, 0)
    assert balances(core)


def test_failed_packets_come_back_to_the_front_in_their_order() -> None:
    core = engine()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1, 2, 3), Sender())
    (batch,) = core.dispatch(0)
    core.accept(packets(4, 5), Sender())
    core.dispatch(0)
    core.accept([packet(6)], Sender())
    core.take_in(0)
    core.failed(batch, Event.FAILED, "broken", 0)  # ejected at once: its lane gives back 4 and 5 too
    assert [p.id for p in core.backlog.queue] == ["1", "2", "3", "4", "5", "6"]
    assert core.ledger.requeued == 3
    assert balances(core)


def test_what_one_analyser_dropped_goes_to_the_others() -> None:
    core = engine()
    core.apply(registry(1, entry("a"), entry("b")), 0)
    core.accept(packets(1, 2, 3, 4), Sender())
    batches = {batch.lane.endpoint: batch for batch in core.dispatch(0)}
    core.failed(batches["http://a:0"], Event.TIMED_OUT, "no answer", 0)
    core.delivered(batches["http://b:0"], {}, 0)
    (again,) = core.dispatch(0)
    assert again.lane.endpoint == "http://b:0"
    assert {p.id for p in again.packets} == {p.id for p in batches["http://a:0"].packets}


def test_a_refused_batch_is_halved_until_the_culprit_is_alone() -> None:
    core, sender = engine(), Sender()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(*range(16)), sender)
    waiting, delivered = core.dispatch(0), []
    while waiting:
        batch = waiting.pop()
        if any(p.id == "11" for p in batch.packets):
            core.refused(batch, "400: eleven", 0)
        else:
            delivered += [p.id for p in batch.packets]
            core.delivered(batch, {}, 0)
        waiting += core.dispatch(0)
        assert balances(core)
    assert sorted(map(int, delivered)) == [n for n in range(16) if n != 11]
    assert core.ledger.dead == 1
    assert sender.settled == 0, "the dead letter is not on disk yet"
    group = core.next_group(LATER_S)
    assert group is not None
    assert [letter.error for letter in group.dead] == ["400: eleven"]
    core.committed(group, core.commits.state)
    assert sender.settled == 1


def test_packets_that_a_207_names_become_dead_letters_and_the_rest_is_delivered() -> None:
    core = engine()
    core.apply(registry(1, entry("a")), 0)
    core.accept(packets(1, 2, 3), Sender())
    (batch,) = core.dispatch(0)
    core.delivered(batch, {"2": "no level"}, 0)
    assert (core.ledger.delivered, core.ledger.dead) == (2, 1)
    assert balances(core)


def test_an_ejected_endpoint_gets_one_packet_to_prove_itself_and_then_ramps_up() -> None:
    core = engine()
    core.apply(registry(1, entry("a"), entry("b")), 0)
    core.accept(packets(*range(4)), Sender())
    batches = {batch.lane.endpoint: batch for batch in core.dispatch(0)}
    core.failed(batches["http://a:0"], Event.FAILED, "500", 0)
    core.delivered(batches["http://b:0"], {}, 0)
    lane = batches["http://a:0"].lane
    core.checked(lane, "", 1)
    assert lane.standing.state is State.PROBING
    core.accept(packets(*range(10, 20)), Sender())
    sent = {batch.lane.endpoint: batch for batch in core.dispatch(1)}
    assert len(sent["http://a:0"].packets) == 1
    core.delivered(sent["http://a:0"], {}, 1)
    core.delivered(sent["http://b:0"], {}, 1)
    assert lane.standing.state is State.ADMITTED
    core.accept(packets(*range(100, 211)), Sender())
    sent = {batch.lane.endpoint: batch for batch in core.dispatch(1)}
    assert len(sent["http://a:0"].packets) in (10, 11), "slow start begins at a tenth of the share"


def test_an_analyser_that_is_scaled_keeps_its_share() -> None:
    core = engine()
    core.apply(registry(1, entry("a", 1, endpoints=3), entry("b", 1)), 0)
    core.accept(packets(*range(600)), Sender())
    sent = {batch.lane.endpoint: len(batch.packets) for batch in core.dispatch(0)}
    assert sent == {"http://a:0": 100, "http://a:1": 100, "http://a:2": 100, "http://b:0": 300}


def test_a_full_lane_is_skipped_and_the_queue_waits_when_all_are_full() -> None:
    core = engine()
    core.apply(registry(1, entry("a", packets_max=2, max_in_flight=1), entry("b", packets_max=2, max_in_flight=1)), 0)
    core.accept(packets(*range(60)), Sender())
    batches = core.dispatch(0)
    assert sum(len(batch.packets) for batch in batches) == 4
    assert len(core.backlog.queue) == 60 - 4 - 2 * 2 * BURST_BATCHES
    for batch in batches:
        core.delivered(batch, {}, 0)
    while batches := core.dispatch(0):
        for batch in batches:
            core.delivered(batch, {}, 0)
    assert core.ledger.delivered == 60


def test_a_burst_of_several_batches_is_still_dealt_exactly() -> None:
    core = engine()
    core.apply(
        registry(1, *(entry(name, weight, packets_max=10) for name, weight in (("a", 1), ("b", 2), ("c", 3)))), 0
    )
    core.accept(packets(*range(120)), Sender())
    while batches := core.dispatch(0):
        for batch in batches:
            core.delivered(batch, {}, 0)
    assert {uid: analyser.delivered for uid, analyser in core.fleet.analysers.items()} == {"a": 20, "b": 40, "c": 60}


def test_a_lane_whose_whole_batch_does_not_get_away_is_skipped() -> None:
    core = engine()
    core.apply(registry(1, entry("a", packets_max=2, max_in_flight=1), entry("b", packets_max=100)), 0)
    core.accept(packets(*range(8)), Sender())
    stuck, other = core.dispatch(0)
    core.delivered(other, {}, 1)
    core.accept(packets(*range(10, 30)), Sender())
    core.dispatch(1)
    assert stuck.lane.waiting_packets == 3, "one packet shows that the lane is stuck"
    assert other.lane.in_flight_packets == 19


def test_protocol_packet_sends_one_packet_a_request() -> None:
    core = engine()
    core.apply(registry(1, entry("a", protocol="packet", max_in_flight=3)), 0)
    core.accept(packets(*range(5)), Sender())
    assert [len(batch.packets) for batch in core.dispatch(0)] == [1, 1, 1]


def test_suspending_gives_what_was_dealt_to_the_others() -> None:
    core = engine()
    core.apply(registry(1, entry("a"), entry("b")), 0)
    core.accept(packets(1, 2), Sender())
    first = core.dispatch(0)
    core.accept(packets(3, 4), Sender())
    core.dispatch(0)
    core.apply(registry(2, entry("a", suspend=True), entry("b")), 0)
    for batch in first:
        core.delivered(batch, {}, 0)
    (batch,) = core.dispatch(0)
    assert batch.lane.endpoint == "http://b:0"
    assert {p.id for p in batch.packets} == {"3", "4"}


def test_messages_are_counted_once_for_each_packet_accepted() -> None:
    core, sender = engine(), Sender()
    core.accept([Packet("1", b"{}", 1, 3), Packet("2", b"{}", 1, 4)], sender)
    core.accept([Packet("1", b"{}", 1, 3)], sender)
    core.take_in(0)
    assert (core.ledger.messages, core.ledger.repeats) == (7, 1)
