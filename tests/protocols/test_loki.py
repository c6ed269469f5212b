"""Loki's push API: what is read, what is kept, and what a client is told."""

import json
from contextlib import suppress
from typing import Any

import cramjam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocols_site import ProtocolSite

from logdist_distributor.errors import MalformedBody, TooManyMessages
from logdist_distributor.formats import loki
from logdist_distributor.formats.loki_protobuf import PushRequest
from logdist_distributor.formats.records import PACKET_BYTES_MAX, Arrival, pack
from logdist_distributor.formats.stored import read_stored

PUSH = "/loki/api/v1/push"
PROTOBUF = "application/x-protobuf"
NOW = Arrival(1_700_000_000_000_000_000, b"nonce")
texts = st.text(st.characters(exclude_categories=["Cs"]))
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True)
labels = st.dictionaries(names, texts, max_size=4)
lines = st.tuples(st.integers(1, loki.TIME_NS_MAX), texts, labels)
streams = st.lists(st.tuples(labels, st.lists(lines, max_size=5)), max_size=4)
Streams = list[tuple[dict[str, str], list[tuple[int, str, dict[str, str]]]]]


def as_json(pushed: Streams) -> bytes:
    shown = [{"stream": ours, "values": [[str(at), line, more] for at, line, more in held]} for ours, held in pushed]
    return json.dumps({"streams": shown}).encode()


def as_protobuf(pushed: Streams) -> bytes:
    request = PushRequest()
    for ours, held in pushed:
        inner = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in ours.items())
        stream = request.streams.add(labels=f"{{{inner}}}")
        for at, line, more in held:
            time = {"seconds": at // 10**9, "nanos": at % 10**9}
            entry = stream.entries.add(timestamp=time, line=line.encode())
            for name, value in more.items():
                entry.metadata.add(name=name, value=value)
    return request.SerializeToString()


def snappy(body: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(body))


@given(streams)
def test_both_encodings_say_the_same_and_nothing_of_it_is_dropped(pushed: Streams) -> None:
    messages = loki.read_json(as_json(pushed))
    assert loki.read_protobuf(as_protobuf(pushed)) == messages
    kept = [(one.resource, int(one.time_unix_nano), one.message, one.attributes) for one in messages]
    assert kept == [(ours, at, line, more) for ours, held in pushed for at, line, more in held]


@pytest.mark.parametrize(
    ("ours", "metadata", "level"),
    [
        ({}, {}, "unspecified"),
        ({"level": "warn"}, {}, "warn"),
        ({"level": "warn"}, {"detected_level": "error"}, "error"),
        ({"severity": "INFO"}, {"trace_id": "1"}, "INFO"),
        ({"level": ""}, {"level": ""}, "unspecified"),
        ({"level": 30}, {}, "30"),
    ],
)
def test_the_level_is_the_lines_own_or_its_streams(ours: Any, metadata: Any, level: str) -> None:
    body = json.dumps({"streams": [{"stream": ours, "values": [["1", "a line", metadata]]}]}).encode()
    assert loki.read_json(body)[0].level == level


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{}", {}),
        ('{app="web"}', {"app": "web"}),
        (' { app = "web" , level="in\\"fo\\n\\t\\\\", } ', {"app": "web", "level": 'in"fo\n\t\\'}),
        ('{"dotted.name"="v", raw=`a\\n`}', {"dotted.name": "v", "raw": "a\\n"}),
        ('{a="\\x41\\u00e9\\U0001F600\\101", b="},{\\"x=\\""}', {"a": "Aé😀A", "b": '},{"x="'}),
    ],
)
def test_labels_are_read_as_prometheus_writes_them(text: str, read: dict[str, str]) -> None:
    assert loki.labels_of(text) == read


@pytest.mark.parametrize("text", ["", "{", 'a="b"', "{a}", "{a=b}", '{a="b" c="d"}', '{a="b', '{a="\\ud800"}', "{,}"])
def test_labels_that_are_none_are_told(text: str) -> None:
    with pytest.raises(MalformedBody, match="couldn't parse labels"):
        loki.labels_of(text)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (loki.read_json, loki.read_protobuf):
        with suppress(MalformedBody):
            read(body)


