"""The bearer token that the operator shows to the distributors."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import httpx


def read_token(path: Path) -> str:
    """Return the token in a file. Raises OSError when it cannot be read, ValueError when it holds no token."""
    token = path.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("must hold one token, ASCII without spaces")
    return token


class BearerFile(httpx.Auth):
    """Takes the token from a file, afresh for every request: a rotated secret counts from the next push on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with contextlib.suppress(OSError, ValueError):  # being replaced: the last token serves until it is there
            self._token = read_token(self._path)
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request
