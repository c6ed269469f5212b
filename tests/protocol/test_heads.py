"""What a head means is remembered by its bytes: the memory is bounded, and remembering changes no answer."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_harness import Connection, Ways
from protocol_streams import LINES, POST_MANY, POST_ONE, STARTS, packet, request

from logdist_distributor.ingest import heads
from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.ingest.heads import Heads, read_head

ACCEPTED = b'HTTP/1.1 202 Accepted\r\ncontent-length: 14\r\ncontent-type: application/json\r\n\r\n{"accepted":1}'


def traced(number: int, body: bytes = b"{}") -> bytes:
    return request(body, b"traceparent: 00-%032x-%016x-01\r\n" % (number, random.getrandbits(64)))


def head_of(stream: bytes) -> bytes:
    return stream[: stream.index(b"\r\n\r\n") + 4]


def test_heads_that_never_repeat_stay_on_the_fast_lane_and_are_not_kept(ways: Ways) -> None:
    async def send() -> None:
        connection = Connection(ways, FastLane)
        for number in range(500):
            stream = traced(number, packet(str(number)))
            await connection.feed([stream] if number % 2 else [stream[:300], stream[300:]])
        assert isinstance(connection.protocol, FastLane)
        assert connection.wire.sent == ACCEPTED * 500
        assert len(connection.delivered) == 500
        assert connection.door.heads.remembered == {}

    ways.loop.run_until_complete(send())


def test_the_memory_is_bounded_whatever_heads_come() -> None:
    memory = Heads()
    for number in range(3 * heads.SEEN_ONCE_MAX):
        memory.plan(head_of(traced(number)))
        assert len(memory.seen_once) <= heads.SEEN_ONCE_MAX
    assert memory.remembered == {}
    for number in range(3 * heads.REMEMBERED_MAX // 2):
        head = head_of(traced(number))
        for _ in range(3):
            memory.plan(head)
        assert len(memory.remembered) <= heads.REMEMBERED_MAX


def test_senders_that_come_after_the_memory_is_full_are_remembered_too() -> None:
    memory = Heads()
    for number in range(2 * heads.REMEMBERED_MAX):
        head = head_of(traced(number))
        memory.plan(head), memory.plan(head)
    for _ in range(3):
        memory.plan(head)
    assert head in memory.remembered


def test_long_heads_are_served_and_not_kept() -> None:
    memory = Heads()
    head = head_of(request(b"{}", b"Authorization: %b\r\n" % (b"x" * 10_000)))
    plans = [memory.plan(head) for _ in range(4)]
    assert plans == [read_head(head)] * 4
    assert plans[0] is not None
    assert memory.remembered == {}


lines = st.lists(st.sampled_from(list(LINES.values())), max_size=3)
starts = st.one_of(st.just(POST_ONE), st.just(POST_MANY), st.sampled_from(STARTS))
some_heads = st.builds(lambda start, more: head_of(request(b"{}", *more, start=start)), starts, lines)


@given(st.lists(some_heads, min_size=1, max_size=4))
@settings(max_examples=500)
def test_a_remembered_head_means_what_a_parsed_one_does(some: list[bytes]) -> None:
    memory = Heads()
    for head in some * 3:
        assert memory.plan(head) == read_head(head)


@given(st.lists(st.tuples(lines, st.sampled_from("abc")), min_size=1, max_size=3))
@settings(max_examples=200)
def test_a_request_sent_again_is_answered_the_same(ways: Ways, sent: list[tuple[list[bytes], str]]) -> None:
    """The third time its head is remembered."""
    for more, name in sent:
        stream = request(packet(name), *more)
        outcome = ways.fast([stream, stream, stream, stream])
        assert outcome == ways.slow([stream, stream, stream, stream])
