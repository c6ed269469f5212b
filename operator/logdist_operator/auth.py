"""Bearer tokens in files: the one that the operator shows to the distributors, and the one that it asks of people."""

import contextlib
import hmac
from pathlib import Path


def read_token(path: Path) -> str:
    """Return the token in a file. Raises OSError when it cannot be read, ValueError when it holds no token."""
    token = path.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("must hold one token, ASCII without spaces")
    return token


class TokenFile:
    """A token, read afresh each time: a rotated secret counts at once. While it is replaced, the last one serves."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = ""

    def token(self) -> str:
        """Return the token; empty when there never was one."""
        with contextlib.suppress(OSError, ValueError):
            self._token = read_token(self._path)
        return self._token

    def is_token(self, offered: str) -> bool:
        """Compare in constant time."""
        token = self.token().encode()
        return bool(token) and hmac.compare_digest(offered.encode("utf-8", "replace"), token)
