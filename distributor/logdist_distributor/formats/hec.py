"""Bodies for Splunk's HTTP Event Collector: events, which are JSON objects one after another, or raw lines.

Source: https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
"""

import json
from enum import IntEnum
from typing import Any, Final

import msgspec

from logdist_distributor.errors import InvalidEvent
from logdist_distributor.formats.levels import UNSPECIFIED
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import Keys, find, gather, message_of, text_of
from logdist_distributor.formats.times import unix_nano

KEYS: Final = Keys()
ORIGIN: Final = ("host", "source", "sourcetype", "index")
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_split = msgspec.json.Decoder(msgspec.Raw).decode_lines  # line breaks between objects may be missing
_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Code(IntEnum):
    """What Splunk calls the outcome of a request."""

    SUCCESS = 0
    TOKEN_REQUIRED = 2
    INVALID_AUTHORIZATION = 3
    INVALID_TOKEN = 4
    NO_DATA = 5
    INVALID_FORMAT = 6
    BUSY = 9
    CHANNEL_MISSING = 10
    INVALID_CHANNEL = 11
    EVENT_REQUIRED = 12
    EVENT_BLANK = 13
    INVALID_FIELDS = 15
    HEALTHY = 17
    UNHEALTHY = 18
    TOO_LARGE = 27


def read_events(body: bytes) -> list[Message]:
    """The events of a body, in order, each kept whole. Raises InvalidEvent and TooManyMessages."""
    if not body.strip():
        raise InvalidEvent("the request holds no event", code=Code.NO_DATA)
    try:
        body.decode()
        raws = _split_array(body) if body.lstrip()[:1] == b"[" else _split(body)
    except NOT_JSON as error:
        raise InvalidEvent(str(error), code=Code.INVALID_FORMAT, number=_good_ones(body)) from error
    return gather(_message_of(bytes(raw), number) for number, raw in enumerate(raws))


def read_lines(body: bytes, origin: dict[str, Any]) -> list[Message]:
    """The lines of a raw body, without the blank ones. Raises InvalidEvent and TooManyMessages."""
    lines = (line.rstrip(b"\r") for line in body.split(b"\n"))
    messages = gather(
        Message(level=UNSPECIFIED, message=line.decode(errors="backslashreplace"), resource=origin)
        for line in lines
        if line.strip()
    )
    if not messages:
        raise InvalidEvent("the request holds no line", code=Code.NO_DATA)
    return messages


def _message_of(raw: bytes, number: int) -> Message:
    """The message of one event, which stands in `raw` with all that is said of it."""
    try:
        envelope = _decode(raw)
    except NOT_JSON as error:
        raise InvalidEvent(str(error), code=Code.INVALID_FORMAT, number=number) from error
    if not isinstance(envelope, dict):
        raise InvalidEvent("an event must be a JSON object", code=Code.INVALID_FORMAT, number=number)
    event, fields = envelope.get("event"), envelope.get("fields")
    if event is None:
        raise InvalidEvent("an event needs `event`", code=Code.EVENT_REQUIRED, number=number)
    if event == "":
        raise InvalidEvent("`event` is empty", code=Code.EVENT_BLANK, number=number)
    if not isinstance(fields, dict | None):
        raise InvalidEvent("`fields` must be a JSON object", code=Code.INVALID_FIELDS, number=number)
    message = message_of(event, _encode(event), KEYS) if isinstance(event, dict) else _message_with(text_of(event))
    if message.level == UNSPECIFIED and fields:
        message.level = text_of(find(fields, KEYS.level)) or UNSPECIFIED
    if time_ns := unix_nano(envelope.get("time")):
        message.time_unix_nano = str(time_ns)
    message.attributes = fields or {}
    message.resource = {name: envelope[name] for name in ORIGIN if envelope.get(name)}
    message.record = msgspec.Raw(raw)
    return message


def _message_with(text: str) -> Message:
    return Message(level=UNSPECIFIED, message=text)


def _good_ones(body: bytes) -> int:
    """How many objects come before what is none."""
    text = body.decode(errors="surrogateescape").lstrip().removeprefix("[")
    end_of, number, at = json.JSONDecoder().raw_decode, 0, 0
    try:
        while at < len(text):
            if text[at] in " \t\r\n,":
                at += 1
                continue
            start, (_, at) = at, end_of(text, at)
            _decode(text[start:at].encode(errors="surrogateescape"))
            number += 1
    except (ValueError, RecursionError):
        pass
    return number
