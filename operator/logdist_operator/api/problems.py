"""Errors as answers: whatever goes wrong in a route or before it, the body is `{"error", "reason", ...}`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from logdist_operator.api import models
from logdist_operator.errors import LogdistError
from logdist_operator.model import Fault

TOLD: Final = {
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    403: "Not from here, or the operator itself may not do it.",
    404: "There is no such thing.",
    409: "It is there already, or it is not such that this can be done.",
    413: "The body is larger than 1 MiB.",
    415: "The body does not say that it is application/json.",
    422: "Something in the request is wrong; `field` says what.",
    429: "The distributor has too many connections.",
    502: "The one asked does not answer, or not as it should.",
    503: "Not now, or not set up; nothing was changed.",
}


class InvalidAnalyser(LogdistError):
    """A spec breaks the rules of the CRD. Nothing was written."""

    http_status = 422

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in self.faults))


class UnknownGeneration(LogdistError):
    http_status = 404

    def __init__(self, *, asked: int, known: list[int]) -> None:
        told = f"known are {min(known)} to {max(known)}" if known else "none is known yet"
        super().__init__(f"no generation {asked}: {told}")


class UnknownDistributor(LogdistError):
    """No distributor has this instance id: it changes with every start."""

    http_status = 404

    def __init__(self, *, asked: str, known: Iterable[str]) -> None:
        super().__init__(f"no distributor {asked}: there are {', '.join(known) or 'none'}")


class UnknownDeadLetter(LogdistError):
    http_status = 404


class DistributorUnreachable(LogdistError):
    http_status = 502


class DistributorFailed(LogdistError):
    """It answers, but not as it should."""

    http_status = 502


class NoDrills(LogdistError):
    """The analyser does not know drills: it is no sample analyser."""

    http_status = 409


class NoEndpoints(LogdistError):
    http_status = 409


class AnalyserUnreachable(LogdistError):
    http_status = 502


class NoIngestUrl(LogdistError):
    http_status = 503


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI of answers that are not 2xx."""
    return {status: {"model": models.Refusal, "description": TOLD[status]} for status in statuses}


def answer(status: int, reason: str, error: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    # Not JSONResponse: what a client sent may hold half a surrogate pair, which no UTF-8 can say.
    body = json.dumps({"error": error, "reason": reason, **more}, separators=(",", ":"))
    return Response(body, status, headers, "application/json")


def install_problems(app: FastAPI) -> None:
    """Answer every error of a route, unknown paths, wrong methods and bad parameters in one form."""

    @app.exception_handler(LogdistError)
    async def refuse(_: Request, error: LogdistError) -> Response:
        more: dict[str, Any] = {}
        if isinstance(error, InvalidAnalyser):
            faults = [{"field": fault.field, "message": fault.message} for fault in error.faults]
            more = {"field": error.faults[0].field, "faults": faults}
        return answer(getattr(error, "http_status", 500), type(error).__name__, str(error), **more)

    @app.exception_handler(HTTPException)
    async def refuse_request(request: Request, error: HTTPException) -> Response:
        path, method = request.scope["path"], request.method
        told: dict[int, tuple[str, str]] = {
            400: ("MalformedRequest", "the body is not JSON"),
            404: ("NotFound", f"no {path} here: see /docs"),
            405: ("MethodNotAllowed", f"{path} does not take {method}: see /docs"),
            413: ("BodyTooLarge", "the body is larger than 1 MiB"),
        }
        reason, message = told.get(error.status_code, ("HttpError", str(error.detail)))
        return answer(error.status_code, reason, message, error.headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(request: Request, error: RequestValidationError) -> Response:
        first: dict[str, Any] = error.errors()[0]
        if isinstance(first.get("input"), bytes):  # FastAPI reads nothing else as JSON, so no page's form gets through
            kind = request.headers.get("content-type", "")
            return answer(415, "UnsupportedMediaType", f"send the body as application/json, not {kind or 'untyped'}")
        place, *parts = map(str, first["loc"])
        if first["type"] == "json_invalid":
            return answer(400, "MalformedRequest", f"the body is not JSON: {first['ctx']['error']}")
        field = ".".join(parts) if place == "body" else ".".join((place, *parts))
        reason = "InvalidBody" if place == "body" else "BadParameter"
        return answer(422, reason, f"{first['msg']} at {field or 'the body'}", field=field)

    @app.exception_handler(Exception)
    async def apologise(_: Request, error: Exception) -> Response:
        return answer(500, "InternalError", f"the operator has a fault, its log says more: {type(error).__name__}")
