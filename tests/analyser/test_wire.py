"""The analyser's end of the wire contract: the golden files, and what becomes of packets that are wrong."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_analyser.errors import InvalidPacket
from logdist_analyser.wire import BatchAnswer, decode_batch, decode_packet, encode

GOLDEN = Path(__file__).parent.parent / "contract" / "golden"

GOOD = b'{"id":"g","timestamp":1,"messages":[{"level":"INFO","message":"m"}]}'
LINES = st.one_of(
    st.just(GOOD),
    st.sampled_from([b"", b"  ", b"\r", b"{", b"[]", b"nonsense", b"\xff", b'{"id":"\xff"}', b"{}{}"]),
    st.builds(
        lambda packet: json.dumps(packet).encode(),
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.one_of(st.text(max_size=3), st.integers(), st.just("x" * 129)),
                "timestamp": st.one_of(st.integers(), st.floats(allow_nan=False), st.none()),
                "messages": st.one_of(
                    st.lists(
                        st.fixed_dictionaries({"level": st.text(), "message": st.text()}, optional={"x": st.none()})
                    ),
                    st.just([{"level": 1}]),
                    st.just({}),
                ),
                "other": st.integers(),
            },
        ),
    ),
)


def test_the_golden_packet_is_accepted() -> None:
    packet = decode_packet((GOLDEN / "packet.json").read_bytes())
    assert (packet.id, packet.timestamp) == ("a1", 1700000000000)
    assert [(m.level, m.message) for m in packet.messages] == [("INFO", "user logged in"), ("ERROR", "payment failed")]


def test_the_golden_batch_is_accepted_whole() -> None:
    packets, rejected = decode_batch((GOLDEN / "packets.ndjson").read_bytes())
    assert [packet.id for packet in packets] == ["a1", "a2"]
    assert rejected == []


def test_a_rejected_packet_is_answered_like_the_golden_file() -> None:
    first, second = (GOLDEN / "packets.ndjson").read_bytes().splitlines()
    packets, rejected = decode_batch(first + b"\n" + second.replace(b'"WARN"', b"5"))
    assert [packet.id for packet in packets] == ["a1"]
    assert json.loads(encode(BatchAnswer(rejected))) == json.loads((GOLDEN / "packets_rejected.json").read_bytes())


def test_a_packet_without_a_readable_id_is_named_by_its_line() -> None:
    _, rejected = decode_batch(GOOD + b'\n\n{"id":5}\n')
    answer = json.loads(encode(BatchAnswer(rejected)))
    assert answer == {"rejected": [{"id": None, "error": "id: expected `str`, got `int`", "line": 3}]}


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        (b'{"id":"a","timestamp":1}', "messages", "messages: is missing"),
        (
            b'{"id":"a","timestamp":1,"messages":[{"level":"x"}]}',
            "messages[0].message",
            "messages[0].message: is missing",
        ),
        (b'{"id":"","timestamp":1,"messages":[]}', "id", "id: expected `str` of length >= 1"),
        (b'{"id":"' + b"x" * 129 + b'","timestamp":1,"messages":[]}', "id", "id: expected `str` of length <= 128"),
        (b'{"id":"a","timestamp":1.5,"messages":[]}', "timestamp", "timestamp: expected `int`, got `float`"),
        (b"[]", "", "expected `object`, got `array`"),
    ],
)
def test_an_error_names_the_field(body: bytes, field: str, text: str) -> None:
    with pytest.raises(InvalidPacket) as caught:
        decode_packet(body)
    assert (caught.value.field, str(caught.value)) == (field, text)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"id":"\xff"}', b'{"x":' + b"[" * 100_000, b'{"id":"\\ud800"}'])
def test_bytes_that_are_not_json_are_refused_and_nothing_else_happens(body: bytes) -> None:
    with pytest.raises(InvalidPacket):
        decode_packet(body)


def test_a_body_without_a_packet_is_refused() -> None:
    with pytest.raises(InvalidPacket):
        decode_batch(b"\n \n")


@given(st.lists(LINES, min_size=1))
def test_every_line_of_a_batch_is_either_accepted_or_rejected(lines: list[bytes]) -> None:
    alone = [_alone(line) for line in lines if line.strip()]
    if not alone:
        return
    try:
        packets, rejected = decode_batch(b"\n".join(lines))
    except InvalidPacket:
        pytest.fail("a batch with a line is never refused as a whole")
    assert packets == [packet for packet in alone if packet is not None]
    assert len(rejected) == alone.count(None)


def _alone(line: bytes) -> msgspec.Struct | None:
    try:
        return decode_packet(line)
    except InvalidPacket:
        return None
