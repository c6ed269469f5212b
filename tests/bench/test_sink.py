"""The sinks count exactly, however the bytes arrive."""

import asyncio
import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.bench.sink import ANSWER, Counts, Shared, Sink, obey


class Wire(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False


def request(body: bytes, header: str = "Content-Length") -> bytes:
    return b"POST /v1/packets HTTP/1.1\r\nHost: a\r\n%b: %d\r\n\r\n%b" % (header.encode(), len(body), body)


def connect(counts: Counts, shared: Shared) -> tuple[Sink, Wire]:
    sink, wire = Sink(counts, shared), Wire()
    sink.connection_made(wire)
    return sink, wire


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5),
    st.booleans(),
    st.lists(st.integers(0, 600), max_size=6),
    st.sampled_from(["Content-Length", "content-length"]),
)
def test_counts_are_exact_at_every_split(sizes: list[int], is_ended: bool, cuts: list[int], header: str) -> None:
    bodies = [b"\n".join([b'{"id":"x"}'] * size) + (b"\n" if is_ended else b"") for size in sizes]
    wire_bytes = b"".join(request(body, header) for body in bodies)
    counts = Counts()
    sink, wire = connect(counts, Shared())
    for start, end in pairwise(sorted({0, len(wire_bytes), *(cut for cut in cuts if cut < len(wire_bytes))})):
        sink.data_received(wire_bytes[start:end])
    assert counts == Counts(len(sizes), sum(sizes), sum(map(len, bodies)))
    assert wire.written == ANSWER * len(sizes)


def test_a_health_check_is_answered_and_not_counted_even_while_stalled() -> None:
    counts = Counts()
    sink, wire = connect(counts, Shared(is_stalled=True))
    sink.data_received(b"GET /heartbeat HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (counts, wire.written) == (Counts(), ANSWER)


def test_a_stalled_sink_answers_all_it_owes_later() -> None:
    counts, shared = Counts(), Shared()
    sink, wire = connect(counts, shared)
    obey("stall", [counts], shared)
    sink.data_received(request(b"{}") * 3)
    assert wire.written == b""
    assert json.loads(obey("serve", [counts], shared))[0]["packets"] == 3
    assert wire.written == ANSWER * 3
