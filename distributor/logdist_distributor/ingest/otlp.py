"""OTLP/HTTP: `POST /v1/logs`, as an OpenTelemetry Collector answers it.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import time
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from google.protobuf.json_format import MessageToJson
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from starlette.responses import Response

from logdist_distributor.errors import LogdistError, UnsupportedMediaType
from logdist_distributor.formats import otlp
from logdist_distributor.formats.stored import Stored, content_id
from logdist_distributor.ingest.receive import DialectRoute, IntakeDep, hand_over, media_type_of, read_body

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
CODES: Final = {
    HTTPStatus.BAD_REQUEST: Code.INVALID_ARGUMENT,
    HTTPStatus.UNAUTHORIZED: Code.UNAUTHENTICATED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Code.RESOURCE_EXHAUSTED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Code.INVALID_ARGUMENT,
    HTTPStatus.SERVICE_UNAVAILABLE: Code.UNAVAILABLE,
}
ANY_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            PROTOBUF: {"schema": {"type": "string", "format": "binary", "description": "ExportLogsServiceRequest"}},
            JSON: {"schema": {"type": "object", "properties": {"resourceLogs": {"type": "array"}}}},
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "every record was delivered or is on disk: an ExportLogsServiceResponse"},
    400: {"description": "no log request; nothing was stored: a google.rpc.Status, as all that follow"},
    401: {"description": "no token, or a wrong one"},
    413: {"description": "the body is too large, as sent or decompressed"},
    415: {"description": "a content type or encoding that is not understood"},
    503: {"description": "no room or no disk now: send the same request again after Retry-After seconds"},
}


class OtlpRoute(DialectRoute):
    """Refusals are a `google.rpc.Status` in the encoding of the request."""

    def say(self, request: Request, error: LogdistError) -> Response:
        code = CODES.get(HTTPStatus(error.http_status), Code.UNKNOWN)
        status = Status(code=code, message=str(error))
        if media_type_of(request) == JSON:
            return Response(MessageToJson(status, indent=None), error.http_status, media_type=JSON)
        return Response(status.SerializeToString(), error.http_status, media_type=PROTOBUF)


router = APIRouter(tags=["otlp"], route_class=OtlpRoute)


@router.post("/v1/logs", responses=ANSWERS, openapi_extra=ANY_BODY)
async def post_logs(request: Request, intake: IntakeDep) -> Response:
    """Send logs by OTLP, as protobuf or JSON. A request is stored whole or not at all: success is never partial."""
    media_type = media_type_of(request)
    if media_type not in {PROTOBUF, JSON}:
        raise UnsupportedMediaType(f"{media_type or 'no type'} is not understood here: send {PROTOBUF} or {JSON}")
    body = await read_body(request, intake)
    if media_type == JSON:
        packets = otlp.packets(otlp.parse_json(body), None, now_ns=time.time_ns())
    else:
        packets = otlp.packets(otlp.parse(body), body, now_ns=time.time_ns())
    stored = [Stored(content_id(encoded), encoded, records) for encoded, records in packets]
    await hand_over(intake, [intake.packet_of(packet) for packet in stored])
    return Response(b"{}" if media_type == JSON else b"", media_type=media_type)
