"""Splunk's HTTP Event Collector, as Splunk answers it, indexer acknowledgement included.

Source: https://docs.splunk.com/Documentation/Splunk/latest/RESTREF/RESTinput#services.2Fcollector
"""

import re
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from logdist_distributor.core.packet import Packet
from logdist_distributor.errors import InvalidEvent, LogdistError, SpoolBehind, SpoolFull, Unauthorized
from logdist_distributor.formats import hec
from logdist_distributor.formats.hec import Code
from logdist_distributor.formats.messages import Message
from logdist_distributor.formats.records import pack
from logdist_distributor.ingest.acks import Channels
from logdist_distributor.ingest.arrivals import arrive
from logdist_distributor.ingest.intake import Intake
from logdist_distributor.ingest.receive import DialectRoute, IntakeDep, hand_over, read_body
from logdist_distributor.ingest.replies import JSON

TEXTS: Final = {
    Code.SUCCESS: "Success",
    Code.TOKEN_REQUIRED: "Token is required",
    Code.INVALID_AUTHORIZATION: "Invalid authorization",
    Code.INVALID_TOKEN: "Invalid token",
    Code.NO_DATA: "No data",
    Code.INVALID_FORMAT: "Invalid data format",
    Code.BUSY: "Server is busy",
    Code.CHANNEL_MISSING: "Data channel is missing",
    Code.INVALID_CHANNEL: "Invalid data channel",
    Code.EVENT_REQUIRED: "Event field is required",
    Code.EVENT_BLANK: "Event field cannot be blank",
    Code.INVALID_FIELDS: "Error in handling indexed fields",
    Code.HEALTHY: "HEC is healthy",
    Code.UNHEALTHY: "HEC is unhealthy, queues are full",
    Code.TOO_LARGE: "Request entity too large",
}
CODES: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Code.TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE: Code.BUSY,
}
SCHEMES: Final = frozenset({"splunk", "bearer", "basic"})
EVENT_BYTES: Final = 1024  # of an event such as most are: with less room than that, more are refused than taken
CHANNEL: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["event"],
    "properties": {"event": {}, "time": {}, "fields": {"type": "object"}}
    | {name: {"type": "string"} for name in hec.ORIGIN},
}
EVENTS_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {JSON: {"schema": EVENT}}},
}
LINES_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}},
}
ACKS_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["acks"],
                    "properties": {"acks": {"type": "array", "items": {"type": "integer"}}},
                }
            }
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "every event was delivered or is on disk; `ackId` if the request named a channel"},
    400: {"description": "no event, or an invalid one; nothing was stored: Splunk's code and text, as all that follow"},
    401: {"description": "no token"},
    403: {"description": "a wrong token"},
    413: {"description": "the body is too large, as sent or decompressed, or holds too many events"},
    415: {"description": "a content encoding that is not understood"},
    503: {"description": "no room or no disk now: send the same request again after Retry-After seconds"},
}


class Acks(msgspec.Struct):
    acks: Annotated[list[int], msgspec.Meta(max_length=10_000)]


class HecRoute(DialectRoute):
    """Refusals have Splunk's code and text, and in `detail` what is wrong."""

    def say(self, request: Request, error: LogdistError) -> Response:
        status = error.http_status
        if isinstance(error, InvalidEvent):
            code, number = Code(error.code), error.number
        elif isinstance(error, Unauthorized):
            code, number = _code_for_stranger(request), None
            status = HTTPStatus.FORBIDDEN if code is Code.INVALID_TOKEN else HTTPStatus.UNAUTHORIZED
        else:
            code, number = CODES.get(HTTPStatus(status), Code.INVALID_FORMAT), None
        more = {"detail": str(error)} if number is None else {"invalid-event-number": number, "detail": str(error)}
        return _answer(code, status, **more)


router = APIRouter(tags=["splunk"], route_class=HecRoute)
health = APIRouter(tags=["splunk"])


