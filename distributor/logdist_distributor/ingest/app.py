"""The sender's API as FastAPI routes: the reference for the fast lane, and the answer to every odd request."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Security
from fastapi.security import HTTPBearer
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from logdist_distributor.errors import BodyTooLarge, LogdistError, ReceivingTooMuch, UnsupportedMediaType
from logdist_distributor.ingest import replies
from logdist_distributor.ingest.intake import BODY_BYTES_MAX, Intake, shape_of
from logdist_distributor.problems import install_problems
from logdist_distributor.tokens import Tokens, authorise

router = APIRouter()
probe = APIRouter()

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
BEARER: Final = HTTPBearer(auto_error=False)  # a field for the token on /docs; `authorise` decides
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


@router.post("/distributor/packet", status_code=202, responses=ANSWERS, openapi_extra=ONE_BODY)
async def post_packet(request: Request, intake: IntakeDep) -> Response:
    """Send one packet. 202 means: an analyser has it, or it is on disk."""
    return await _receive(request, intake)


@router.post("/v1/packets", status_code=202, responses=ANSWERS, openapi_extra=ANY_BODY)
async def post_packets(request: Request, intake: IntakeDep) -> Response:
    """Send one packet, an array, or one packet a line (NDJSON). The request is stored whole or not at all."""
    return await _receive(request, intake)


@probe.get("/health")
async def health() -> dict[str, str]:
    """The process answers. Whether it should get traffic is /readyz on the control port."""
    return {"status": "ok"}


def build_app(intake: Intake, tokens: Tokens | None = None) -> FastAPI:
    """The app senders reach. With `tokens`, packets are taken from those only who show one."""
    app = FastAPI(
        title="Log Distributor",
        description="Send packets of log messages.",
        version="v1",
        redirect_slashes=False,  # a redirect would lead to whatever Host the request names
    )
    app.state.intake = intake
    app.state.tokens = tokens
    app.include_router(probe)
    app.include_router(router, dependencies=[Depends(authorise), Security(BEARER)] if tokens else [])
    install_problems(app)

    @app.exception_handler(LogdistError)
    async def refuse(request: Request, error: LogdistError) -> Response:
        response = (await intake_of(request)).refusals.answer(error)
        if isinstance(error, BodyTooLarge | ReceivingTooMuch):
            response.headers["connection"] = "close"  # the rest of the body is not read
        return response

    @app.exception_handler(ClientDisconnect)
    async def hung_up(_: Request, __: Exception) -> Response:
        """A sender that leaves in the middle of its request hears nothing and is no news for the log."""
        return Response(status_code=400)

    return app


async def _receive(request: Request, intake: Intake) -> Response:
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(f"content encoding {encoding} is not understood: send it plain")
    shape = shape_of(request.scope["path"], request.headers.get("content-type", ""))
    sender = Sender()
    packets = intake.read(shape, await _read_body(request, intake))
    intake.take(packets, sender)
    await sender.answered
    return replies.accepted(len(packets))


async def _read_body(request: Request, intake: Intake) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as that is known, or ReceivingTooMuch."""
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
