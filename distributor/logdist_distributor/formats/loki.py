"""Loki's push requests: streams of lines, each stream with labels, each line with its time and structured metadata.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from google.protobuf.message import DecodeError

from logdist_distributor.errors import MalformedBody, TooManyMessages
from logdist_distributor.formats.levels import UNSPECIFIED
from logdist_distributor.formats.loki_protobuf import PushRequest
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import gather, text_of
from logdist_distributor.formats.times import NS_PER_S

LEVELS: Final = ("level", "detected_level", "severity", "severity_text")
TIME_NS_MAX: Final = (1 << 63) - 1
QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
LABEL: Final = re.compile(rf"\s*({QUOTED}|[a-zA-Z_:][\w:.]*)\s*=\s*({QUOTED}|`[^`]*`)\s*(,|\Z)", re.DOTALL)
ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
LABEL_BYTES_MAX: Final = 64 << 20  # of one request, counted once a line
CONTROLS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


Line = tuple[int, str, dict[str, Any]]  # its time, itself, its metadata


class _Entry(msgspec.Struct, array_like=True, gc=False):
    """`[time, line]` or `[time, line, metadata]`."""

    time: str | int
    line: str
    metadata: dict[str, Any] = {}


class _Stream(msgspec.Struct):
    stream: dict[str, Any] = {}
    values: list[_Entry] = []


class _Push(msgspec.Struct):
    streams: list[_Stream]


_encode = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder(_Push).decode


def read_json(body: bytes) -> list[Message]:
    """The lines of a request in JSON, in order. Raises MalformedBody and TooManyMessages."""
    try:
        streams = _decode_json(body).streams
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(f"the body is no push request: {error}") from error
    return gather(_messages_of((one.stream, map(_from_json, one.values)) for one in streams))


def read_protobuf(body: bytes) -> list[Message]:
    """The lines of a request in protobuf, after snappy, in order. Raises MalformedBody and TooManyMessages."""
    try:
        streams = PushRequest.FromString(body).streams
    except DecodeError as error:
        raise MalformedBody(f"the body is no push request: {error}") from error
    return gather(_messages_of((labels_of(one.labels), map(_from_protobuf, one.entries)) for one in streams))


def labels_of(text: str) -> dict[str, str]:
    """`{app="web", level="info"}` as Prometheus writes it. Raises MalformedBody."""
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise MalformedBody(f"couldn't parse labels: {text:.200}: they must stand in braces")
    inner = inner[1:-1]
    labels: dict[str, str] = {}
    at, end = 0, len(inner.rstrip())
    while at < end:
        label = LABEL.match(inner, at, end)
        if label is None:
            raise MalformedBody(f'couldn\'t parse labels: {text:.200}: no name="value" at {at + 1}')
        name = label[1]
        labels[_unquoted(name) if name.startswith('"') else name] = _unquoted(label[2])
        at = label.end()
    return labels


def _messages_of(streams: Iterable[tuple[dict[str, Any], Iterable[Line]]]) -> Iterator[Message]:
    """Every message carries its stream's labels, so their size is watched: a small request stays small."""
    copied = 0
    for labels, lines in streams:
        size, level = len(_encode(labels)), _level_of(labels)
        for time_ns, line, metadata in lines:
            copied += size
            if copied > LABEL_BYTES_MAX:
                raise TooManyMessages(f"{LABEL_BYTES_MAX} bytes, once each line has the labels of its stream")
            yield Message(
                level=(_level_of(metadata) if metadata else "") or level or UNSPECIFIED,
                message=line,
                time_unix_nano=str(time_ns or ""),
                attributes=metadata,
                resource=labels,
            )


def _from_json(entry: _Entry) -> Line:
    time = entry.time
    if isinstance(time, str):
        if not (time.isascii() and time.isdigit() and len(time) < 20):
            raise MalformedBody(f"a timestamp must be nanoseconds in digits, not {time!r:.40}")
        time = int(time)
    return _checked(time), entry.line, entry.metadata


def _from_protobuf(entry: Any) -> Line:
    time_ns = _checked(entry.timestamp.seconds * NS_PER_S + entry.timestamp.nanos)
    metadata = {pair.name: pair.value for pair in entry.metadata} if entry.metadata else {}
    return time_ns, entry.line.decode(errors="backslashreplace"), metadata


def _checked(time_ns: int) -> int:
    if not 0 <= time_ns <= TIME_NS_MAX:
        raise MalformedBody(f"a timestamp must be 0 to {TIME_NS_MAX} nanoseconds, not {time_ns}")
    return time_ns


def _level_of(labels: dict[str, Any]) -> str:
    return next((text_of(labels[name]) for name in LEVELS if labels.get(name)), "")


def _unquoted(quoted: str) -> str:
    inner = quoted[1:-1]
    return ESCAPE.sub(_escaped, inner) if quoted[0] == '"' and "\\" in inner else inner


def _escaped(escape: re.Match[str]) -> str:
    """What Go's strconv.Quote writes. Raises MalformedBody for what is no character."""
    code = escape[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
    elif len(code) == 3:
        number = int(code, 8)
    else:
        return CONTROLS.get(code, code)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise MalformedBody(f"couldn't parse labels: \\{code} is no character")
    return chr(number)
