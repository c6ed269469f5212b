"""The analyser's HTTP side: puts the routes together, serves what was found out, maps errors to answers."""

import time
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from logdist_analyser import packets, simulate
from logdist_analyser.analyser import Analyser
from logdist_analyser.errors import AnalyserError
from logdist_analyser.metrics import build_registry

router: Final = APIRouter(tags=["observe"])


def create_app(name: str) -> FastAPI:
    """Build the application of one analyser. `name` is shown in its metrics."""
    app = FastAPI(
        title="Log Distributor sample analyser", description="Takes packets of log messages and analyses them."
    )
    app.state.analyser = Analyser(name, started_s=time.monotonic())
    app.state.metrics = build_registry(app.state.analyser)
    for part in (packets.router, router, simulate.router):
        app.include_router(part)
    app.add_exception_handler(AnalyserError, _refused)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _gone)
    return app


@router.get("/heartbeat")
async def heartbeat(request: Request) -> JSONResponse:
    """200 while this analyser takes packets, 503 while the fail drill is on."""
    analyser: Analyser = request.app.state.analyser
    is_alive = not analyser.drills.failing
    return JSONResponse({"alive": is_alive, "app": analyser.name}, status_code=200 if is_alive else 503)


@router.get("/custom_metrics")
async def custom_metrics(request: Request) -> dict[str, Any]:
    """The totals in four fields; /metrics has more."""
    analyser: Analyser = request.app.state.analyser
    return {
        "packets": analyser.analysis.packets_total,
        "messages": analyser.analysis.messages_total,
        "alive": not analyser.drills.failing,
        "app": analyser.name,
    }


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus text format."""
    return Response(generate_latest(request.app.state.metrics), headers={"content-type": CONTENT_TYPE_LATEST})


@router.get("/analysis")
async def analysis(request: Request) -> dict[str, Any]:
    """Counts by level, and rates and most frequent message shapes of the last minute."""
    analyser: Analyser = request.app.state.analyser
    return analyser.analysis.report(time.monotonic())


@router.get("/internal/received", response_class=PlainTextResponse)
async def received(request: Request) -> StreamingResponse:
    """Which packets came in, oldest first: `id TAB times delivered` a line, for the ids still remembered."""
    analyser: Analyser = request.app.state.analyser

    async def pieces() -> AsyncIterator[str]:
        for piece in analyser.received.lines():
            yield piece

    return StreamingResponse(pieces(), media_type="text/plain; charset=utf-8")


def _answer(status: int, *, error: str, reason: str, field: str = "") -> JSONResponse:
    return JSONResponse({"error": error, "reason": reason, "field": field}, status_code=status)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AnalyserError)  # noqa: S101 - Starlette types handlers by Exception
    return _answer(error.http_status, error=str(error), reason=type(error).__name__, field=error.field)


async def _bad_parameter(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return _answer(422, error=f"{field}: {first['msg']}", reason="InvalidParameter", field=field)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    answer = _answer(error.status_code, error=str(error.detail), reason="HttpError")
    answer.headers.update(error.headers or {})
    return answer


async def _gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # the client hung up in the middle of its body; nobody reads this
