"""Heads that parsers disagree about: both ways understand each alike, and none hides a second request."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol_harness import Outcome, Ways
from protocol_streams import LINES, POST_MANY, POST_ONE, STARTS, packet, request

INNER = request(packet("inner"))  # a whole request, for an attacker the one to smuggle
SMUGGLED = b"0\r\n\r\n" + INNER
FOLLOWER = request(packet("follower"))
# Never both of: a length and a coding. And no length that is anything but digits, once.
REFUSED = [
    "length +5", "length -5", "length 0x5", "length 5, 5", "length 5 5", "length 5_0", "length empty", "length huge",
    "length no digit", "length 5", "length 05", "chunked", "chunked after a space", "chunked in capitals", "xchunked",
    "chunked, identity", "chunked after a tab", "bare LF", "bare LF before a length", "bare CR", "CR CR LF",
    "NUL in a value", "NUL in a name", "NUL in a length", "space in a name", "space before a colon", "no colon",
    "no name", "latin-1 name",
]  # fmt: skip


def by_both(ways: Ways, stream: bytes) -> Outcome:
    """What both ways answer, in one piece and cut after every head."""
    outcome = ways.fast([stream])
    assert outcome == ways.slow([stream])
    head, end, rest = stream.partition(b"\r\n\r\n")
    assert ways.fast([head + end, rest] if rest else [head + end]) == ways.slow([head + end, rest])
    assert ways.fast([head, end + rest]) == ways.slow([head, end + rest])
    return outcome


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("start", [POST_ONE, POST_MANY])
@pytest.mark.parametrize("name", LINES)
def test_an_odd_line_beside_a_true_length_is_understood_alike(ways: Ways, name: str, start: bytes, place: str) -> None:
    body = packet("outer")
    lines = [LINES[name], b"Content-Length: %d\r\n" % len(body)]
    lines = lines if place == "before" else lines[::-1]
    by_both(ways, start + b"".join(lines) + b"\r\n" + body + FOLLOWER)


@pytest.mark.parametrize("name", LINES)
def test_an_odd_line_without_a_length_is_understood_alike(ways: Ways, name: str) -> None:
    by_both(ways, POST_MANY + LINES[name] + b"\r\n" + packet("outer") + FOLLOWER)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("has_body", [False, True])
def test_an_odd_start_is_understood_alike(ways: Ways, start: bytes, has_body: bool) -> None:
    by_both(ways, (request(packet("outer"), start=start) if has_body else start + b"\r\n") + FOLLOWER)


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_behind_a_malformed_head_is_ever_taken(ways: Ways, name: str) -> None:
    for body in (packet("outer"), SMUGGLED, INNER):
        for lines in ([LINES[name]], [LINES[name], b"Content-Length: %d\r\n" % len(body)]):
            for order in (lines, lines[::-1]):
                outcome = by_both(ways, POST_MANY + b"".join(order) + b"\r\n" + body + FOLLOWER)
                if len(lines) > 1:
                    assert outcome.statuses == [400]
                    assert outcome.packets == []
                    assert outcome.is_closed


@pytest.mark.parametrize("name", LINES)
def test_a_body_that_looks_like_requests_is_only_a_body(ways: Ways, name: str) -> None:
    """With a true length, the bytes of the body are never taken for a request, whatever else the head says."""
    outcome = by_both(ways, request(SMUGGLED, start=POST_MANY + LINES[name]))
    assert packet("inner") not in outcome.packets or b"chunked" in LINES[name].lower()
    assert packet("inner") not in by_both(ways, request(INNER, start=POST_MANY + LINES[name])).packets


@given(st.lists(st.sampled_from(list(LINES.values())), max_size=4), st.sampled_from([SMUGGLED, INNER]), st.booleans())
@settings(max_examples=500)
def test_two_ways_never_take_different_packets_from_one_stream(
    ways: Ways, lines: list[bytes], body: bytes, is_truthful: bool
) -> None:
    if is_truthful:
        lines = [*lines, b"Content-Length: %d\r\n" % len(body)]
    by_both(ways, POST_MANY + b"".join(lines) + b"\r\n" + body + FOLLOWER)


def test_an_upgrade_is_declined_and_the_request_and_what_follows_it_answered(ways: Ways) -> None:
    for name, more in product(("h2c", "websocket"), (b"", b"X-Slow: 1\r\nExpect: other\r\n")):
        stream = request(packet("outer"), LINES[name] + more) + FOLLOWER
        for place in range(1, len(stream), 7):
            chunks = [stream[:place], stream[place:]]
            outcome = ways.fast(chunks)
            assert outcome == ways.slow(chunks)
            assert outcome.statuses == [202, 202]
            assert outcome.packets == [packet("outer"), packet("follower")]
            assert not outcome.is_closed


def test_a_host_of_any_kind_leads_to_the_same_route(ways: Ways) -> None:
    for name in ("host with a path", "host broken", "host empty"):
        plain = POST_ONE + LINES[name] + b"Content-Length: %d\r\n" % len(packet("a")) + b"\r\n" + packet("a")
        assert by_both(ways, plain).statuses == [202]
        assert by_both(ways, plain.replace(b"packet HTTP", b"packet?x HTTP")).statuses == [202]


def test_no_answer_leads_to_the_host_that_a_request_names(ways: Ways) -> None:
    outcome = by_both(ways, request(packet("a"), start=b"POST /v1/packets/ HTTP/1.1\r\n").replace(b"logs", b"evil"))
    assert outcome.statuses == [404]
    assert b"evil" not in outcome.sent


def test_the_older_protocol_is_answered_and_closed(ways: Ways) -> None:
    outcome = by_both(
        ways, request(packet("a"), LINES["keep-alive"], start=b"POST /v1/packets HTTP/1.0\r\n") + FOLLOWER
    )
    assert (outcome.statuses, outcome.packets, outcome.is_closed) == ([202], [packet("a")], True)


def test_bytes_that_are_no_request_do_not_cut_off_the_answers_before_them(ways: Ways) -> None:
    for first in (request(packet("a")), request(packet("a"), b"X-Slow: 1\r\nExpect: 100-continue\r\n")):
        outcome = by_both(ways, first + FOLLOWER + b"no request\r\n\r\n" + INNER)
        assert outcome.statuses[-3:] == [202, 202, 400]
        assert outcome.packets == [packet("a"), packet("follower")]
        assert outcome.is_closed
