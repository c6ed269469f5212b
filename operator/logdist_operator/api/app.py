"""The operator's HTTP API, put together: for a UI, for people, for probes."""

from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from pydantic import Field

from logdist_operator.api import (
    analysers,
    dead_letters,
    drills,
    events,
    generations,
    history,
    models,
    packets,
    probes,
    whereabouts,
)
from logdist_operator.api.bodies import BodyLimit
from logdist_operator.api.events import Feed
from logdist_operator.api.guard import BEARER, Guard
from logdist_operator.api.problems import install_problems, refusals
from logdist_operator.api.reach import ApiSettings, Reach, ReachDep
from logdist_operator.api.state import build_state
from logdist_operator.api.ui import Ui
from logdist_operator.spine import Spine

DESCRIPTION: Final = """\
What the operator knows of analysers and distributors, and the ways to change it. A write changes the Analyser object
at its source; the registry follows within a second, and `/api/v1/events` shows what came of it.
"""
TAGS: Final = [
    {"name": "state", "description": "Everything there is to know, at one moment or as it changes."},
    {"name": "history", "description": "The last 15 minutes, a value a second."},
    {"name": "analysers", "description": "The objects themselves."},
    {"name": "packets", "description": "Send one, to try something out."},
    {"name": "dead letters", "description": "Packets that an analyser has refused for good, over all distributors."},
    {"name": "generations", "description": "What changed in the registry, and when."},
    {"name": "probes", "description": "Open to everybody."},
]

router = APIRouter(prefix="/api/v1", dependencies=[Depends(BEARER)], responses=refusals(401, 403))
for part in (events, history, analysers, drills, packets, whereabouts, dead_letters, generations):
    router.include_router(part.router)


@router.get("/state", tags=["state"], summary="Analysers, shares, distributors, problems of the source")
async def state(reach: ReachDep) -> models.State:
    """Return everything: what is registered, what the distributors hold of it, who gets what, what is wrong."""
    return build_state(reach.spine)


class Api(FastAPI):
    """The routes. Its document also has the schema of what one of them passes on unread."""

    def __init__(self) -> None:
        super().__init__(
            title="Log Distributor operator",
            version=version("logdist-operator"),
            description=DESCRIPTION,
            openapi_tags=TAGS,
        )
        self.include_router(router)
        self.include_router(probes.router)

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        document["components"]["schemas"]["Packet"] = packets.PACKET
        return document


class Problems(models.Model):
    problems: list[models.Trouble] = Field(description="The gravest first; empty: all is well.")


@router.get("/problems", tags=["state"], summary="What is wrong, and what to do")
async def list_problems(reach: ReachDep) -> Problems:
    """Return the problems of the source, the distributors and the analysers, as the state has them."""
    return Problems(problems=build_state(reach.spine).problems)


def build_app(spine: Spine, settings: ApiSettings | None = None) -> FastAPI:
    """Build the app. Streams of events go on until `app.state.reach.feed` is closed."""
    settings = settings or ApiSettings()
    app = Api()
    app.state.reach = Reach(spine, settings, Feed(lambda: build_state(spine)))
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, settings=settings)  # added last, so it stands first
    install_problems(app)
    if settings.ui is not None:
        app.mount("/", Ui(settings.ui))  # last: it takes whatever no route has
    return app
