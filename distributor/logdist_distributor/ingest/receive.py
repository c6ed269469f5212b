"""What every route of senders does: read the body, hand the packets over, wait until they are safe."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from logdist_distributor.core.packet import Packet
from logdist_distributor.errors import BodyTooLarge, LogdistError, ReceivingTooMuch
from logdist_distributor.formats.compression import decompress
from logdist_distributor.ingest.intake import BODY_BYTES_MAX, Intake


class Sender:
    """A request of the reference route waiting for its packets to be safe."""

    def __init__(self) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        if not self.answered.done():
            self.answered.set_result(None)

    def refuse(self, error: LogdistError) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)


async def intake_of(request: Request) -> Intake:
    intake: Intake = request.app.state.intake
    return intake


IntakeDep = Annotated[Intake, Depends(intake_of)]


class DialectRoute(APIRoute):
    """A route whose refusals are written as its clients' own server writes them: see `say`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except LogdistError as error:
                return finish(await intake_of(request), self.say(request, error), error)

        return answer

    def say(self, request: Request, error: LogdistError) -> Response:
        """The status and body for a request that is not taken."""
        raise NotImplementedError


def finish(intake: Intake, refusal: Response, error: LogdistError) -> Response:
    """Count a refusal and give it the headers that every client reads."""
    intake.refusals.finish(refusal, error)
    if isinstance(error, BodyTooLarge | ReceivingTooMuch):
        refusal.headers["connection"] = "close"  # the rest of the body is not read
    return refusal


async def hand_over(intake: Intake, packets: list[Packet]) -> None:
    """Returns once all of them are safe. Raises as Admission.accept, and SpoolFailed."""
    if packets:
        sender = Sender()
        intake.take(packets, sender)
        await sender.answered


def media_type_of(request: Request) -> str:
    """Its Content-Type without parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, intake: Intake) -> bytes:
    """The whole body, as it was before it was compressed.

    Raises BodyTooLarge as soon as that is known, ReceivingTooMuch, UnsupportedMediaType or MalformedBody.
    """
    body = await _read_raw(request, intake)
    return decompress(body, request.headers.get("content-encoding", ""), limit_bytes=BODY_BYTES_MAX)


async def _read_raw(request: Request, intake: Intake) -> bytes:
    if int(request.headers.get("content-length", 0)) > BODY_BYTES_MAX:
        raise BodyTooLarge(limit_bytes=BODY_BYTES_MAX)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            intake.reserve(len(chunk))
            size += len(chunk)
            if size > BODY_BYTES_MAX:
                raise BodyTooLarge(limit_bytes=BODY_BYTES_MAX)
            chunks.append(chunk)
    finally:
        intake.free(size)
    return b"".join(chunks)
