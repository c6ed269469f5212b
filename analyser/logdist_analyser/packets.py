"""Where packets come in: POST /analyse and POST /v1/packets, raw bytes past FastAPI's own (slower) validation."""

import asyncio
import random
import time
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from logdist_analyser.analyser import Analyser
from logdist_analyser.errors import BodyTooLarge, Drilled, UnsupportedEncoding
from logdist_analyser.wire import BatchAnswer, encode

BODY_BYTES_MAX: Final = 16 * 1024 * 1024
ALL_ACCEPTED: Final = encode(BatchAnswer([]))

router: Final = APIRouter(tags=["packets"])

_EXAMPLE: Final = {
    "id": "a1",
    "timestamp": 1700000000000,
    "messages": [{"level": "INFO", "message": "user logged in"}],
}


def _body_of(content_type: str, example: object) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {content_type: {"example": example}}}}


@router.post("/analyse", openapi_extra=_body_of("application/json", _EXAMPLE))
async def post_packet(request: Request) -> Response:
    """Analyse one packet; answers its id."""
    body, started_s = await _admitted_body(request)
    analyser: Analyser = request.app.state.analyser
    packet_id = analyser.take_one(body, time.monotonic())
    analyser.handling.observe(time.monotonic() - started_s)
    return Response(encode({"id": packet_id}), media_type="application/json")


@router.post("/v1/packets", openapi_extra=_body_of("application/x-ndjson", encode(_EXAMPLE).decode()))
async def post_packets(request: Request) -> Response:
    """Analyse a batch, one packet a line; 207 lists those that were rejected, the others are accepted."""
    body, started_s = await _admitted_body(request)
    analyser: Analyser = request.app.state.analyser
    rejected = analyser.take_batch(body, time.monotonic())
    analyser.handling.observe(time.monotonic() - started_s)
    if not rejected:
        return Response(ALL_ACCEPTED, media_type="application/json")
    return Response(encode(BatchAnswer(rejected)), status_code=207, media_type="application/json")


async def _admitted_body(request: Request) -> tuple[bytes, float]:
    """The whole body and the moment it was complete, once the drills have let it pass.

    Raises BodyTooLarge, UnsupportedEncoding, or Drilled.
    """
    # Read before refusing: an answer in the middle of a body would cost the sender its connection.
    body = await _body(request)
    started_s = time.monotonic()
    analyser: Analyser = request.app.state.analyser
    if analyser.drills.slow_ms:
        try:
            await asyncio.sleep(analyser.drills.slow_ms / 1000)
        except asyncio.CancelledError:  # the only one who cancels is uvicorn, when it stops and has waited long enough
            raise Drilled("stopping in the middle of a slow drill") from None
    refusal = analyser.drills.refusal(random.random())  # noqa: S311 - a dice, not a secret
    if refusal is not None:
        analyser.drilled_total += 1
        raise Drilled(refusal)
    return body, started_s


async def _body(request: Request) -> bytes:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise UnsupportedEncoding(encoding)
    if int(request.headers.get("content-length", 0)) > BODY_BYTES_MAX:
        raise BodyTooLarge(limit_bytes=BODY_BYTES_MAX)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY_BYTES_MAX:
            raise BodyTooLarge(limit_bytes=BODY_BYTES_MAX)
        pieces.append(piece)
    return b"".join(pieces)
