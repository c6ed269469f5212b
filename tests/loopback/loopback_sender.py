"""Senders: keep-alive clients that send unique packets and repeat each with the same id until it is acknowledged."""

import asyncio
import itertools
import json
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from loopback_wait import LoopThread, until

STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
BACKOFF_S: Final = 0.02
ANSWER_LIMIT_S: Final = 30.0


def packet(packet_id: str, *, messages: int = 1, message_bytes: int = 40) -> dict[str, Any]:
    line = {"level": "INFO", "message": "m" * message_bytes}
    return {"id": packet_id, "timestamp": 1_700_000_000_000, "messages": [line] * messages}


class Reply:
    """A whole answer, its head in lower case."""

    def __init__(self, status: int, head: str, body: bytes) -> None:
        self.status = status
        self.head = head.lower()
        self.body = body

    @property
    def closes(self) -> bool:
        return "connection: close" in self.head


class Client:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.tls = tls
        self.connections = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: bytes, *, path: str = "/distributor/packet", kind: str = "application/json") -> Reply:
        """Raises OSError or EOFError when the connection breaks."""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await self._post(body, path, kind)
        except BaseException:
            self.close()
            raise

    async def _post(self, body: bytes, path: str, kind: str) -> Reply:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
            self.connections += 1
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer_head = await self._reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(answer_head)
        answer_body = await self._reader.readexactly(int(length[1]) if length else 0)
        status = STATUS.match(answer_head)
        assert status, answer_head
        reply = Reply(int(status[1]), answer_head.decode(), answer_body)
        if reply.closes:
            self.close()
        return reply

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Load:
    """Clients that send until they are told to stop, or until `limit` packets are acknowledged.

    `problems` holds every answer that is neither 202 nor 503, and every request without an answer in time.
    """

    def __init__(
        self,
        loop: LoopThread,
        port: int,
        *,
        prefix: str = "p",
        clients: int = 8,
        limit: int | None = None,
        pause_s: float = 0.002,
        make: Callable[[str], dict[str, Any]] = packet,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.acknowledged: list[str] = []
        self.answers: Counter[int] = Counter()
        self.broken = 0
        self.closed_politely = 0
        self.problems: list[str] = []
        self._loop = loop
        self._port = port
        self._tls = tls
        self._pause_s = pause_s
        self._make = make
        numbers = itertools.count() if limit is None else range(limit)
        self._ids: Iterator[str] = (f"{prefix}-{number}" for number in numbers)
        self._is_stopping = False
        self._clients = [asyncio.run_coroutine_threadsafe(self._client(), loop.loop) for _ in range(clients)]

    def reach(self, packets: int, *, limit_s: float = 60) -> None:
        """Wait until so many packets are acknowledged."""
        until(f"{packets} acknowledged", lambda: self._has(packets), limit_s=limit_s)

    def _has(self, packets: int) -> bool:
        assert len(self.acknowledged) >= packets, f"({len(self.acknowledged)} are; answers: {dict(self.answers)})"
        return True

    def more(self, packets: int) -> None:
        """Wait until so many more are acknowledged."""
        self.reach(len(self.acknowledged) + packets)

    def more_or_later(self, packets: int, looks: int = 15) -> None:
        """Wait until so many more are acknowledged, or for a moment: the disk may fail, and the analysers be away."""
        wanted = len(self.acknowledged) + packets
        left = iter(range(looks))
        until("more, or later", lambda: len(self.acknowledged) >= wanted or next(left, None) is None)

    def stop(self) -> list[str]:
        """Let every client finish the packet it holds. Gives the acknowledged ids."""
        self._is_stopping = True
        return self.finish()

    def finish(self, *, limit_s: float = 90) -> list[str]:
        """Wait for every client to end. Gives the acknowledged ids."""
        for client in self._clients:
            client.result(limit_s)
        assert not self.problems, self.problems[:5]
        return self.acknowledged

    async def _client(self) -> None:
        client = Client(self._port, self._tls)
        try:
            for packet_id in self._ids:
                await self._deliver(client, packet_id)
                if self._is_stopping:
                    return
                await asyncio.sleep(self._pause_s)
        finally:
            client.close()

    async def _deliver(self, client: Client, packet_id: str) -> None:
        body = json.dumps(self._make(packet_id)).encode()
        while True:
            try:
                reply = await client.post(body)
            except TimeoutError:
                self.problems.append(f"{packet_id}: no answer")
                return
            except (OSError, EOFError):
                self.broken += 1
            else:
                self.answers[reply.status] += 1
                self.closed_politely += reply.closes
                if reply.status == 202:
                    self.acknowledged.append(packet_id)
                    return
                if reply.status != 503:
                    self.problems.append(f"{packet_id}: {reply.status} {reply.body!r}")
                    return
            await asyncio.sleep(BACKOFF_S)
