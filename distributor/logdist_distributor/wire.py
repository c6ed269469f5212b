"""What a packet looks like from outside. Decoding validates; nothing after it re-checks."""

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from logdist_distributor.errors import InvalidPacket

ID_LENGTH_MAX: Final = 128
MESSAGES_MAX: Final = 10_000  # in one packet
TIMESTAMP_MS_MAX: Final = 1 << 53  # what every JSON reader can hold exactly


class Message(msgspec.Struct, gc=False):
    level: str
    message: str


class Envelope(msgspec.Struct, gc=False):
    """The known fields of a packet. Unknown ones are kept in the bytes and never interpreted."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH_MAX)]
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=TIMESTAMP_MS_MAX)]  # epoch milliseconds
    messages: Annotated[list[Message], msgspec.Meta(max_length=MESSAGES_MAX)]


_decode = msgspec.json.Decoder(Envelope).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_envelope(body: bytes, place: str = "", number: int = 0) -> Envelope:
    """Validate one packet. `place` and `number` say where it stands among others. Raises InvalidPacket."""
    try:
        if not body.isascii():
            body.decode()  # unknown fields are skipped unread, and must be UTF-8 too
        return _decode(body)
    except NOT_JSON as error:
        raise InvalidPacket(str(error), place, number) from error


def read_lines(body: bytes, lines: list[bytes]) -> Iterator[Envelope]:
    """Validate the lines of `body`, each when it is asked for, so that no more than one envelope need live at a time.

    Raises one of NOT_JSON where a line is blank or no packet, without telling which.
    """
    if not body.isascii():
        body.decode()
    return map(_decode, lines)


def split_array(body: bytes) -> list[bytes]:
    """The elements of a JSON array, as the bytes they came in. Raises InvalidPacket."""
    try:
        return [bytes(element) for element in _decode_array(body)]
    except NOT_JSON as error:
        raise InvalidPacket(str(error)) from error


def on_one_line(body: bytes) -> bytes:
    """The same JSON without the line breaks between its tokens, so that it fits an NDJSON batch."""
    return msgspec.json.format(body, indent=-1)
