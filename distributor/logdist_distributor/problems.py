"""Errors as answers: whatever goes wrong in a route or before it, the body says what and where, in one form."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response


def install_problems(app: FastAPI) -> None:
    """Answer unknown paths, wrong methods and bad parameters as `{"error", "reason", ...}`."""

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        path, method = request.scope["path"], request.method
        told: dict[int, tuple[str, str]] = {
            404: (f"no {path} here: see /docs", "NotFound"),
            405: (f"{path} does not take {method}: see /docs", "MethodNotAllowed"),
        }
        message, reason = told.get(error.status_code, (str(error.detail), "HttpError"))
        return JSONResponse({"error": message, "reason": reason}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def refuse_parameters(_: Request, error: RequestValidationError) -> Response:
        first: dict[str, Any] = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        return JSONResponse({"error": f"{first['msg']} at {field}", "reason": "BadParameter", "field": field}, 422)
