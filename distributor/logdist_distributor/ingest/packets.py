"""Packets over HTTP as FastAPI routes: the reference for the fast lane, and the answer to every odd request."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from logdist_distributor.ingest import replies
from logdist_distributor.ingest.intake import Intake, shape_of
from logdist_distributor.ingest.receive import IntakeDep, hand_over, read_body

router = APIRouter(tags=["packets"])

PACKET: dict[str, Any] = {
    "type": "object",
    "required": ["id", "timestamp", "messages"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 128},
        "timestamp": {"type": "integer", "minimum": 0, "description": "epoch milliseconds"},
        "messages": {
            "type": "array",
            "maxItems": 10_000,
            "items": {
                "type": "object",
                "required": ["level", "message"],
                "properties": {"level": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
ONE_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": PACKET}}}}
ANY_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"oneOf": [PACKET, {"type": "array", "minItems": 1, "items": PACKET}]}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "one packet a line"}},
        },
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"description": "every packet was delivered or is on disk"},
    400: {"description": "no valid packet; nothing was stored"},
    401: {"description": "no token, or a wrong one, where `--ingest-token-file` asks for one"},
    413: {"description": "the body is too large; nothing was stored"},
    415: {"description": "a content type or encoding that is not understood"},
    429: {"description": "too many connections are open"},
    503: {"description": "no room or no disk now: send the same packets again after Retry-After seconds"},
}


@router.post("/distributor/packet", status_code=202, responses=ANSWERS, openapi_extra=ONE_BODY)
async def post_packet(request: Request, intake: IntakeDep) -> Response:
    """Send one packet. 202 means: an analyser has it, or it is on disk."""
    return await _receive(request, intake)


@router.post("/v1/packets", status_code=202, responses=ANSWERS, openapi_extra=ANY_BODY)
async def post_packets(request: Request, intake: IntakeDep) -> Response:
    """Send one packet, an array, or one packet a line (NDJSON). The request is stored whole or not at all."""
    return await _receive(request, intake)


async def _receive(request: Request, intake: Intake) -> Response:
    shape = shape_of(request.scope["path"], request.headers.get("content-type", ""))
    packets = intake.read(shape, await read_body(request, intake))
    await hand_over(intake, packets)
    return replies.accepted(len(packets))
