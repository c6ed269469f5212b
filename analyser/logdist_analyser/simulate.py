"""POST /internal/simulate/*: failures on request. Every drill answers the drills now in force."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from logdist_analyser.drills import SLOW_MS_MAX, Drills, DrillState

router: Final = APIRouter(prefix="/internal/simulate", tags=["drills"])


@router.post("/fail")
async def fail(request: Request) -> DrillState:
    """Answer 503 to heartbeats and packets until /begin."""
    drills: Drills = request.app.state.analyser.drills
    drills.failing = True
    return drills.as_json()


@router.post("/begin")
async def begin(request: Request) -> DrillState:
    """Back to normal: clears every drill."""
    drills: Drills = request.app.state.analyser.drills
    drills.clear()
    return drills.as_json()


@router.post("/slow")
async def slow(request: Request, ms: Annotated[int, Query(ge=0, le=SLOW_MS_MAX)]) -> DrillState:
    """Wait `ms` milliseconds before handling each packet request; 0 ends it."""
    drills: Drills = request.app.state.analyser.drills
    drills.slow_ms = ms
    return drills.as_json()


@router.post("/refuse")
async def refuse(request: Request, rate: Annotated[float, Query(ge=0, le=1, allow_inf_nan=False)]) -> DrillState:
    """Answer 503 to this share (0..1) of the packet requests, chosen at random; 0 ends it."""
    drills: Drills = request.app.state.analyser.drills
    drills.refuse_rate = rate
    return drills.as_json()
