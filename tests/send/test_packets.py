"""Packing loses no line, keeps the order, and never makes a packet too large; ids are never used twice."""

import json
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.send.lines import text_of
from logdist_loadtest.send.packets import PACKET_BYTES_MAX, Packer, Packet, build_id_source, build_packet

BIG = st.sampled_from([1, PACKET_BYTES_MAX // 2, PACKET_BYTES_MAX]).map(lambda size: b"x" * size)
LINES = st.lists(st.one_of(st.binary(), BIG), max_size=8)


def pack(lines: list[bytes], lines_max: int) -> list[Packet]:
    numbers = count(1)
    packer = Packer(lines_max, lambda: f"id-{next(numbers)}")
    packets = [packet for line in lines if (packet := packer.add(line, now_s=1)) is not None]
    last = packer.close(now_s=1)
    assert packer.is_empty
    return packets + ([last] if last else [])


@given(LINES, st.integers(1, 7))
def test_every_line_is_in_one_packet_in_order(lines: list[bytes], lines_max: int) -> None:
    packets = pack(lines, lines_max)
    bodies = [json.loads(packet.body) for packet in packets]
    sent = [message["message"] for body in bodies for message in body["messages"]]
    assert sent == [text_of(line) for line in lines]
    assert [body["id"] for body in bodies] == [packet.id for packet in packets]
    for packet, body in zip(packets, bodies, strict=True):
        assert packet.messages == len(body["messages"]) <= lines_max
        assert packet.messages == 1 or sum(len(m["message"]) for m in body["messages"]) <= PACKET_BYTES_MAX


def test_the_timestamp_is_that_of_the_first_line_that_has_one() -> None:
    lines = ["no time", '{"time":1700000000123}', '{"time":1600000000000}']
    assert json.loads(build_packet("a", lines, now_s=5).body)["timestamp"] == 1700000000123
    assert json.loads(build_packet("a", ["no time"], now_s=5.25).body)["timestamp"] == 5250


def test_ids_differ_within_and_across_runs_and_fit() -> None:
    ids = [new_id() for new_id in (build_id_source(1.7e9), build_id_source(1.7e9)) for _ in range(1_000)]
    assert len(set(ids)) == 2_000
    assert max(map(len, ids)) <= 128
    assert ids[:1_000] == sorted(ids[:1_000])
