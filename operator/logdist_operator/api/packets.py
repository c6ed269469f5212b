"""Sends a packet on behalf of a page or a person: the operator carries no others."""

import ssl
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from logdist_operator.api.models import Model
from logdist_operator.api.problems import DistributorUnreachable, NoIngestUrl, refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.auth import TokenFile
from logdist_operator.http import NoAnswer

PATH: Final = "/distributor/packet"
TIMEOUT_S: Final = 10.0
PASSED_ON: Final = ("content-type", "content-encoding")
PASSED_BACK: Final = ("content-type", "retry-after")

router = APIRouter(tags=["packets"])


class Taken(Model):
    accepted: int = Field(description="Packets that are safe: an analyser has them, or they are on disk.")


# For the document only: the bytes are passed on as they come.
BODY: Final[dict[str, Any]] = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Packet"}}},
}
MESSAGE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["level", "message"],
    "properties": {"level": {"type": "string"}, "message": {"type": "string"}},
}
PACKET: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "timestamp", "messages"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Unique."},
        "timestamp": {"type": "integer", "minimum": 0, "description": "Epoch, ms."},
        "messages": {"type": "array", "maxItems": 10_000, "items": MESSAGE},
    },
    "examples": [{"id": "a-1", "timestamp": 1700000000000, "messages": [{"level": "INFO", "message": "hello"}]}],
}


@router.post(
    "/packets",
    status_code=202,
    summary="Send one packet",
    response_model=Taken,
    responses=refusals(400, 413, 415, 429, 502, 503),
    openapi_extra={"requestBody": BODY},
)
async def send_packet(request: Request, reach: ReachDep) -> Response:
    """Hand the body to a distributor, and its answer back, whatever it says."""
    if not reach.settings.ingest_url:
        raise NoIngestUrl("start the operator with --ingest-url (LOGDIST_INGEST_URL), where distributors take packets")
    url = reach.settings.ingest_url + PATH
    headers = {"content-type": "application/json", **_some(request.headers, PASSED_ON)}
    if reach.settings.ingest_token_file:
        headers["authorization"] = f"Bearer {TokenFile(reach.settings.ingest_token_file).token()}"
    body = await request.body()
    try:
        # The client's own token is for control ports.
        answered = await reach.spine.client.ask(
            "POST",
            url,
            body,
            headers,
            timeout_s=TIMEOUT_S,
            has_token=False,
            tls=_trusted(reach.settings.ingest_ca_file),
        )
    except NoAnswer as error:
        raise DistributorUnreachable(f"no answer from {url}: {error}") from error
    return Response(answered.content, answered.status, _some(answered.headers, PASSED_BACK))


def _trusted(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Read afresh each time, as people send few packets: a rotated authority counts at once. Raises NoAnswer."""
    try:
        return ssl.create_default_context(cafile=ca_file) if ca_file else True
    except OSError as error:
        raise NoAnswer(f"{ca_file}: {error}") from error


def _some(headers: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}
