"""One keep-alive HTTP/1.1 connection that posts JSON. delivery.py owns it.

A client of our own because a general one costs more than everything behind it: per packet httpx took 1,000 us here,
this takes about a tenth. It knows one request, and leaves parsing to httptools.
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where to post, taken from a URL once. The token is read for each connection, so that it can be rotated."""

    host: str
    port: int
    is_tls: bool
    head: bytes  # the request's first lines
    token_file: Path | None = None  # shown as a bearer token
    ca_file: Path | None = None  # whom to trust, instead of the system's authorities


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: str | None
    text: str


class ConnectionFailed(Exception):
    """No whole answer came. The request may or may not have been received."""


def build_target(url: str) -> Target:
    """Take a URL apart.

    Raises ValueError when it is not http(s)://HOST[:PORT][/PATH], or has credentials, which would not be sent.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or not url.isascii():
        raise ValueError(f"expected http://HOST[:PORT]/PATH, got {url!r}")
    if any(character.isspace() for character in url):
        raise ValueError(f"a URL has no spaces: {url!r}")
    is_tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = f"POST {path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
    return Target(parts.hostname, parts.port or (443 if is_tls else 80), is_tls, head.encode("ascii"))


def read_token(file: Path) -> str:
    """The token to show: the first line of a file. Raises OSError, or ValueError when it holds none."""
    token = file.read_text(encoding="ascii").strip().partition("\n")[0].strip()
    if not token or not token.isprintable() or " " in token:
        raise ValueError("must hold a token, ASCII without spaces")
    return token


class Connection:
    """Posts one body after the other; connects when there is need to."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._wire: _Wire | None = None
        self._head = target.head

    async def post(self, body: bytes) -> Answer:
        """The server's answer.

        Raises ConnectionFailed when there is no connection, it breaks, or the answer does not come in time.
        """
        try:
            if self._wire is None or not self._wire.is_usable:
                self._wire = await self._connect()
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._wire.post(self._head, body)
        except TimeoutError as error:
            raise ConnectionFailed("no answer in time") from error
        except (OSError, ValueError) as error:  # of the network, or of the token's file
            raise ConnectionFailed(str(error) or type(error).__name__) from error
        finally:
            # An answer that was not waited for (time-out, cancelled) must not be taken for the next one's.
            if self._wire is not None and not self._wire.is_usable:
                self._wire.close()

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()

    async def _connect(self) -> "_Wire":
        target = self._target
        self._head = target.head
        if target.token_file:
            self._head += f"authorization: Bearer {read_token(target.token_file)}\r\n".encode()
        context = ssl.create_default_context(cafile=target.ca_file) if target.is_tls else None
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, wire = await asyncio.get_running_loop().create_connection(_Wire, target.host, target.port, ssl=context)
        return wire


class _Wire(asyncio.Protocol):
    """Bytes in both directions, one request at a time."""

    def __init__(self) -> None:
        self.is_usable = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._retry_after: str | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._start()

    async def post(self, head: bytes, body: bytes) -> Answer:
        assert self._transport is not None  # noqa: S101 - connected before anyone can call this
        self._answer = asyncio.get_running_loop().create_future()
        self.is_usable = False  # until the answer is complete
        self._transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), body))
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_usable = False
        if self._is_until_close:
            self._complete()
        self._fail(str(exc) if exc else "the server closed the connection")

    # what httptools calls

    def on_header(self, name: bytes, value: bytes) -> None:
        lower = name.lower()
        if lower == b"retry-after":
            self._retry_after = value.decode("latin-1")
        elif lower in {b"content-length", b"transfer-encoding"}:
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._is_until_close = not self._has_length and self._parser.get_status_code() >= 200

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > ANSWER_BYTES_MAX:
            self._fail("the answer is too long")

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:  # below: "100 Continue", the answer is yet to come
            self.is_usable = self._parser.should_keep_alive()
            self._complete()
        self._start()

    def _start(self) -> None:
        self._body = b""
        self._retry_after = None
        self._has_length = False
        self._is_until_close = False

    def _complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            text = self._body.decode("utf-8", "replace")
            self._answer.set_result(Answer(self._parser.get_status_code(), self._retry_after, text))

    def _fail(self, reason: str) -> None:
        self.is_usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError(reason))
        self.close()