async def origin_of(
    host: Annotated[str, Query()] = "",
    source: Annotated[str, Query()] = "",
    sourcetype: Annotated[str, Query()] = "",
    index: Annotated[str, Query()] = "",
) -> dict[str, str]:
    """What the query says of raw lines."""
    said = {"host": host, "source": source, "sourcetype": sourcetype, "index": index}
    return {name: value for name, value in said.items() if value}


@router.post("/services/collector", responses=ANSWERS, openapi_extra=EVENTS_BODY, include_in_schema=False)
@router.post("/services/collector/event/1.0", responses=ANSWERS, openapi_extra=EVENTS_BODY, include_in_schema=False)
@router.post("/services/collector/event", responses=ANSWERS, openapi_extra=EVENTS_BODY)
async def post_events(request: Request, intake: IntakeDep) -> Response:
    """Send events as JSON objects, one after another. A request is stored whole or not at all."""
    channel = _channel_of(request)
    return await _take(request, intake, hec.read_events(await read_body(request, intake)), channel)


@router.post("/services/collector/raw/1.0", responses=ANSWERS, openapi_extra=LINES_BODY, include_in_schema=False)
@router.post("/services/collector/raw", responses=ANSWERS, openapi_extra=LINES_BODY)
async def post_raw(
    request: Request, intake: IntakeDep, origin: Annotated[dict[str, str], Depends(origin_of)]
) -> Response:
    """Send lines of text, each an event."""
    channel = _channel_of(request)
    return await _take(request, intake, hec.read_lines(await read_body(request, intake), origin), channel)


@router.post("/services/collector/ack", responses=ANSWERS, openapi_extra=ACKS_BODY)
async def post_acks(request: Request, intake: IntakeDep) -> Response:
    """Ask which requests are safe, by the `ackId`s of this channel. One that was given here is."""
    channel = _channel_of(request)
    if not channel:
        raise InvalidEvent("name a channel in X-Splunk-Request-Channel or ?channel=", code=Code.CHANNEL_MISSING)
    try:
        asked = msgspec.json.decode(await read_body(request, intake), type=Acks)
    except hec.NOT_JSON as error:
        raise InvalidEvent(str(error), code=Code.INVALID_FORMAT) from error
    channels: Channels = request.app.state.channels
    return Response(msgspec.json.encode({"acks": channels.are_safe(channel, asked.acks)}), media_type=JSON)


@health.get("/services/collector/health/1.0", include_in_schema=False)
@health.get("/services/collector/health", responses={503: {"description": "no room now"}})
async def get_health(intake: IntakeDep) -> Response:
    """Whether an event would be taken now. Wants no token."""
    try:
        intake.admission.check_room(EVENT_BYTES)
    except (SpoolFull, SpoolBehind):
        return _answer(Code.UNHEALTHY, HTTPStatus.SERVICE_UNAVAILABLE)
    return _answer(Code.HEALTHY, HTTPStatus.OK)


async def _take(request: Request, intake: Intake, messages: list[Message], channel: str) -> Response:
    packets: list[Packet] = [intake.packet_of(packet) for packet in pack(messages, arrive(), are_known=False)]
    await hand_over(intake, packets)
    if not channel:
        return _answer(Code.SUCCESS, HTTPStatus.OK)
    channels: Channels = request.app.state.channels
    return _answer(Code.SUCCESS, HTTPStatus.OK, ackId=channels.give(channel))


def _channel_of(request: Request) -> str:
    """Empty where none is named. Raises InvalidEvent for what is no GUID."""
    channel = request.headers.get("x-splunk-request-channel") or request.query_params.get("channel", "")
    if channel and not CHANNEL.fullmatch(channel):
        raise InvalidEvent("a channel is named by a GUID", code=Code.INVALID_CHANNEL)
    return channel.lower()


def _code_for_stranger(request: Request) -> Code:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return Code.TOKEN_REQUIRED
    return Code.INVALID_TOKEN if scheme.lower() in SCHEMES and shown.strip() else Code.INVALID_AUTHORIZATION


def _answer(code: Code, status: int, **more: Any) -> Response:
    return Response(msgspec.json.encode({"text": TEXTS[code], "code": int(code), **more}), status, media_type=JSON)
