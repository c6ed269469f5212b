"""The answers senders get, in bytes for the fast lane and as responses for the routes: always the same ones."""

from collections import Counter
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from logdist_distributor import errors
from logdist_distributor.errors import LogdistError

JSON: Final = "application/json"
REFUSALS: Final = (
    errors.BodyTooLarge,
    errors.HeadTooLarge,
    errors.InvalidPacket,
    errors.MalformedRequest,
    errors.ReceivingTooMuch,
    errors.SpoolBehind,
    errors.SpoolFailed,
    errors.SpoolFull,
    errors.TooManyConnections,
    errors.Unauthorized,
    errors.UnsupportedMediaType,
)


def accepted_body(packets: int) -> bytes:
    """All packets of the request are safe."""
    return b'{"accepted":%d}' % packets


def accepted(packets: int) -> Response:
    return Response(accepted_body(packets), HTTPStatus.ACCEPTED, media_type=JSON)


class Refusals:
    """Answers to requests that are not taken, and how many there were for each reason, those with none included."""

    def __init__(self) -> None:
        self.totals = Counter({kind.__name__: 0 for kind in REFUSALS})

    def answer(self, error: LogdistError) -> Response:
        """What is wrong, where, and when to try again."""
        self.totals[error.reason] += 1
        headers = {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}
        if isinstance(error, errors.Unauthorized):
            headers["www-authenticate"] = "Bearer"
        return Response(msgspec.json.encode(error.detail()), error.http_status, headers, JSON)


def as_bytes(response: Response, *, closes: bool) -> bytes:
    """The response as uvicorn would write it."""
    phrase = HTTPStatus(response.status_code).phrase
    head = [f"HTTP/1.1 {response.status_code} {phrase}".encode()]
    head += [name + b": " + value for name, value in response.raw_headers]
    if closes:
        head.append(b"connection: close")
    return b"\r\n".join(head) + b"\r\n\r\n" + bytes(response.body)


@lru_cache(maxsize=256)
def accepted_bytes(packets: int, closes: bool) -> bytes:
    return as_bytes(accepted(packets), closes=closes)
