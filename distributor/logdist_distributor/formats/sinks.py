"""Bodies of the HTTP sinks of log agents: one JSON object, an array of them, or one a line, each of any shape."""

from typing import Any

import msgspec

from logdist_distributor.errors import MalformedBody
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import Keys, gather, message_of
from logdist_distributor.wire import NOT_JSON, split_array

_decode = msgspec.json.Decoder().decode


def read(body: bytes, keys: Keys) -> list[Message]:
    """The records of a body, in order. Raises MalformedBody, which names the record that is none, InvalidPacket
    and TooManyMessages.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBody(f"the body is not UTF-8: {error}") from error
    if body.lstrip()[:1] == b"[":
        return gather(read_one(raw, keys, f"element {index}") for index, raw in enumerate(split_array(body)))
    lines = body.split(b"\n")
    try:
        return gather(read_one(line, keys, f"line {number}") for number, line in enumerate(lines, 1) if line.strip())
    except MalformedBody:
        if len(lines) > 1 and _is_json(body):  # one object, on several lines
            return [read_one(body.strip(), keys, "the body")]
        raise


def read_one(raw: bytes, keys: Keys, place: str) -> Message:
    """One record, which is a JSON object. Raises MalformedBody."""
    try:
        record: Any = _decode(raw)
    except NOT_JSON as error:
        raise MalformedBody(f"{place}: {error}") from error
    if not isinstance(record, dict):
        raise MalformedBody(f"{place}: a record must be a JSON object")
    return message_of(record, raw.strip(), keys)


def _is_json(body: bytes) -> bool:
    try:
        _decode(body)
    except NOT_JSON:
        return False
    return True
