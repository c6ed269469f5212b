"""`POST /v1/ingest`: what the HTTP outputs of Fluent Bit, Fluentd, Vector, syslog-ng, rsyslog and Logstash send."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from logdist_distributor.formats import sinks
from logdist_distributor.formats.records import Keys, pack
from logdist_distributor.ingest.arrivals import arrive
from logdist_distributor.ingest.receive import IntakeDep, hand_over, read_body
from logdist_distributor.ingest.replies import accepted_body

router = APIRouter(tags=["HTTP sinks"])

JSON: Final = "application/json"
RECORD: Final[dict[str, Any]] = {"type": "object", "additionalProperties": True}
ANY_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"oneOf": [RECORD, {"type": "array", "items": RECORD}]}},
            "application/x-ndjson": {"schema": {"type": "string", "description": "one record a line"}},
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "every record was delivered or is on disk"},
    400: {"description": "a record is no JSON object; nothing was stored"},
    401: {"description": "no token, or a wrong one"},
    413: {"description": "the body is too large, as sent or decompressed"},
    415: {"description": "a content encoding that is not understood"},
    503: {"description": "no room or no disk now: send the same records again after Retry-After seconds"},
}


async def keys_of(
    level: Annotated[str, Query(description="key of a record's level")] = "",
    message: Annotated[str, Query(description="key of its text")] = "",
    timestamp: Annotated[str, Query(description="key of its time")] = "",
) -> Keys:
    """The keys that a sender names come before the usual ones."""
    usual = Keys()
    return Keys(
        level=_first(level, usual.level), message=_first(message, usual.message), time=_first(timestamp, usual.time)
    )


@router.post("/v1/ingest", responses=ANSWERS, openapi_extra=ANY_BODY)
async def post_records(request: Request, intake: IntakeDep, keys: Annotated[Keys, Depends(keys_of)]) -> Response:
    """Send records of any shape: a JSON object, an array, or one a line (NDJSON), whatever the content type says.

    Name a record's keys by `?level=`, `?message=` and `?timestamp=` where they are not among the usual ones.
    """
    messages = sinks.read(await read_body(request, intake), keys)
    packets = pack(messages, arrive(), are_known=False)
    await hand_over(intake, [intake.packet_of(packet) for packet in packets])
    return Response(accepted_body(len(messages)), media_type=JSON)


def _first(key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    return (key, *usual) if key else usual
