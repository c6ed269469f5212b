"""Streams of bytes that senders, proxies and attackers send: requests with odd heads, mutated, pipelined and split."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

from hypothesis import strategies as st

POST_ONE = b"POST /distributor/packet HTTP/1.1\r\n"
POST_MANY = b"POST /v1/packets HTTP/1.1\r\n"
NDJSON = b"Content-Type: application/x-ndjson\r\n"


def packet(name: str, **more: object) -> bytes:
    fields = {"id": name, "timestamp": 1_700_000_000_000, "messages": [{"level": "INFO", "message": "hé"}], **more}
    return json.dumps(fields, ensure_ascii=False).encode()


def request(body: bytes, *lines: bytes, start: bytes = POST_ONE) -> bytes:
    """A plain request; `lines` are more header lines, with their ends."""
    return start + b"Host: logs\r\n" + b"".join(lines) + b"Content-Length: %d\r\n\r\n" % len(body) + body


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({0, len(stream), *(place for place in places if place < len(stream))})
    return [stream[start:end] for start, end in pairwise(ends)]


# Lines that a head may hold. What they mean is for the two ways to agree on.
LINES: Mapping[str, bytes] = {
    "length 5": b"Content-Length: 5\r\n",
    "length 0": b"Content-Length: 0\r\n",
    "length +5": b"Content-Length: +5\r\n",
    "length -5": b"Content-Length: -5\r\n",
    "length 0x5": b"Content-Length: 0x5\r\n",
    "length 05": b"Content-Length: 05\r\n",
    "length 5 in spaces": b"Content-Length:   5 \t \r\n",
    "length 5, 5": b"Content-Length: 5, 5\r\n",
    "length 5 5": b"Content-Length: 5 5\r\n",
    "length 5_0": b"Content-Length: 5_0\r\n",
    "length empty": b"Content-Length:\r\n",
    "length huge": b"Content-Length: 99999999999999999999\r\n",
    "length 17 MiB": b"Content-Length: 17825792\r\n",
    "length no digit": "Content-Length: \u00b2\r\n".encode("latin-1"),
    "chunked": b"Transfer-Encoding: chunked\r\n",
    "chunked after a space": b"Transfer-Encoding : chunked\r\n",
    "chunked in capitals": b"TRANSFER-ENCODING: CHUNKED\r\n",
    "xchunked": b"Transfer-Encoding: xchunked\r\n",
    "chunked, identity": b"Transfer-Encoding: chunked, identity\r\n",
    "identity": b"Transfer-Encoding: identity\r\n",
    "chunked after a tab": b"Transfer-Encoding:\tchunked\r\n",
    "length folded": b"Content-Length:\r\n 5\r\n",
    "chunked folded": b"X: y\r\n Transfer-Encoding: chunked\r\n",
    "fold": b"X-Fold: one\r\n two\r\n",
    "bare LF": b"X: y\n",
    "bare LF before a length": b"X: y\nContent-Length: 5\r\n",
    "bare CR": b"X: y\rContent-Length: 5\r\n",
    "CR CR LF": b"X: y\r\r\n",
    "NUL in a value": b"X: \x00\r\n",
    "NUL in a name": b"X\x00: y\r\n",
    "NUL in a length": b"Content-Length: 5\x00\r\n",
    "space in a name": b"Content Length: 5\r\n",
    "space before a colon": b"Content-Length : 5\r\n",
    "space before a name": b" Content-Length: 5\r\n",
    "no colon": b"Content-Length 5\r\n",
    "no name": b": 5\r\n",
    "underscore": b"Content_Length: 5\r\n",
    "latin-1 value": b"X: \xe9\xff\r\n",
    "latin-1 name": b"X\xe9: y\r\n",
    "expect": b"Expect: 100-continue\r\n",
    "expect other": b"Expect: the-worst\r\n",
    "close": b"Connection: close\r\n",
    "keep-alive": b"Connection: Keep-Alive\r\n",
    "keep-alive, close": b"Connection: keep-alive, close\r\n",
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    "websocket": b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    "upgrade alone": b"Upgrade: h2c\r\n",
    "connection upgrade alone": b"Connection: upgrade\r\n",
    "gzip": b"Content-Encoding: gzip\r\n",
    "brotli": b"Content-Encoding: br\r\n",
    "encoding identity": b"Content-Encoding: identity\r\n",
    "encoding Identity": b"Content-Encoding: Identity\r\n",
    "encoding empty": b"Content-Encoding:\r\n",
    "json": b"Content-Type: application/json\r\n",
    "json with charset": b"content-type: Application/JSON ; charset=utf-8\r\n",
    "ndjson": NDJSON,
    "jsonl with a parameter": b"CONTENT-TYPE: application/jsonl;x=y\r\n",
    "text": b"Content-Type: text/plain\r\n",
    "form": b"Content-Type: application/x-www-form-urlencoded\r\n",
    "type with a no-break space": b"Content-Type: application/json\xa0\r\n",
    "type empty": b"Content-Type:\r\n",
    "host with a path": b"Host: a/b?c#d\r\n",
    "host broken": b"Host: [::1\r\n",
    "host empty": b"Host:\r\n",
    "traceparent": b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
    "trailer": b"Trailer: Content-Length\r\n",
}
STARTS = [
    b"GET /health HTTP/1.1\r\n",
    b"HEAD /health HTTP/1.1\r\n",
    b"GET /v1/packets HTTP/1.1\r\n",
    b"HEAD /v1/packets HTTP/1.1\r\n",
    b"PUT /v1/packets HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"CONNECT logs:8080 HTTP/1.1\r\n",
    b"POST /nowhere HTTP/1.1\r\n",
    b"POST /v1/packets/ HTTP/1.1\r\n",
    b"POST //v1/packets HTTP/1.1\r\n",
    b"POST /v1/../v1/packets HTTP/1.1\r\n",
    b"POST /v1/packet%73 HTTP/1.1\r\n",
    b"POST /v1/packets%00 HTTP/1.1\r\n",
    b"POST /v1/packets%ff HTTP/1.1\r\n",
    b"POST /v1%2Fpackets HTTP/1.1\r\n",
    b"POST /v1/packets?tenant=a HTTP/1.1\r\n",
    b"POST /v1/packets#part HTTP/1.1\r\n",
    b"POST http://logs/v1/packets HTTP/1.1\r\n",
    b"POST http://a@b:99999/v1/packets HTTP/1.1\r\n",
    b"POST /V1/packets HTTP/1.1\r\n",
    b"POST /v1/packets HTTP/1.0\r\n",
    b"POST /v1/packets HTTP/0.9\r\n",
    b"POST /v1/packets HTTP/2.0\r\n",
    b"POST /v1/packets HTTP/1.2\r\n",
    b"POST /v1/packets\r\n",
    b"POST  /v1/packets HTTP/1.1\r\n",
    b"POST /v1/packets  HTTP/1.1\r\n",
    b"POST /v1/packets HTTP/1.1 \r\n",
    b"POST /v1/packets HTTP/1.1\n",
    b"POST\t/v1/packets HTTP/1.1\r\n",
    b"post /v1/packets HTTP/1.1\r\n",
    b"POST /v1/p\xe9 HTTP/1.1\r\n",
    b"\r\nPOST /v1/packets HTTP/1.1\r\n",
    b"\r\n\r\n\nPOST /v1/packets HTTP/1.1\r\n",
    b" POST /v1/packets HTTP/1.1\r\n",
]

names = st.sampled_from(["a", "b", "c", "d", "\u00e9" * 128, "x" * 129])
packets = st.one_of(
    names.map(packet),
    names.map(lambda name: json.dumps(json.loads(packet(name)), indent=1).encode()),
    names.map(lambda name: packet(name, extra=[{"\u20ac": None}, 1e300])),
    names.map(lambda name: packet(name, timestamp="today")),
    names.map(lambda name: packet(name, messages=[{"level": 1}])),
    st.sampled_from([b"", b"{", b"{}", b"[]", b"null", b"[1]", b"\xff", b'"\\ud800"', b'{"id":"a"} {}', b" \r\n\t"]),
)
bodies = st.one_of(
    packets,
    st.lists(packets, max_size=3).map(lambda some: b"[" + b", ".join(some) + b"]"),
    st.lists(packets, max_size=4).map(b"\n".join),
    st.lists(packets, max_size=4).map(b"\r\n".join),
    packets.map(lambda body: b" \n" + body),
)


@st.composite
def plain_requests(draw: st.DrawFn) -> bytes:
    """What well-behaved senders send."""
    start = draw(st.sampled_from([POST_ONE, POST_MANY]))
    lines = draw(st.lists(st.sampled_from([NDJSON, LINES["json"], LINES["traceparent"]]), max_size=2, unique=True))
    return request(draw(bodies), *lines, start=start)


@st.composite
def chunked_requests(draw: st.DrawFn) -> bytes:
    body, size = draw(bodies), draw(st.integers(1, 400))
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    end = draw(st.sampled_from([b"0\r\n\r\n", b"0;x=y\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"", b"zz\r\n", b"0\r\n"]))
    return POST_MANY + LINES["chunked"] + b"\r\n" + chunks + end


@st.composite
def odd_requests(draw: st.DrawFn) -> bytes:
    """Any start, any lines, and usually a true length."""
    start = draw(st.one_of(st.sampled_from([POST_ONE, POST_MANY]), st.sampled_from(STARTS)))
    lines = draw(st.lists(st.sampled_from(list(LINES.values())), max_size=3))
    body = draw(bodies)
    if draw(st.integers(0, 4)):
        lines.append(b"%b: %d\r\n" % (draw(st.sampled_from([b"Content-Length", b"CONTENT-LENGTH"])), len(body)))
    return start + b"".join(draw(st.permutations(lines))) + b"\r\n" + body


@st.composite
def mutated(draw: st.DrawFn, stream: bytes) -> bytes:
    """The stream with one byte removed, added or replaced."""
    at = draw(st.integers(0, len(stream) - 1))
    byte = draw(st.sampled_from([b"", b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b",", b"5", b"{", b"\xff"]))
    return stream[:at] + byte + stream[at + draw(st.integers(0, 1)) :]


requests = st.one_of(plain_requests(), odd_requests(), chunked_requests())
streams = st.lists(requests, min_size=1, max_size=3).map(b"".join)
any_streams = st.one_of(streams, streams.flatmap(mutated))
places = st.lists(st.integers(1, 1200), max_size=5)
