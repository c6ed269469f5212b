"""The operator's HTTP API: the state for the UI, probes and metrics."""

import time
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from logdist_operator.api import models
from logdist_operator.api.state import build_state
from logdist_operator.spine import Spine

STUCK_S: Final = 180.0  # a pass comes every minute at least
DESCRIPTION: Final = """\
What the operator knows of analysers and distributors. The operator is the only writer of the registry: analysers are
changed by changing their objects, and this API shows what came of it.
"""


def build_app(spine: Spine) -> FastAPI:
    """Build the app. Every route answers from memory; none waits for a distributor."""
    controller = spine.controller
    app = FastAPI(title="Log Distributor operator", version=version("logdist-operator"), description=DESCRIPTION)
    unwell: dict[int | str, dict[str, Any]] = {
        503: {"model": models.Health, "description": "Not so; `reason` says why."}
    }

    @app.get("/api/v1/state", tags=["state"], summary="Analysers, shares, distributors, problems of the source")
    async def state() -> models.State:
        """Return everything: what is registered, what the distributors hold of it, who gets what, what is wrong."""
        return build_state(spine)

    @app.get("/healthz", tags=["probes"], summary="Is the operator alive?", responses=unwell)
    async def healthz(response: Response) -> models.Health:
        """Answer 503 when the analysers have not been looked at for three minutes: then only a restart helps."""
        age_s = time.monotonic() - controller.tried_at_s
        if age_s > STUCK_S:
            return _failing(response, f"the source was last looked at {age_s:.0f} s ago")
        return models.Health(status="ok")

    @app.get("/readyz", tags=["probes"], summary="Is there a registry to publish?", responses=unwell)
    async def readyz(response: Response) -> models.Health:
        """Answer 503 until a first registry is committed."""
        if controller.record.generation == 0:
            reasons = "; ".join(str(problem) for problem in controller.problems)
            return _failing(response, reasons or "the source has not been listed yet")
        return models.Health(status="ok")

    @app.get("/metrics", tags=["probes"], summary="Prometheus metrics", response_class=Response)
    async def metrics_text() -> Response:
        """Return the metrics in Prometheus' text format."""
        return Response(spine.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return app


def _failing(response: Response, reason: str) -> models.Health:
    response.status_code = 503
    return models.Health(status="failing", reason=reason)
