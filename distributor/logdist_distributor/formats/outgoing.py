"""The body of a request to an analyser, in the protocol it speaks, from packets in either form."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from logdist_distributor.errors import Unconvertible
from logdist_distributor.formats import otlp
from logdist_distributor.formats.otlp_from_packet import request_of
from logdist_distributor.formats.packets_from_otlp import messages_of, packet_of
from logdist_distributor.formats.stored import content_id, is_otlp

Protocol = Literal["packets", "packet", "otlp", "ndjson"]

NDJSON: Final = "application/x-ndjson"
CONTENT_TYPES: Final[dict[Protocol, str]] = {
    "packets": NDJSON,
    "packet": "application/json",
    "otlp": "application/x-protobuf",
    "ndjson": NDJSON,
}


class _Message(msgspec.Struct):
    """What is asked of a message to write its record."""

    record: msgspec.Raw = msgspec.Raw()
    timestamp: msgspec.Raw = msgspec.Raw()


class _Records(msgspec.Struct):
    timestamp: int
    messages: list[msgspec.Raw]


_encode = msgspec.json.Encoder().encode
_decode_records = msgspec.json.Decoder(_Records).decode
_decode_message = msgspec.json.Decoder(_Message).decode


def body_for(protocol: Protocol, bodies: list[bytes]) -> bytes:
    """One request's body for these packets, in order.

    Raises Unconvertible when one of them cannot be said in this protocol: unknown fields of a packet are taken unread.
    """
    try:
        return BODIES[protocol](bodies)
    except (ValueError, RecursionError) as error:  # msgspec's and UTF-8's errors are ValueErrors
        raise Unconvertible(protocol, error) from error


def as_packet(body: bytes) -> bytes:
    """The JSON packet, on one line, whatever form it is kept in."""
    return packet_of(content_id(body), otlp.parse(body)) if is_otlp(body) else body


def as_otlp(body: bytes) -> bytes:
    """The encoded OTLP request, whatever form it is kept in. Several may be joined."""
    return body if is_otlp(body) else request_of(body)


def as_records(body: bytes) -> bytes:
    """The original records, one a line; where there is none, the message, with its packet's time."""
    if is_otlp(body):
        return b"".join(_encode(message) + b"\n" for message in messages_of(otlp.parse(body)))
    packet = _decode_records(body)
    return b"".join([_as_record(bytes(message), packet.timestamp) + b"\n" for message in packet.messages])


def _as_record(message: bytes, timestamp_ms: int) -> bytes:
    known = _decode_message(message)
    record = bytes(known.record)
    if record.startswith(b"{"):
        return record
    return message if bytes(known.timestamp) else b'{"timestamp":%d,%b' % (timestamp_ms, message.lstrip()[1:])


def _packets(bodies: list[bytes]) -> bytes:
    lines = [body if body[:1] == b"{" else as_packet(body) for body in bodies]  # a call for each would cost as much
    lines.append(b"")  # every line ends
    return b"\n".join(lines)


BODIES: Final[dict[Protocol, Callable[[list[bytes]], bytes]]] = {
    "packets": _packets,
    "packet": lambda bodies: as_packet(bodies[0]),
    "otlp": lambda bodies: b"".join([as_otlp(body) for body in bodies]),
    "ndjson": lambda bodies: b"".join([as_records(body) for body in bodies]),
}
