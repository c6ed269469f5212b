"""Is the operator well? For Kubernetes and Prometheus, who carry no token."""

from typing import Any, Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from logdist_operator.api import models
from logdist_operator.api.reach import ReachDep

UNWELL: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": models.Health, "description": "Not so; `reason` says why."}
}

router = APIRouter(tags=["probes"])


@router.get("/healthz", summary="Is the operator alive?", responses=UNWELL)
async def healthz(reach: ReachDep, response: Response) -> models.Health:
    """Answer 503 when the analysers were not looked at, or in Kubernetes not listed with success, for three minutes."""
    reason = reach.spine.controller.why_stuck()
    return _failing(response, reason) if reason else models.Health(status="ok")


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
