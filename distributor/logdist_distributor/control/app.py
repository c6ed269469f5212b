"""The side entrance: the operator pushes the registry and reads the status, Prometheus scrapes.

Everything but the two probes wants the bearer token, if there is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from logdist_distributor.control import dead_letters
from logdist_distributor.control.registry import RegistryKeeper, snapshot_json
from logdist_distributor.core.whereabouts import find
from logdist_distributor.errors import LogdistError, RegistryRefused, StaleGeneration, Unauthorized, UnknownPacket
from logdist_distributor.problems import install_problems
from logdist_distributor.spool.writer import Writer
from logdist_distributor.tokens import Tokens, authorise

probes = APIRouter(tags=["probes"])
router = APIRouter()


@dataclass(frozen=True)
class Control:
    """What the routes reach. `tokens` is None where none is wanted; `not_ready` says why, or nothing."""

    keeper: RegistryKeeper
    writer: Writer
    metrics: CollectorRegistry
    status: Callable[[], dict[str, Any]]
    not_ready: Callable[[], str]
    tokens: Tokens | None


def control_of(request: Request) -> Control:
    control: Control = request.app.state.control
    return control


@probes.get("/healthz")
async def healthz() -> dict[str, str]:
    """The event loop turns."""
    return {"status": "ok"}


@probes.get("/readyz")
async def readyz(request: Request) -> Response:
    """Send traffic here: there is a registry, and the process is not stopping."""
    reason = control_of(request).not_ready()
    if reason:
        return JSONResponse({"status": "not ready", "reason": reason}, 503)
    return JSONResponse({"status": "ready"})


@router.put("/control/v1/registry", tags=["registry"])
async def put_registry(request: Request) -> dict[str, Any]:
    """Replace the whole registry. An older generation changes nothing and answers 409, a bad snapshot 422."""
    keeper = control_of(request).keeper
    keeper.take(await request.body())
    return keeper.receipt()


@router.get("/control/v1/registry", tags=["registry"])
async def get_registry(request: Request) -> dict[str, Any]:
    """The registry in use, and which process answers."""
    keeper = control_of(request).keeper
    return snapshot_json(keeper.held) | keeper.receipt()


@router.get("/control/v1/status", tags=["status"])
async def get_status(request: Request) -> dict[str, Any]:
    """Ledger, queue, shares and standings, now."""
    return control_of(request).status()


@router.get("/control/v1/packets", tags=["status"])
async def get_packet(request: Request, id: str) -> dict[str, str]:  # noqa: A002  # the packet's own word
    """Where a recent packet is: waiting, delivered, dead, spooled; and the analyser that has it or refused it."""
    found = find(control_of(request).writer.engine.admission.recent, id)
    if found is None:
        raise UnknownPacket(id)
    uid, endpoint = (found.lane.analyser.entry.uid, found.lane.endpoint) if found.lane else ("", "")
    return {"id": id, "place": found.place.value, "analyser": uid, "endpoint": endpoint}


@router.get("/metrics", tags=["status"])
async def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(generate_latest(control_of(request).metrics), media_type=CONTENT_TYPE_LATEST)


def build_control_app(control: Control) -> FastAPI:
    """The app of the control port."""
    app = FastAPI(title="Log Distributor: control", version="v1")
    app.state.control = control
    app.state.writer = control.writer
    app.state.tokens = control.tokens
    app.include_router(probes)
    app.include_router(router, dependencies=[Depends(authorise)])
    app.include_router(dead_letters.router, dependencies=[Depends(authorise)])
    install_problems(app)

    @app.exception_handler(LogdistError)
    async def refuse(_: Request, error: LogdistError) -> Response:
        detail = error.detail()
        if isinstance(error, StaleGeneration | RegistryRefused):
            detail |= control.keeper.receipt()
        headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else None
        return JSONResponse(detail, error.http_status, headers)

    return app
