"""An analyser that does what a test tells it: takes packets, refuses them, or breaks in every way a server can.

In a thread of the test; loopback_process.py has it as a process, which can be stopped and killed. Every packet
that is answered with success is recorded before the answer leaves.
"""

import asyncio
import re
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from loopback_wait import HeldPort, LoopThread

LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
PHRASES: Final = {200: "OK", 207: "Multi-Status"}


class Identified(msgspec.Struct):
    id: str


_id_of = msgspec.json.Decoder(Identified).decode


def reply(status: int, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d %s\r\ncontent-length: %d\r\n\r\n%s" % (
        status,
        PHRASES.get(status, "Status").encode(),
        len(body),
        body,
    )


class Server:
    """The server itself. `script` answers deliveries: bytes to send, and None breaks the connection."""

    def __init__(self, record: Callable[[list[str]], None]) -> None:
        self.record = record
        self.script: Script = accept
        self.is_healthy = True
        self.is_mute = False  # checks are never answered
        self.tls: ssl.SSLContext | None = None
        self.refused: list[bytes] = []  # heads without the line that is wanted
        self.header = b""  # a line that every head must have, else the answer is 401 and repeats the head
        self.writers: set[asyncio.StreamWriter] = set()
        self.requests: list[tuple[str, list[str]]] = []  # path and ids of every delivery that was read whole
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> None:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        self._server = await asyncio.start_server(self._serve, sock=bound, limit=64 << 20, ssl=self.tls)

    async def vanish(self) -> None:
        """Like a process that died: nobody listens, every connection is reset."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self.writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                answer = await self._answer(head, reader)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                if self.script in BREAKING and not head.startswith(b"GET"):
                    writer.close()
                    return
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass  # cancelled: the test is over
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader) -> bytes | None:
        method, path, _ = head.split(b" ", 2)
        if self.header not in head:
            self.refused.append(head)
            length = LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            return reply(401, b"not with " + head)
        if method == b"GET":
            if self.is_mute:
                await asyncio.Event().wait()
            return reply(200 if self.is_healthy else 503)
        length = int(LENGTH.search(head)[1])  # type: ignore[index]
        if self.script is close_midway:
            await reader.read(max(1, length // 2))
            return None
        body = await reader.readexactly(length)
        ids = [_id_of(line).id for line in body.split(b"\n") if line]
        self.requests.append((path.decode(), ids))
        return await self.script(self, ids)


Script = Callable[[Server, list[str]], Awaitable[bytes | None]]


async def accept(server: Server, ids: list[str]) -> bytes:
    server.record(ids)
    return reply(200)


async def accept_dated(server: Server, ids: list[str]) -> bytes:
    """Another head each time, as from a server that tells the time."""
    server.record(ids)
    return b"HTTP/1.1 200 OK\r\nx-request: %d\r\ncontent-length: 2\r\n\r\nok" % len(server.requests)


async def accept_without_content(server: Server, ids: list[str]) -> bytes:
    server.record(ids)
    return b"HTTP/1.1 204 No Content\r\n\r\n"


async def accept_in_chunks(server: Server, ids: list[str]) -> bytes:
    server.record(ids)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


async def accept_and_chatter(server: Server, ids: list[str]) -> bytes:
    """An answer, and the beginning of another that nobody asked for."""
    server.record(ids)
    return reply(200) + b"HTTP/1.1 200 OK\r\n"


async def garbage(_server: Server, _ids: list[str]) -> bytes:
    return b"\x16\x03\x01\x00\xffthis is no HTTP at all\r\n\r\n"


async def half_answer(_server: Server, _ids: list[str]) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly so mu"


async def half_head(_server: Server, _ids: list[str]) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-le"


async def close_midway(_server: Server, _ids: list[str]) -> None:
    """Close in the middle of the request: see _answer, which does not read it whole."""


async def hang_up(_server: Server, _ids: list[str]) -> None:
    """Read the whole request and close without an answer."""


async def stall(_server: Server, _ids: list[str]) -> None:
    await asyncio.Event().wait()


def status(code: int) -> Script:
    async def refuse(_server: Server, _ids: list[str]) -> bytes:
        return reply(code, b"told to")

    return refuse


def slow(delay_s: float) -> Script:
    async def accept_late(server: Server, ids: list[str]) -> bytes:
        await asyncio.sleep(delay_s)
        server.record(ids)
        return reply(200)

    return accept_late


def poisoned_by(*poison: str) -> Script:
    """400 for every request that holds one of these packets."""

    async def refuse(server: Server, ids: list[str]) -> bytes:
        if set(poison) & set(ids):
            return reply(400, b"poison")
        return await accept(server, ids)

    return refuse


def rejecting(*bad: str) -> Script:
    """207 that rejects these packets and takes the others."""

    async def pick_out(server: Server, ids: list[str]) -> bytes:
        rejected = [{"id": packet_id, "error": "not for me"} for packet_id in ids if packet_id in bad]
        server.record([packet_id for packet_id in ids if packet_id not in bad])
        return reply(207, msgspec.json.encode({"rejected": rejected})) if rejected else reply(200)

    return pick_out


async def nonsense_207(_server: Server, _ids: list[str]) -> bytes:
    return reply(207, b'{"rejected": "what?"}')


async def stranger_207(_server: Server, _ids: list[str]) -> bytes:
    return reply(207, b'{"rejected": [{"id": "nobody sent this", "error": "?"}]}')


BREAKING: Final = frozenset({garbage, half_answer, half_head})  # the connection is closed after the bytes


class Analyser:
    """One analyser in the test's loop thread. `order` is what it took, in order, repeats included."""

    def __init__(self, loop: LoopThread, name: str, tls: ssl.SSLContext | None = None) -> None:
        self.name = name
        self.port = HeldPort()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port.number}"
        self.order: list[str] = []
        self.server = Server(self.order.extend)
        self.server.tls = tls
        self._loop = loop
        self.up()

    def up(self) -> None:
        self._loop.run(self.server.listen(self.port.number))

    def down(self) -> None:
        self._loop.run(self.server.vanish())

    def obey(self, script: Script) -> None:
        """From the next delivery on. Requests already stalled stay so: break them with `hang_up_all`."""
        self.server.script = script

    def hang_up_all(self) -> None:
        """Reset every open connection; go on listening."""

        async def reset() -> None:
            for writer in list(self.server.writers):
                writer.transport.abort()

        self._loop.run(reset())

    @property
    def received(self) -> Counter[str]:
        return Counter(self.order[:])

    @property
    def requests(self) -> list[tuple[str, list[str]]]:
        return self.server.requests[:]

    def close(self) -> None:
        self.down()
        self.port.close()
