"""The bearer token that the operator shows to the distributors."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import httpx


class BearerFile(httpx.Auth):
    """Takes the token from a file, afresh for every request: a rotated secret counts from the next push on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with contextlib.suppress(OSError):  # being replaced: the last token serves until the new one is there
            self._token = self._path.read_text(encoding="utf-8").strip() or self._token
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request
