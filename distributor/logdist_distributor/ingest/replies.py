"""The answers senders get, in bytes for the fast lane and as responses for the routes: always the same ones."""

from collections import Counter
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from logdist_distributor import errors
from logdist_distributor.errors import LogdistError
from logdist_distributor.tokens import CHALLENGE

JSON: Final = "application/json"
REFUSALS: Final = (
    errors.BodyTooLarge,
    errors.HeadTooLarge,
    errors.InvalidBulk,
    errors.InvalidEvent,
    errors.InvalidPacket,
    errors.MalformedBody,
    errors.MalformedRequest,
    errors.NoSuchApi,
    errors.ReceivingTooMuch,
    errors.SpoolBehind,
    errors.SpoolFailed,
    errors.SpoolFull,
    errors.TooManyConnections,
    errors.TooManyMessages,
    errors.Unauthorized,
    errors.UnsupportedMediaType,
)


def accepted_body(packets: int) -> bytes:
    """All packets of the request are safe."""
    return b'{"accepted":%d}' % packets


def accepted(packets: int) -> Response:
    return Response(accepted_body(packets), HTTPStatus.ACCEPTED, media_type=JSON)


def refusal(error: LogdistError) -> Response:
    """What is wrong, and where."""
    return Response(msgspec.json.encode(error.detail()), error.http_status, media_type=JSON)


class Refusals:
    """Answers to requests that are not taken, and how many there were for each reason, those with none included."""

    def __init__(self) -> None:
        self.totals = Counter({kind.__name__: 0 for kind in REFUSALS})

    def answer(self, error: LogdistError) -> Response:
        """What is wrong, where, and when to try again."""
        return self.finish(refusal(error), error)

    def finish(self, response: Response, error: LogdistError) -> Response:
        """Count a refusal, whatever language its body speaks, and say in its headers what every client reads there."""
        self.totals[error.reason] += 1
        if error.retry_after_s is not None:
            response.headers["retry-after"] = str(error.retry_after_s)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response.headers["www-authenticate"] = CHALLENGE
        return response


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
