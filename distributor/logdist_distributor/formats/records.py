"""Records of any shape as packets: what level, text and time they have, and the record itself, byte for byte."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec

from logdist_distributor.errors import TooManyMessages
from logdist_distributor.formats.levels import UNSPECIFIED
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.stored import Stored, content_id
from logdist_distributor.formats.times import unix_nano
from logdist_distributor.wire import on_one_line

PACKET_MESSAGES_MAX: Final = 1_000
PACKET_BYTES_MAX: Final = 1 << 20  # about: an analyser that finds a packet too large cannot ask for half of it
REQUEST_MESSAGES_MAX: Final = 200_000  # of 80 bytes or more each, as many as a body may hold
NS_PER_MS: Final = 1_000_000
_encode = msgspec.json.Encoder().encode


class Keys(msgspec.Struct, frozen=True):
    """Where a record holds what a message needs: the first of these keys that it has. A dot leads into an object."""

    level: tuple[str, ...] = ("level", "severity", "log.level", "severity_text", "loglevel", "levelname", "pri_text")
    message: tuple[str, ...] = ("message", "msg", "log", "MESSAGE", "body", "event", "text", "line")
    time: tuple[str, ...] = ("timestamp", "@timestamp", "time", "ts", "date", "datetime")


class _Time(msgspec.Struct, rename="camel"):
    time_unix_nano: str = ""


class Arrival(msgspec.Struct, frozen=True):
    """When a request came, and a number that no other request of any distributor has."""

    now_ns: int
    nonce: bytes


_decode_time = msgspec.json.Decoder(_Time).decode


def message_of(record: dict[str, Any], raw: bytes, keys: Keys) -> Message:
    """The message of one record, which stands in `raw`. A record without a text is its own."""
    text = find(record, keys.message)
    time_ns = unix_nano(find(record, keys.time))
    return Message(
        level=text_of(find(record, keys.level)) or UNSPECIFIED,
        message=raw.decode() if text is None else text_of(text),
        time_unix_nano=str(time_ns or ""),
        record=msgspec.Raw(raw),
    )


def gather(messages: Iterable[Message]) -> list[Message]:
    """All of them, if they are not too many: an empty record of two bytes takes hundreds here.

    Raises TooManyMessages.
    """
    taken = list(islice(messages, REQUEST_MESSAGES_MAX + 1))
    if len(taken) > REQUEST_MESSAGES_MAX:
        raise TooManyMessages(f"{REQUEST_MESSAGES_MAX} messages")
    return taken


def pack(messages: list[Message], arrival: Arrival, *, are_known: bool) -> list[Stored]:
    """These messages in packets of a size that every analyser can take.

    `are_known` says that each message can be told from every other by its content: an id of the sender's, or its time
    in nanoseconds. Then the same request sent again is a repeat. Otherwise it might be news that reads the same, and
    nothing may be lost, so it is another packet.
    """
    return [_packet(part, arrival, index, are_known) for index, part in enumerate(_parts(messages))]


def _packet(part: list[bytes], arrival: Arrival, index: int, are_known: bool) -> Stored:
    content = b",".join(part)
    packet_id = content_id(content) if are_known else content_id(content, arrival.nonce, index.to_bytes(4, "big"))
    first_ns = int(_decode_time(part[0]).time_unix_nano or arrival.now_ns)
    body = b'{"id":"%b","timestamp":%d,"messages":[%b]}' % (packet_id.encode(), first_ns // NS_PER_MS, content)
    return Stored(packet_id, on_one_line(body) if b"\n" in body else body, len(part))


def _parts(messages: list[Message]) -> Iterator[list[bytes]]:
    """Encoded messages, as many together as one packet takes."""
    part: list[bytes] = []
    size = 0
    for message in messages:
        encoded = _encode(message)
        if part and (size + len(encoded) > PACKET_BYTES_MAX or len(part) >= PACKET_MESSAGES_MAX):
            yield part
            part, size = [], 0
        part.append(encoded)
        size += len(encoded)
    if part:
        yield part


def find(record: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """What stands under the first of these keys that there is."""
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


def text_of(value: Any) -> str:
    """A text is itself, all else its JSON; nothing is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _encode(value).decode()
