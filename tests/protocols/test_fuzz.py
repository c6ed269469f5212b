"""Whatever bytes come are read or refused, and what was read can be kept, and sent on in any protocol."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cramjam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from protocols_site import ProtocolSite

from logdist_distributor.errors import LogdistError, Unconvertible
from logdist_distributor.formats import bulk, hec, loki, otlp, sinks
from logdist_distributor.formats.compression import READERS, decompress
from logdist_distributor.formats.loki_protobuf import PushRequest
from logdist_distributor.formats.outgoing import BODIES, body_for
from logdist_distributor.formats.records import Arrival, Keys, pack
from logdist_distributor.formats.stored import Stored, content_id, read_stored

CORPUS: Final = Path(__file__).parent / "corpus"
NOW: Final = Arrival(1_700_000_000_000_000_000, b"nonce")
LIMIT_BYTES: Final = 1 << 20


def packed(messages: list[Any]) -> list[Stored]:
    return pack(messages, NOW, are_known=False)


def otlp_packets(request: ExportLogsServiceRequest, body: bytes | None) -> list[Stored]:
    return [Stored(content_id(one), one, records) for one, records in otlp.packets(request, body, now_ns=NOW.now_ns)]


DECODERS: Final[dict[str, Callable[[bytes], list[Stored]]]] = {
    "loki-json": lambda body: packed(loki.read_json(body)),
    "loki-protobuf": lambda body: packed(loki.read_protobuf(body)),
    "hec-event": lambda body: packed(hec.read_events(body)),
    "hec-raw": lambda body: packed(hec.read_lines(body, {"host": "h"})),
    "bulk": lambda body: packed(bulk.read(body, "logs", b"nonce").messages),
    "ingest": lambda body: packed(sinks.read(body, Keys())),
    "otlp-json": lambda body: otlp_packets(otlp.parse_json(body), None),
    "otlp-protobuf": lambda body: otlp_packets(otlp.parse(body), body),
}
ADDRESSES: Final = {
    "loki-json": ("/loki/api/v1/push", "application/json"),
    "loki-protobuf": ("/loki/api/v1/push", "application/x-protobuf"),
    "hec-event": ("/services/collector/event", "application/json"),
    "hec-raw": ("/services/collector/raw", "text/plain"),
    "bulk": ("/logs/_bulk", "application/x-ndjson"),
    "ingest": ("/v1/ingest", "application/json"),
    "otlp-json": ("/v1/logs", "application/json"),
    "otlp-protobuf": ("/v1/logs", "application/x-protobuf"),
}


def seeds() -> dict[str, bytes]:
    """A good body of each kind, from which bad ones are made."""
    record = {"level": "info", "message": "grüße", "time": "2023-11-14T22:13:20.123456789Z", "n": [1, {"a": None}]}
    push = PushRequest()
    entry = push.streams.add(labels='{app="web", level="warn"}').entries.add(line=b"a line")
    entry.timestamp.seconds = 1_700_000_000
    entry.metadata.add(name="trace_id", value="0af7651916cd43dd8448eb211c80319c")
    logs = ExportLogsServiceRequest()
    log = logs.resource_logs.add().scope_logs.add().log_records.add(severity_number=9, trace_id=b"t" * 16)
    log.body.kvlist_value.values.add(key="k").value.array_value.values.add(double_value=0.5)
    in_json = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"},"traceId":"00ff"}]}]}]}'
    text = json.dumps(record).encode()
    return {
        "loki-json": json.dumps({"streams": [{"stream": {"a": "b"}, "values": [["1", "l", {"c": "d"}]]}]}).encode(),
        "loki-protobuf": push.SerializeToString(),
        "hec-event": json.dumps({"event": record, "time": 1.5, "fields": {"a": "b"}}).encode() * 2,
        "hec-raw": b"one line\nanother\r\n",
        "bulk": b'{"create":{"_id":"1"}}\n%b\n{"index":{}}\n%b\n' % (text, text),
        "ingest": text + b"\n" + text,
        "otlp-json": in_json.encode(),
        "otlp-protobuf": logs.SerializeToString(),
    }


SEEDS: Final = seeds()
SPICE: Final = [
    b"\xff",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"[" * 2_000,
    b"-",
    b'"',
    b"\n",
    b"\x00",
    b"9" * 400,
    b"{}",
    b"null",
]
REFUSALS: Final = {400, 413}


def spoilt(seed: bytes, chance: random.Random) -> bytes:
    """The seed with pieces cut out, repeated, put elsewhere and spiced."""
    body = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        start, end = sorted(chance.choices(range(len(body) + 1), k=2))
        end = min(end, start + 12)
        piece = chance.choice([b"", bytes(body[start:end]) * 2, chance.choice(SPICE), chance.randbytes(3)])
        body[start:end] = piece
    return bytes(body)


def check(read: Callable[[bytes], list[Stored]], body: bytes) -> None:
    packets: list[Stored] = []
    status = 400
    try:
        packets = read(body)
    except LogdistError as error:
        status = error.http_status
    assert status in REFUSALS
    for packet in packets:
        assert read_stored(packet.body) == packet
        for protocol in BODIES:
            try:
                assert body_for(protocol, [packet.body])
            except Unconvertible:
                assert protocol == "otlp"  # which a packet of any fields may not fit


@pytest.mark.parametrize("name", DECODERS)
@given(chance=st.randoms(use_true_random=False))
@settings(max_examples=400)
def test_a_spoilt_body_is_read_or_refused(name: str, chance: random.Random) -> None:
    check(DECODERS[name], spoilt(SEEDS[name], chance))


@pytest.mark.parametrize("name", DECODERS)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    check(DECODERS[name], body)


def compressed(body: bytes) -> dict[str, bytes]:
    return {
        "gzip": bytes(cramjam.gzip.compress(body)),
        "x-gzip": bytes(cramjam.gzip.compress(body)),
        "deflate": bytes(cramjam.deflate.compress(body)),
        "zlib": bytes(cramjam.zlib.compress(body)),
        "zstd": bytes(cramjam.zstd.compress(body)),
        "snappy": bytes(cramjam.snappy.compress_raw(body)),
        "x-snappy-framed": bytes(cramjam.snappy.compress(body)),
    }


@pytest.mark.parametrize("encoding", sorted(READERS))
@given(body=st.binary(), chance=st.randoms(use_true_random=False))
def test_a_spoilt_compressed_body_is_read_within_bounds_or_refused(
    encoding: str, body: bytes, chance: random.Random
) -> None:
    packed_body = compressed(body)[encoding]
    assert decompress(packed_body, encoding, limit_bytes=LIMIT_BYTES) == body
    status = 400
    try:
        assert len(decompress(spoilt(packed_body, chance), encoding, limit_bytes=100)) <= 100
    except LogdistError as error:
        status = error.http_status
    assert status in REFUSALS


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "snappy", "x-snappy-framed"])
def test_a_bomb_stays_small(encoding: str) -> None:
    bomb = compressed(b"\0" * (64 << 20))[encoding]
    with pytest.raises(LogdistError, match="larger than 1048576 bytes"):
        decompress(bomb, encoding, limit_bytes=LIMIT_BYTES)


def corpus() -> list[tuple[str, Path]]:
    return [(folder.name, file) for folder in sorted(CORPUS.iterdir()) for file in sorted(folder.iterdir())]


@pytest.mark.parametrize(("name", "file"), corpus(), ids=lambda value: getattr(value, "stem", value))
def test_a_bad_input_of_the_corpus_is_read_or_refused(served: ProtocolSite, name: str, file: Path) -> None:
    """As bytes, and by the process: a folder a kind of body, with inputs that were, or might have been, too much."""
    body = file.read_bytes()
    check(DECODERS[name], body)
    path, content_type = ADDRESSES[name]
    sent = bytes(cramjam.snappy.compress_raw(body)) if name == "loki-protobuf" else body
    answer = served.post(path, sent, content_type)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content


def test_analysers_take_whatever_was_taken(served: ProtocolSite) -> None:
    """After the corpus: nothing that was accepted is refused behind."""
    assert served.distributors[0].until_settled()["dead"] == 0
