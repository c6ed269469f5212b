"""Elasticsearch's bulk API, and what its clients ask a server before they send, as Elasticsearch answers it.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk
"""

import re
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from logdist_distributor.errors import InvalidBulk, LogdistError, NoSuchApi
from logdist_distributor.formats import bulk
from logdist_distributor.formats.bulk import Item
from logdist_distributor.formats.records import pack
from logdist_distributor.ingest.arrivals import arrive
from logdist_distributor.ingest.receive import DialectRoute, IntakeDep, hand_over, read_body

VERSION: Final = "8.19.0"  # whose answers these are; clients of 7 to 9 work with it
CLUSTER: Final = "logdist"
PRODUCT: Final = {"x-elastic-product": "Elasticsearch"}  # without which the official clients talk to nobody
COMPATIBLE: Final = re.compile(r"application/vnd\.elasticsearch\+[\w-]+\s*;\s*compatible-with\s*=\s*(\d+)")
KINDS: Final = {
    HTTPStatus.BAD_REQUEST: "parse_exception",
    HTTPStatus.UNAUTHORIZED: "security_exception",
    HTTPStatus.NOT_FOUND: "resource_not_found_exception",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "content_too_long_exception",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media_type_header_exception",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable_shards_exception",
}
ABOUT: Final = {
    "name": CLUSTER,
    "cluster_name": CLUSTER,
    "cluster_uuid": CLUSTER,
    "version": {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "docker",
        "build_hash": CLUSTER,
        "build_date": "2025-01-01T00:00:00.000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.0",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    },
    "tagline": "You Know, for Search",
}
LICENSE: Final = {"license": {"status": "active", "uid": CLUSTER, "type": "basic", "issued_to": CLUSTER}}
HEALTH: Final = {"cluster_name": CLUSTER, "status": "green", "timed_out": False, "number_of_nodes": 1}
LINES_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {
                    "type": "string",
                    "description": '`{"create":{"_index":"logs"}}`, then the document on the next line, and so on',
                }
            }
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "an item for each action: 201, delivered or on disk; else 400 and why it was not taken"},
    400: {"description": "no bulk request; nothing was stored: an error as Elasticsearch's, as all that follow"},
    401: {"description": "no token, or a wrong one"},
    413: {"description": "the body is too large, as sent or decompressed, or holds too many items"},
    415: {"description": "a content encoding that is not understood"},
    503: {"description": "no room or no disk now: send the same request again after Retry-After seconds"},
}
_encode = msgspec.json.Encoder().encode


class ElasticsearchRoute(DialectRoute):
    """Refusals are errors with a type, a reason and a root cause."""

    def say(self, request: Request, error: LogdistError) -> Response:
        status = error.http_status
        kind = error.kind if isinstance(error, InvalidBulk) else KINDS.get(HTTPStatus(status), "exception")
        cause = {"type": kind, "reason": str(error)}
        return _answer(request, {"error": {"root_cause": [cause], **cause}, "status": status}, status)


router = APIRouter(tags=["elasticsearch"], route_class=ElasticsearchRoute)


@router.post("/_bulk", responses=ANSWERS, openapi_extra=LINES_BODY)
@router.put("/_bulk", responses=ANSWERS, openapi_extra=LINES_BODY, include_in_schema=False)
async def post_bulk(request: Request, intake: IntakeDep) -> Response:
    """Send documents, each after its action. Good ones are stored even where others are bad."""
    return await _bulk(request, intake, "")


@router.post("/{index}/_bulk", responses=ANSWERS, openapi_extra=LINES_BODY)
@router.put("/{index}/_bulk", responses=ANSWERS, openapi_extra=LINES_BODY, include_in_schema=False)
async def post_bulk_to(request: Request, intake: IntakeDep, index: str) -> Response:
    """The same, for documents whose action names no index."""
    return await _bulk(request, intake, index)


@router.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
async def get_about(request: Request) -> Response:
    """Which server this is: clients look at the version."""
    return _answer(request, ABOUT)


@router.api_route("/_license", methods=["GET", "HEAD"], include_in_schema=False)
async def get_license(request: Request) -> Response:
    """Logstash and Beats send nothing without one."""
    return _answer(request, LICENSE)


@router.api_route("/_cluster/health", methods=["GET", "HEAD"], include_in_schema=False)
async def get_cluster_health(request: Request) -> Response:
    """Vector asks at start."""
    return _answer(request, HEALTH)


@router.api_route("/_{api:path}", methods=["GET", "HEAD", "POST", "PUT", "DELETE"], include_in_schema=False)
async def get_other(api: str) -> Response:
    """Templates, policies, searches: there is no store behind this."""
    raise NoSuchApi(f"/_{api}")


async def _bulk(request: Request, intake: IntakeDep, index: str) -> Response:
    arrival = arrive()
    asked = bulk.read(await read_body(request, intake), index, arrival.nonce)
    packets = pack(asked.messages, arrival, are_known=asked.are_known)
    await hand_over(intake, [intake.packet_of(packet) for packet in packets])
    items = [{item.operation: _result(item)} for item in asked.items]
    return _answer(request, {"took": 0, "errors": any(item.error for item in asked.items), "items": items})


def _result(item: Item) -> dict[str, Any]:
    place = {"_index": item.index, "_id": item.id}
    if item.error:
        return place | {"status": 400, "error": {"type": item.error_type, "reason": item.error}}
    shards = {"total": 1, "successful": 1, "failed": 0}
    made = {"_version": 1, "result": "created", "_shards": shards, "_seq_no": 0, "_primary_term": 1, "status": 201}
    return place | made


def _answer(request: Request, content: Any, status: int = 200) -> Response:
    """In the media type that was asked for: clients of 8 and 9 name the version they want to be understood by."""
    asked = COMPATIBLE.search(request.headers.get("accept", ""))
    media_type = f"application/vnd.elasticsearch+json;compatible-with={asked[1]}" if asked else "application/json"
    return Response(_encode(content), status, PRODUCT, media_type)
