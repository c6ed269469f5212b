"""Who may do what. Stands before every route under /api/, so that a route that is added is guarded by being there.

    token file    writes need the token; reads need it too, unless they are open
    none          programs on this machine may do everything; reads by others only if they are open

Never on the word of a web page: a write that a page of another host makes the browser send is refused, and, without a
token, a request under a public name that somebody has pointed at this machine (DNS rebinding).
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from logdist_operator.api.problems import answer
from logdist_operator.api.reach import ApiSettings
from logdist_operator.auth import TokenFile

# Not all of 127.0.0.0/8: Istio's proxy has 127.0.0.6 and brings in the whole mesh. The last is how a socket for both
# families shows 127.0.0.1.
HERE: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BEARER: Final = HTTPBearer(
    auto_error=False,
    description="The token in --api-token-file. Without such a file, programs on the operator's machine need none; "
    "with --api-open-reads, nobody needs one to read.",
)  # for the OpenAPI document; the guard itself looks at the header


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._token_file = TokenFile(settings.token_file) if settings.token_file else None
        self._is_read_open = settings.is_read_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = None
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            refusal = self._refusal(Request(scope))
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        is_read = request.method in READS
        origin, host = request.headers.get("origin"), _host(f"//{request.headers.get('host', '')}")
        if not is_read and origin is not None and _host(origin) != host:
            return answer(403, "ForeignOrigin", f"pages of {origin} may not change anything here")
        if is_read and self._is_read_open:
            return None
        if self._token_file is not None:
            kind, _, offered = request.headers.get("authorization", "").partition(" ")
            if kind.lower() == "bearer" and self._token_file.is_token(offered.strip()):
                return None
            error = "send the token of --api-token-file as `Authorization: Bearer <token>`"
            return answer(401, "Unauthorized", error, {"WWW-Authenticate": "Bearer"})
        if request.client is not None and request.client.host in HERE and not _is_public_name(host):
            return None
        error = (
            "without --api-token-file only programs on the operator's machine are answered, under an address or "
            "localhost; --api-open-reads lets others read"
        )
        return answer(403, "NotFromHere", error)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_public_name(host: str) -> bool:
    """Say whether anybody on the internet might own the name: those have a dot, and are no address."""
    if "." not in host or host.endswith(".localhost"):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False
