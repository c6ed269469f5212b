"""The bearer tokens that a port asks for, read from a file and again when it changes: a rotation needs no restart."""

import hmac
import logging
from pathlib import Path

from fastapi import Request

from logdist_distributor.errors import BadTokenFile, Unauthorized
from logdist_distributor.watch import Watch

log = logging.getLogger(__name__)


class Tokens:
    """The tokens of one file, one a line. Any of them is right, so that a rotation locks nobody out.

    Raises OSError or BadTokenFile when there is none at start. Later the last good ones stay.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._watch = Watch(file)
        self._tokens = read_tokens(file)

    def are_shown_by(self, authorization: bytes) -> bool:
        """Whether the value of an `Authorization` header shows one of the tokens. Compares in constant time."""
        scheme, _, offered = authorization.partition(b" ")
        offered = offered.strip(b" ")
        matches = [hmac.compare_digest(offered, token) for token in self._tokens]
        return scheme.lower() == b"bearer" and any(matches)

    def refresh(self) -> bool:
        """Read the file if it has changed. True when other tokens count from now on."""
        if not self._watch.has_changed():
            return False
        before = self._tokens
        try:
            self._tokens = read_tokens(self._file)
        except (OSError, BadTokenFile) as error:
            log.error("the tokens stay as they were: %s", error)
        return self._tokens != before


def read_tokens(file: Path) -> list[bytes]:
    """Raises OSError, and BadTokenFile when it holds none: an empty token would let everybody in."""
    tokens = [line.strip() for line in file.read_bytes().splitlines() if line.strip()]
    if not tokens or not all(
        token.isascii() and token.decode().isprintable() and b" " not in token for token in tokens
    ):
        raise BadTokenFile(f"{file} must hold tokens, one a line, ASCII without spaces")
    return tokens


async def authorise(request: Request) -> None:
    """For routes of an app whose state has `tokens` (None: nobody is asked). Raises Unauthorized."""
    tokens: Tokens | None = request.app.state.tokens
    shown = request.headers.get("authorization", "").encode("latin-1")
    if tokens is not None and not tokens.are_shown_by(shown):
        raise Unauthorized
