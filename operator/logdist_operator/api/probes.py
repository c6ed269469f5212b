"""Is the operator well? For Kubernetes and Prometheus, who carry no token."""

import time
from typing import Any, Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from logdist_operator.api import models
from logdist_operator.api.reach import ReachDep

STUCK_S: Final = 180.0  # a pass comes every minute at least
UNWELL: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": models.Health, "description": "Not so; `reason` says why."}
}

router = APIRouter(tags=["probes"])


@router.get("/healthz", summary="Is the operator alive?", responses=UNWELL)
async def healthz(reach: ReachDep, response: Response) -> models.Health:
    """Answer 503 when the analysers have not been looked at for three minutes: then only a restart helps."""
    age_s = time.monotonic() - reach.spine.controller.tried_at_s
    if age_s > STUCK_S:
        return _failing(response, f"the source was last looked at {age_s:.0f} s ago")
    return models.Health(status="ok")


@router.get("/readyz", summary="Is there a registry to publish?", responses=UNWELL)
async def readyz(reach: ReachDep, response: Response) -> models.Health:
    """Answer 503 until a first registry is committed."""
    controller = reach.spine.controller
    if controller.record.generation == 0:
        reasons = "; ".join(str(problem) for problem in controller.problems)
        return _failing(response, reasons or "the source has not been listed yet")
    return models.Health(status="ok")


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics_text(reach: ReachDep) -> Response:
    """Return the metrics in Prometheus' text format."""
    return Response(reach.spine.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _failing(response: Response, reason: str) -> models.Health:
    response.status_code = 503
    return models.Health(status="failing", reason=reason)
