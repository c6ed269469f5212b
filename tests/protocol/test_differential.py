"""The fast lane answers as the reference does, and has the same effect, whatever the bytes and however they come."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from protocol_harness import Ways
from protocol_streams import any_streams, cut, places, plain_requests, requests

NO_HTTP = b"Invalid HTTP request received."
many = settings(max_examples=2000)


@many
@given(any_streams, places, st.integers(0, 3), st.booleans())
def test_both_ways_answer_the_same_to_any_bytes(
    ways: Ways, stream: bytes, cuts: list[int], turns: int, is_hasty: bool
) -> None:
    chunks = cut(stream, cuts)
    assert ways.fast(chunks, turns=turns, is_hasty=is_hasty) == ways.slow(chunks, turns=turns, is_hasty=is_hasty)


@given(st.lists(plain_requests(), min_size=1, max_size=6).map(b"".join), places, st.integers(0, 3))
@settings(max_examples=500)
def test_plain_requests_are_answered_alike_however_they_are_split_and_timed(
    ways: Ways, stream: bytes, cuts: list[int], turns: int
) -> None:
    whole = ways.slow([stream])
    assert ways.fast([stream], turns=turns) == whole
    assert ways.fast(cut(stream, cuts), turns=turns, is_hasty=True) == whole
    assert ways.slow(cut(stream, cuts), turns=turns) == whole


@given(requests, places)
@settings(max_examples=1000)
def test_uvicorn_itself_would_have_the_same_effect(ways: Ways, stream: bytes, cuts: list[int]) -> None:
    assume(b"pgrade" not in stream)  # uvicorn drops what follows in the same read; here the connection is closed
    chunks = cut(stream, cuts)
    fast, plain = ways.fast(chunks), ways.plain(chunks)
    assert (fast.packets, fast.is_closed) == (plain.packets, plain.is_closed)
    if NO_HTTP not in plain.sent:  # which uvicorn says in plain text, and before it has answered what came first
        assert fast.sent == plain.sent
