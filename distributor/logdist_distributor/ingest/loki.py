"""Loki's push API: `POST /loki/api/v1/push`, as Loki answers it.

Source: https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
"""

from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from logdist_distributor.errors import LogdistError, MalformedBody
from logdist_distributor.formats import loki
from logdist_distributor.formats.compression import decompress
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import pack
from logdist_distributor.ingest.arrivals import arrive
from logdist_distributor.ingest.intake import BODY_BYTES_MAX, Intake
from logdist_distributor.ingest.receive import DialectRoute, IntakeDep, hand_over, media_type_of, read_body

JSON: Final = "application/json"
STREAM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "stream": {"type": "object", "additionalProperties": {"type": "string"}, "description": "labels"},
        "values": {
            "type": "array",
            "items": {
                "type": "array",
                "minItems": 2,
                "description": "time in nanoseconds, in digits; the line; structured metadata, an object",
                "items": {},
            },
        },
    },
}
ANY_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-protobuf": {
                "schema": {"type": "string", "format": "binary", "description": "PushRequest, in snappy's block format"}
            },
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["streams"],
                    "properties": {"streams": {"type": "array", "items": STREAM}},
                }
            },
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    204: {"description": "every line was delivered or is on disk"},
    400: {"description": "no push request; nothing was stored. Text, as all that follow"},
    401: {"description": "no token, or a wrong one"},
    413: {"description": "the body is too large, as sent or decompressed, or holds too many lines"},
    415: {"description": "a content encoding that is not understood"},
    503: {"description": "no room or no disk now: send the same request again after Retry-After seconds"},
}


class LokiRoute(DialectRoute):
    """Refusals are a line of text."""

    def say(self, request: Request, error: LogdistError) -> Response:
        return PlainTextResponse(f"{error}\n", error.http_status)


router = APIRouter(tags=["loki"], route_class=LokiRoute)


@router.post("/loki/api/v1/push", status_code=204, responses=ANSWERS, openapi_extra=ANY_BODY)
async def push(request: Request, intake: IntakeDep) -> Response:
    """Send lines as Promtail, Alloy and every other client of Loki does. A request is stored whole or not at all."""
    messages = await _read(request, intake)
    # Loki, too, takes the same line at the same time in the same stream for one.
    are_known = all(message.time_unix_nano for message in messages)
    packets = pack(messages, arrive(), are_known=are_known)
    await hand_over(intake, [intake.packet_of(packet) for packet in packets])
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _read(request: Request, intake: Intake) -> list[Message]:
    """As Loki: what is not JSON is protobuf in snappy, whether or not a Content-Encoding says so."""
    body = await read_body(request, intake)
    if not body:
        raise MalformedBody("the request has no body")
    if media_type_of(request) == JSON:
        return loki.read_json(body)
    if request.headers.get("content-encoding", "").strip().lower() != "snappy":
        body = decompress(body, "snappy", limit_bytes=BODY_BYTES_MAX)
    return loki.read_protobuf(body)
