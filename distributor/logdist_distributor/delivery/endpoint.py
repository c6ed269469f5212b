"""Where requests of delivery go, and what comes back."""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from logdist_distributor.delivery.access import Access

REMEMBERED_BYTES_MAX: Final = 1024  # of one answer
REMEMBERED_MAX: Final = 64  # answers of an endpoint
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Answer(msgspec.Struct, frozen=True):
    """A whole response."""

    status: int
    body: bytes


class Broken(msgspec.Struct, frozen=True):
    """No response, or half of one. `reason` is for people."""

    reason: str
    is_timeout: bool = False


Outcome = Answer | Broken


class Endpoint:
    """Where requests go, and how they are let in. `prefix` is the path of the URL, without the last slash.

    What it answered is remembered by its bytes: most answers are the same but for the second in their Date.
    """

    def __init__(self, url: str, access: Access) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.port = parts.port or DEFAULT_PORTS[parts.scheme]
        self.authority = parts.netloc
        self.prefix = parts.path.rstrip("/")
        self.is_secure = parts.scheme == "https"
        self.access = access
        self.answers: dict[bytes, Answer] = {}

    def remember(self, data: bytes, answer: Answer) -> None:
        """These bytes, and no others, were this answer, and left the connection open."""
        if len(data) <= REMEMBERED_BYTES_MAX:
            if len(self.answers) >= REMEMBERED_MAX:
                self.answers.clear()
            self.answers[data] = answer

    def head(self, method: str, path: str, content_type: str = "") -> bytes:
        """A request head without its Content-Length and blank line."""
        headers = {"host": self.authority, "user-agent": "logdist-distributor"} | self.access.headers
        if content_type:
            headers["content-type"] = content_type
        lines = [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([f"{method} {self.prefix}{path} HTTP/1.1", *lines, ""]).encode()

    async def connect(self, protocol: Callable[[], asyncio.BaseProtocol]) -> asyncio.BaseTransport:
        """Open a connection. Raises OSError, and UnicodeError for a host name that no resolver can take."""
        tls, name = (self.access.context(), self.access.server_name) if self.is_secure else (None, None)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(protocol, self.host, self.port, ssl=tls, server_hostname=name)
        return transport
