"""Every limit has its status and a JSON body that says what and where; a refused request leaves nothing behind."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol_harness import Connection, Outcome, Slow, Ways
from protocol_streams import LINES, NDJSON, POST_MANY, cut, packet, places, request

from logdist_distributor.ingest import heads, intake, receive
from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX


def answer(outcome: Outcome) -> tuple[int, dict[str, Any]]:
    """The only answer: its status and its body."""
    head, _, body = outcome.sent.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert len(outcome.statuses) == 1
    return outcome.statuses[0], json.loads(body)


def by_both(ways: Ways, stream: bytes) -> Outcome:
    outcome = ways.fast([stream])
    assert outcome == ways.slow([stream])
    return outcome


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (packet(""), "$.id"),
        (packet("x" * 129), "$.id"),
        (packet("a", timestamp=-1), "$.timestamp"),
        (packet("a", timestamp=1 << 54), "$.timestamp"),
        (packet("a", messages=[{"level": "INFO", "message": ""}] * 10_001), "$.messages"),
        (packet("a", messages=[{"level": "INFO", "message": ""}, {"level": 3, "message": ""}]), "$.messages[1].level"),
        (packet("a", messages=[{"level": "INFO"}]), "$.messages[0]"),
        (b"[]", None),
        (b"{", None),
        (b"\xff", None),
        (b'{"id":"a","timestamp":1,"messages":[],"x":"\xff"}', None),
        (b'{"id":"a","timestamp":1,"messages":[],"x":' + b"[" * 100_000, None),
    ],
)
def test_a_bad_packet_is_refused_with_its_field(ways: Ways, body: bytes, field: str | None) -> None:
    outcome = by_both(ways, request(body, start=POST_MANY))
    status, detail = answer(outcome)
    assert (status, detail["reason"], detail.get("field")) == (400, "InvalidPacket", field)
    assert outcome.packets == []
    assert not outcome.is_closed


@given(st.integers(0, 5), st.integers(0, 5), st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\n \t\r\n"]), places)
def test_a_bad_line_is_named_and_no_line_is_stored(
    ways: Ways, before: int, after: int, end: bytes, cuts: list[int]
) -> None:
    bad = packet("bad", timestamp="today")
    some = [packet(f"a{n}") for n in range(before)] + [bad] + [packet(f"b{n}") for n in range(after)]
    stream = request(end.join(some), NDJSON, start=POST_MANY)
    for outcome in (ways.fast(cut(stream, cuts)), ways.slow(cut(stream, cuts))):
        status, detail = answer(outcome)
        assert (status, detail["field"]) == (400, "$.timestamp")
        assert detail["line"] == 1 + before * end.count(b"\n")
        assert outcome.packets == []


def test_an_array_with_a_bad_last_element_names_it_and_stores_nothing(ways: Ways) -> None:
    outcome = by_both(ways, request(b"[%b, {}]" % packet("a"), start=POST_MANY))
    status, detail = answer(outcome)
    assert (status, detail["element"], outcome.packets) == (400, 1, [])


@pytest.mark.parametrize("name", ["text", "form", "brotli"])
def test_what_is_not_understood_is_415_and_keeps_the_connection(ways: Ways, name: str) -> None:
    outcome = by_both(ways, request(packet("a"), LINES[name]))
    assert (answer(outcome)[0], outcome.packets, outcome.is_closed) == (415, [], False)


def test_ndjson_is_415_where_one_packet_is_wanted(ways: Ways) -> None:
    assert answer(by_both(ways, request(packet("a"), NDJSON)))[0] == 415


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_above_the_limit_is_413_and_one_at_the_limit_is_taken(
    ways: Ways, monkeypatch: pytest.MonkeyPatch, is_chunked: bool
) -> None:
    limit = 1000
    monkeypatch.setattr(receive, "BODY_BYTES_MAX", limit)
    monkeypatch.setattr(heads, "BODY_BYTES_MAX", limit)
    for size, status in ((limit - 1, 202), (limit, 202), (limit + 1, 413)):
        body = packet("a").ljust(size)
        stream = request(body)
        if is_chunked:
            stream = POST_MANY + LINES["chunked"] + b"\r\n%x\r\n%b\r\n0\r\n\r\n" % (size, body)
        outcome = by_both(ways, stream)
        assert (answer(outcome)[0], len(outcome.packets)) == (status, status == 202)
        assert outcome.is_closed == (status == 413)  # the rest of the body is not read


@pytest.mark.parametrize("piece_bytes", [1 << 20, 1000, 61])
@pytest.mark.parametrize("start", [POST_MANY, b"POST /v1/packets?a HTTP/1.1\r\n"])
def test_a_head_above_the_limit_is_431_however_it_comes(ways: Ways, start: bytes, piece_bytes: int) -> None:
    body = packet("a")
    spare = HEAD_BYTES_MAX - len(request(body, b"X: \r\n", start=start)) + len(body)
    for size, status in ((spare, 202), (spare + 100, 431), (3 * spare, 431)):
        stream = request(body, b"X: %b\r\n" % (b"x" * size), start=start)
        chunks = [stream[at : at + piece_bytes] for at in range(0, len(stream), piece_bytes)]
        outcome = ways.fast(chunks)
        assert outcome == ways.slow(chunks)
        assert (answer(outcome)[0], len(outcome.packets)) == (status, status == 202)
        assert outcome.is_closed == (status == 431)


@pytest.mark.parametrize("kind", [FastLane, Slow])
def test_a_connection_above_the_limit_is_429_and_closed(ways: Ways, kind: type[FastLane]) -> None:
    async def send() -> None:
        first = Connection(ways, kind)
        first.door.connections_max = 1
        wire = first.connect()
        assert wire.sent.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
        assert b"retry-after: 1\r\n" in wire.sent
        assert b"connection: close\r\n" in wire.sent
        assert wire.is_closed
        await first.feed([request(packet("a"))])
        assert first.outcome().statuses == [202]
        first.wire.close()
        await first.quiet()
        wire = first.connect()
        assert not wire.is_closed

    ways.loop.run_until_complete(send())


@pytest.mark.parametrize("start", [POST_MANY, b"POST /v1/packets?slow HTTP/1.1\r\n"])
def test_a_full_engine_is_503_with_retry_after_and_takes_nothing_of_the_request(ways: Ways, start: bytes) -> None:
    async def send() -> None:
        connection = Connection(ways, FastLane, memory_bytes=500)
        lines = [packet(str(number)) for number in range(20)]
        await connection.feed([request(b"\n".join(lines), NDJSON, start=start), request(lines[0], start=start)])
        outcome = connection.outcome()
        assert (outcome.statuses, outcome.packets) == ([503, 202], [lines[0]])
        assert outcome.sent.count(b"retry-after: 1\r\n") == 1
        assert not outcome.is_closed

    ways.loop.run_until_complete(send())


@pytest.mark.parametrize("kind", [FastLane, Slow])
def test_unfinished_requests_share_a_bounded_memory_and_give_it_back(
    ways: Ways, kind: type[FastLane], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "RECEIVING_BYTES_MAX", 1500)
    stream = request(packet("a", pad="x" * 900))

    async def send() -> None:
        first = Connection(ways, kind)
        leaving = first.connect()
        await first.feed([stream[:-10]])
        await first.quiet()
        leaving.protocol.data_received(stream[:-10])
        await first.quiet()
        assert leaving.sent.startswith(b"HTTP/1.1 503 ")
        assert b"ReceivingTooMuch" in leaving.sent
        assert leaving.is_closed
        await first.feed([stream[-10:]])
        assert first.outcome().statuses == [202]
        assert first.intake.receiving_bytes == 0
        abandoned = first.connect()
        abandoned.protocol.data_received(stream[:-10])
        await first.quiet()
        assert first.intake.receiving_bytes > 0
        abandoned.close()
        await first.quiet()
        assert first.intake.receiving_bytes == 0

    ways.loop.run_until_complete(send())