@given(texts)
def test_any_labels_are_read_or_refused(text: str) -> None:
    with suppress(MalformedBody):
        loki.labels_of(f"{{{text}}}")


def test_a_line_that_is_no_text_is_kept_readable() -> None:
    request = PushRequest()
    request.streams.add(labels="{}").entries.add(line=b"\xff\x00 caf\xc3\xa9")
    [message] = loki.read_protobuf(request.SerializeToString())
    assert message.message == "\\xff\x00 café"


def test_a_request_sent_again_is_the_same_packets() -> None:
    body = as_json([({"app": "web"}, [(number, "the same line", {}) for number in range(1, 2_500)])])
    first, again = (pack(loki.read_json(body), Arrival(1, nonce), are_known=True) for nonce in (b"1", b"2"))
    assert first == again
    assert [packet.messages for packet in first] == [1_000, 1_000, 499]
    assert [read_stored(packet.body) for packet in first] == first


def test_labels_that_would_grow_beyond_all_measure_are_refused() -> None:
    held = [(number, "", {}) for number in range(1, 20_000)]
    with pytest.raises(TooManyMessages, match="labels"):
        loki.read_json(as_json([({"app": "x" * 10_000}, held)]))
    with pytest.raises(TooManyMessages, match="200000 messages"):
        loki.read_json(as_json([({}, [(1, "", {})] * 200_001)]))
    large = loki.read_json(as_json([({"app": "x" * 10_000}, held[:1_000])]))
    assert all(len(packet.body) < PACKET_BYTES_MAX + 1_000 for packet in pack(large, NOW, are_known=True))


GOOD: Streams = [({"app": "web", "level": "info"}, [(1_700_000_000_000_000_000, "hello", {})])]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (as_json(GOOD), {"content_type": "application/json"}),
        (as_json(GOOD), {"content_type": "application/json; charset=utf-8"}),
        (bytes(cramjam.gzip.compress(as_json(GOOD))), {"content_type": "application/json", "content_encoding": "gzip"}),
        (snappy(as_protobuf(GOOD)), {"content_type": PROTOBUF}),
        (snappy(as_protobuf(GOOD)), {"content_type": PROTOBUF, "content_encoding": "snappy"}),
        (snappy(as_protobuf(GOOD)), {"content_type": ""}),
        (bytes(cramjam.gzip.compress(snappy(as_protobuf(GOOD)))), {"content_type": "", "content_encoding": "gzip"}),
        (b'{"streams": []}', {"content_type": "application/json"}),
    ],
)
def test_every_way_to_push_is_answered_with_204(served: ProtocolSite, body: bytes, headers: dict[str, str]) -> None:
    answer = served.post(PUSH, body, **headers)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b"", PROTOBUF, "no body"),
        (as_protobuf(GOOD), PROTOBUF, "snappy"),
        (snappy(b"\x0a\xff"), PROTOBUF, "no push request"),
        (as_json(GOOD), PROTOBUF, "snappy"),
        (b"[]", "application/json", "no push request"),
        (b'{"streams": [{"values": [["soon", "a line"]]}]}', "application/json", "in digits"),
        (b'{"streams": [{"values": [["99999999999999999999", "a line"]]}]}', "application/json", "in digits"),
        (b'{"streams": [{"values": [["9999999999999999999", "a line"]]}]}', "application/json", "nanoseconds, not"),
        (b'{"streams": [{"values": [["1"]]}]}', "application/json", "length"),
        (b'{"streams": [{"values": [["1", 2]]}]}', "application/json", "Expected `str`"),
    ],
)
def test_what_is_no_push_request_is_told_in_text(
    served: ProtocolSite, body: bytes, content_type: str, told: str
) -> None:
    answer = served.post(PUSH, body, content_type)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert told in answer.text
    assert answer.text.endswith("\n")
