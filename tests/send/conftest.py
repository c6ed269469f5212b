"""A scripted HTTP server."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Script:
    """What the server answers, one entry a request: raw bytes, or None to break the connection. Then ACCEPTED.

    While `is_hanging`, a request is answered only when `release` is set.
    """

    answers: deque[bytes | None] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    is_hanging: bool = False
    arrivals: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.startswith(b"content-length:"))
                body = json.loads(await reader.readexactly(length))
                self.bodies.append(body)
                self.arrivals.put_nowait(body)
                if self.is_hanging:
                    await self.release.wait()
                answer = self.answers.popleft() if self.answers else ACCEPTED
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
                if b"onnection: close" in answer or b"Content-Length" not in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _serving(*answers: bytes | None) -> AsyncIterator[Script]:
    script = Script(deque(answers))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/packets"
    try:
        yield script
    finally:
        server.close()


@pytest.fixture
def serving() -> Callable[..., Any]:
    """`async with serving(*answers) as script`: a server that answers so."""
    return _serving
