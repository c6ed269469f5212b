"""The tokens that a port asks for, read from a file and again when it changes: a rotation needs no restart."""

import hmac
import logging
from base64 import b64decode
from binascii import Error as NotBase64
from pathlib import Path
from typing import Final

from fastapi import Request

from logdist_distributor.errors import BadTokenFile, Unauthorized
from logdist_distributor.watch import Watch

CHALLENGE: Final = 'Bearer, Basic realm="logs"'
PLAIN: Final = frozenset({b"bearer", b"splunk", b"apikey"})  # schemes that show the token as it is
PAIRS: Final = frozenset({b"basic", b"apikey"})  # and those that show it after a name and a colon, in base64

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
        """Whether the value of an `Authorization` header shows one of the tokens. Compares in constant time.

        `Bearer`, `Splunk` and `ApiKey` show it as it is; `Basic` as the password of any user, and `ApiKey` so, too.
        """
        scheme, _, shown = authorization.partition(b" ")
        scheme, shown = scheme.lower(), shown.strip(b" ")
        offered = [shown] if scheme in PLAIN else []
        if scheme in PAIRS:
            offered.append(_password(shown))
        matches = [hmac.compare_digest(one, token) for one in offered for token in self._tokens]
        return any(matches)

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


def _password(pair: bytes) -> bytes:
    """Of `name:password` in base64; empty, which no token is, where there is none."""
    try:
        return b64decode(pair, validate=True).partition(b":")[2]
    except (NotBase64, ValueError):
        return b""


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
