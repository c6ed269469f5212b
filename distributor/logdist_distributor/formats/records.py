"""Records of any shape as packets: what level, text and time they have, and the record itself, byte for byte."""

from typing import Any, Final

import msgspec

from logdist_distributor.formats.levels import UNSPECIFIED
from logdist_distributor.formats.messages import Message, Packet
from logdist_distributor.formats.stored import Stored, content_id
from logdist_distributor.formats.times import unix_nano
from logdist_distributor.wire import on_one_line

PACKET_MESSAGES_MAX: Final = 1_000
PACKET_BYTES_MAX: Final = 1 << 20  # about: an analyser that finds a packet too large cannot ask for half of it
NS_PER_MS: Final = 1_000_000
_encode = msgspec.json.Encoder().encode


class Keys(msgspec.Struct, frozen=True):
    """Where a record holds what a message needs: the first of these keys that it has. A dot leads into an object."""

    level: tuple[str, ...] = ("level", "severity", "log.level", "severity_text", "loglevel", "levelname", "pri_text")
    message: tuple[str, ...] = ("message", "msg", "log", "MESSAGE", "body", "event", "text", "line")
    time: tuple[str, ...] = ("timestamp", "@timestamp", "time", "ts", "date", "datetime")


class Arrival(msgspec.Struct, frozen=True):
    """When a request came, and a number that no other request of any distributor has."""

    now_ns: int
    nonce: bytes


def message_of(record: dict[str, Any], raw: bytes, keys: Keys) -> Message:
    """The message of one record, which stands in `raw`. A record without a text is its own."""
    text = _find(record, keys.message)
    time_ns = unix_nano(_find(record, keys.time))
    return Message(
        level=_text_of(_find(record, keys.level)) or UNSPECIFIED,
        message=raw.decode() if text is None else _text_of(text),
        time_unix_nano=str(time_ns or ""),
        record=msgspec.Raw(raw),
    )


def pack(messages: list[Message], arrival: Arrival, *, are_known: bool) -> list[Stored]:
    """These messages in packets of a size that every analyser can take.

    `are_known` says that each message can be told from every other by its content: an id of the sender's, or its time
    in nanoseconds. Then the same request sent again is a repeat. Otherwise it might be news that reads the same, and
    nothing may be lost, so it is another packet.
    """
    return [_packet(part, arrival, index, are_known) for index, part in enumerate(_parts(messages))]


def _packet(messages: list[Message], arrival: Arrival, index: int, are_known: bool) -> Stored:
    content = _encode(messages)
    packet_id = content_id(content) if are_known else content_id(content, arrival.nonce, index.to_bytes(4, "big"))
    first_ns = int(messages[0].time_unix_nano or arrival.now_ns)
    body = _encode(Packet(packet_id, first_ns // NS_PER_MS, messages))
    return Stored(packet_id, on_one_line(body) if b"\n" in body else body, len(messages))


def _parts(messages: list[Message]) -> list[list[Message]]:
    parts: list[list[Message]] = []
    size = PACKET_BYTES_MAX
    for message in messages:
        if size >= PACKET_BYTES_MAX or len(parts[-1]) >= PACKET_MESSAGES_MAX:
            parts.append([])
            size = 0
        parts[-1].append(message)
        size += len(message.message) + (len(bytes(message.record)) if message.record is not msgspec.UNSET else 0)
    return parts


def _find(record: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = record[key] if key in record else _descend(record, key)
        if value is not None:
            return value
    return None


def _descend(record: dict[str, Any], path: str) -> Any:
    """`log.level` is also {"log": {"level": ...}}."""
    value: Any = record
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else _encode(value).decode()
