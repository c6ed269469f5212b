"""Connections come to an end: the stuck, the idle, the old, and those whose sender does not read. Time is given."""

import asyncio

import pytest
from protocol_harness import Connection, Outcome, Slow, Ways
from protocol_streams import POST_MANY, packet, request

from logdist_distributor.ingest.door import IDLE_S, RECEIVING_S
from logdist_distributor.ingest.fastlane import PIPELINED_BYTES_MAX, FastLane

KINDS = [FastLane, Slow]
STREAM = request(packet("a"))
CHUNKED_START = POST_MANY + b"Transfer-Encoding: chunked\r\n\r\n5\r\n"
UNFINISHED = {
    "one byte": STREAM[:1],
    "half a head": STREAM[:40],
    "a head": STREAM[: STREAM.index(b"{")],
    "half a body": STREAM[:-1],
    "half a chunk": CHUNKED_START,
    "one byte of another method": b"G",
    "half a head of another method": b"GET / HT",
    "half a head after a request": STREAM + STREAM[:40],
    "half a body after a request": STREAM + STREAM[:-1],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", UNFINISHED)
def test_a_request_that_is_never_finished_is_closed(ways: Ways, kind: type[FastLane], name: str) -> None:
    async def send() -> Outcome:
        connection = Connection(ways, kind)
        await connection.feed([UNFINISHED[name]])
        start_s = connection.loop.time()
        connection.door.sweep(start_s)
        assert connection.protocol.is_receiving
        connection.door.sweep(start_s + RECEIVING_S - 1)
        assert not connection.wire.is_closed
        connection.door.sweep(start_s + RECEIVING_S + 1)
        await connection.quiet()
        assert connection.door.visits == {}
        return connection.outcome()

    outcome = ways.loop.run_until_complete(send())
    assert outcome.is_closed
    assert outcome.statuses == ([202] if "after" in name else [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunks", [[], [STREAM], [STREAM, b"GET /health HTTP/1.1\r\n\r\n"]])
def test_an_idle_connection_is_closed_and_one_in_use_is_not(
    ways: Ways, kind: type[FastLane], chunks: list[bytes]
) -> None:
    async def send() -> None:
        connection = Connection(ways, kind)
        start_s = connection.loop.time()
        for round_number in range(3):  # each request starts the time anew
            await connection.feed(chunks)
            connection.door.sweep(start_s + round_number * (IDLE_S - 1) * bool(chunks))
            assert not connection.wire.is_closed
        last_s = start_s + 2 * (IDLE_S - 1) * bool(chunks)
        connection.door.sweep(last_s + IDLE_S - 1)
        assert not connection.wire.is_closed
        connection.door.sweep(last_s + IDLE_S + 1)
        assert connection.wire.is_closed

    ways.loop.run_until_complete(send())


@pytest.mark.parametrize("kind", KINDS)
def test_a_sender_that_waits_for_its_answer_is_not_closed(ways: Ways, kind: type[FastLane]) -> None:
    async def send() -> None:
        connection = Connection(ways, kind)
        connection.intake.wake = lambda: None  # nothing is settled
        await connection.feed([STREAM])
        start_s = connection.loop.time()
        for passed_s in range(0, 600, 10):
            connection.door.sweep(start_s + passed_s)
        assert not connection.wire.is_closed
        connection.deliver()
        await connection.quiet()
        assert connection.outcome().statuses == [202]

    ways.loop.run_until_complete(send())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [packet("a"), b"[%b,%b]" % (packet("a"), packet("b")), b"bad"])
@pytest.mark.parametrize("is_outstanding", [False, True])
def test_an_old_connection_is_told_to_close_by_its_next_answer(
    ways: Ways, kind: type[FastLane], body: bytes, is_outstanding: bool
) -> None:
    async def send() -> None:
        connection = Connection(ways, kind)
        connection.door.connection_age_s = 300
        connection.wire = connection.connect()
        stream = request(body, start=POST_MANY)
        await connection.feed([stream])
        first = len(connection.wire.sent)
        if is_outstanding:
            connection.protocol.data_received(stream)
        connection.door.sweep(connection.loop.time() + 301)
        assert b"connection: close" not in connection.wire.sent[:first]
        await connection.feed([stream])
        assert connection.wire.sent[first:].count(b"connection: close\r\n") == 1
        assert connection.wire.is_closed

    ways.loop.run_until_complete(send())


def test_repeats_pipelined_by_the_thousand_are_answered_without_recursion(ways: Ways) -> None:
    many = 5000
    stream = STREAM * many
    size = PIPELINED_BYTES_MAX
    for chunks in ([stream], [stream[at : at + size] for at in range(0, len(stream), size)]):
        outcome = ways.fast(chunks)
        assert outcome.statuses == [202] * many
        assert outcome.repeats == many - 1
        assert len(outcome.packets) == 1


def test_of_what_is_pipelined_only_so_much_is_read_ahead(ways: Ways) -> None:
    """A transport that is not paused reads once a turn; each answer must not let it read more than was answered."""
    read_bytes = 256 << 10

    async def send() -> None:
        connection = Connection(ways, FastLane)
        left = memoryview(STREAM * (8 * read_bytes // len(STREAM)))
        while left or connection.protocol.pending:
            if left and not connection.wire.is_paused:
                connection.protocol.data_received(bytes(left[:read_bytes]))
                left = left[read_bytes:]
                assert len(connection.protocol.pending) <= PIPELINED_BYTES_MAX + read_bytes
            await asyncio.sleep(0)
        await connection.quiet()
        assert set(connection.outcome().statuses) == {202}

    ways.loop.run_until_complete(send())


def test_bytes_that_come_between_an_answer_and_the_next_request_are_kept_in_order(ways: Ways) -> None:
    async def send(place: int) -> Outcome:
        connection = Connection(ways, FastLane)
        connection.intake.wake = lambda: None
        connection.protocol.data_received(STREAM + STREAM[:place])
        connection.deliver()  # answers, and means to look at what came meanwhile in the next turn
        connection.protocol.data_received(STREAM[place:-1])
        await connection.quiet()
        connection.protocol.data_received(STREAM[-1:])
        await connection.quiet()
        return connection.outcome()

    for place in range(1, len(STREAM) - 1):
        outcome = ways.loop.run_until_complete(send(place))
        assert (outcome.statuses, outcome.repeats, outcome.is_closed) == ([202, 202], 1, False)


def test_requests_to_upgrade_pipelined_by_the_thousand_do_not_recurse(ways: Ways) -> None:
    stream = b"GET /health HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n" * 1500
    assert ways.fast([stream]).statuses == [200] * 1500


def test_a_sender_that_does_not_read_is_not_read_from_and_is_cut_off_in_the_end(ways: Ways) -> None:
    async def send() -> None:
        connection = Connection(ways, FastLane)
        await connection.feed([STREAM])
        connection.protocol.pause_writing()  # the kernel takes no more answers
        assert connection.wire.is_paused
        connection.protocol.data_received(STREAM + STREAM)  # one read was under way
        await connection.quiet()
        assert connection.wire.is_paused
        assert connection.outcome().statuses == [202, 202]
        connection.protocol.resume_writing()
        await connection.quiet()
        assert not connection.wire.is_paused
        assert connection.outcome().statuses == [202] * 3

    ways.loop.run_until_complete(send())


def test_a_connection_that_cannot_send_its_last_bytes_is_aborted(ways: Ways) -> None:
    async def send() -> None:
        connection = Connection(ways, FastLane)
        connection.wire.is_stuck = True
        start_s = connection.loop.time()
        connection.door.sweep(start_s)
        connection.door.sweep(start_s + IDLE_S + 1)
        assert connection.wire.is_closed
        assert connection.door.visits
        connection.door.sweep(start_s + IDLE_S + 2)
        await connection.quiet()
        assert connection.wire.is_aborted
        assert connection.door.visits == {}

    ways.loop.run_until_complete(send())


@pytest.mark.parametrize("kind", KINDS)
def test_a_door_that_closes_ends_every_connection_with_its_answer(ways: Ways, kind: type[FastLane]) -> None:
    async def send() -> None:
        connection = Connection(ways, kind)
        connection.door.close()
        late = connection.connect()
        late.protocol.data_received(STREAM)
        await connection.feed([STREAM])
        for wire in (connection.wire, late):
            assert b"202 Accepted" in wire.sent
            assert b"connection: close\r\n" in wire.sent
            assert wire.is_closed

    ways.loop.run_until_complete(send())
