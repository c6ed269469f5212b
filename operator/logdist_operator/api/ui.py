"""Serves the web UI, built into a folder: its files, and its first page for every address the page itself draws.

Names under assets/ carry a hash of the content, so they are kept for ever; the page that names them never is.
"""

import os
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE: Final = "index.html"
# As in frontend/nginx.conf. Neither scripts nor styles stand in the page.
POLICY: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"


class Ui(StaticFiles):
    """ASGI app. A browser that opens what is not in the folder gets the first page: the address is one of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        first = path.partition(os.sep)[0]
        is_asset, opens_page = first == "assets", "text/html" in Headers(scope=scope).get("accept", "")
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or not opens_page or is_asset or first == "api":
                raise
            response = await super().get_response(PAGE, scope)
        response.headers.update(HEADERS)
        response.headers["Cache-Control"] = FOR_EVER if is_asset else "no-cache"
        return response
