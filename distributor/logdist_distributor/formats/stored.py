"""What a packet is made of at rest: a JSON packet or an OTLP request, told apart by the first byte.

A JSON packet holds no line break, and an encoded `ExportLogsServiceRequest` begins with the tag of its first field,
which is one. So the bytes in memory and on disk are exactly what a receiver of the same protocol gets.
"""

import hashlib
from typing import Final

import msgspec

from logdist_distributor.formats import otlp
from logdist_distributor.wire import read_envelope

OTLP_START: Final = b"\n"  # field 1, with a length


class Stored(msgspec.Struct, frozen=True, gc=False):
    """One packet as it is kept. `messages` counts log messages, for weights that balance by them."""

    id: str
    body: bytes
    messages: int


def is_otlp(body: bytes) -> bool:
    return body.startswith(OTLP_START)


def content_id(*parts: bytes) -> str:
    """The id of a packet whose sender gave none: the same for the same bytes."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def id_of(body: bytes) -> str:
    """The id of a stored body, without counting what is in it."""
    return content_id(body) if is_otlp(body) else read_envelope(body).id


def read_stored(body: bytes) -> Stored:
    """A body as it comes back from the spool."""
    if is_otlp(body):
        return Stored(content_id(body), body, otlp.count(otlp.parse(body)))
    envelope = read_envelope(body)
    return Stored(envelope.id, body, len(envelope.messages))
