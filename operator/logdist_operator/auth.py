"""Bearer tokens in files: the one that the operator shows to the distributors, and the one that it asks of people."""

import contextlib
import hmac
from pathlib import Path


def read_tokens(path: Path) -> list[str]:
    """Return the tokens in a file, one a line. Raises OSError when it cannot be read, ValueError without any."""
    tokens = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not tokens or not all(token.isascii() and token.isprintable() and " " not in token for token in tokens):
        raise ValueError("must hold at least one token, one a line, ASCII without spaces")
    return tokens


class TokenFile:
    """Tokens, read afresh each time: a rotated secret counts at once. While it is replaced, the last ones serve."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tokens = [""]

    def token(self) -> str:
        """Return the first, which is the one to show; empty when there never was one."""
        return self._read()[0]

    def is_token(self, offered: str) -> bool:
        """Whether it is any of them. Compares in constant time."""
        sent = offered.encode("utf-8", "replace")
        matches = [hmac.compare_digest(sent, token.encode()) for token in self._read()]
        return bool(sent) and any(matches)

    def _read(self) -> list[str]:
        with contextlib.suppress(OSError, ValueError):
            self._tokens = read_tokens(self._path)
        return self._tokens
