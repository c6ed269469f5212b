"""One connection in memory: bytes in, bytes out, and what reached the engine.

The three ways a stream of bytes can be answered: the fast lane, the reference (the same protocol that is slow from the
start), and uvicorn's own protocol under the same app.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from logdist_distributor.core.commits import SpoolState
from logdist_distributor.core.engine import Engine
from logdist_distributor.errors import TooManyConnections
from logdist_distributor.ingest.app import build_app
from logdist_distributor.ingest.door import Door
from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.ingest.intake import Balance, Intake
from logdist_distributor.ingest.reference import ReferenceLane
from logdist_distributor.listening import config
from logdist_distributor.tokens import Tokens

MEMORY_BYTES = 64 << 20


class Wire(asyncio.Transport):
    """A transport whose other end is the test."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__({"peername": ("192.0.2.1", 40000), "sockname": ("192.0.2.2", 8080)})
        self.loop = loop
        self.protocol: Any = None
        self.sent = bytearray()
        self.is_closed = False
        self.is_stuck = False  # the other end does not read, so closing takes for ever
        self.is_aborted = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        if not self.is_closed:
            self.sent += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            if not self.is_stuck:
                self.loop.call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True
        self.loop.call_soon(self.protocol.connection_lost, None)

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Slow(ReferenceLane):
    """The reference: every byte goes to uvicorn and the routes."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        try:
            self.door.enter(self, len(self.connections))
        except TooManyConnections as error:
            self.close_with(error)


class Plain(HttpToolsProtocol):
    """uvicorn's own protocol."""

    def __init__(self, _door: Door, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)


@dataclass(frozen=True)
class Outcome:
    """All that a sender and the analysers can see of one connection."""

    sent: bytes
    packets: list[bytes]
    repeats: int
    is_closed: bool

    @property
    def statuses(self) -> list[int]:
        """The status codes answered, in order. No body of ours holds a status line."""
        return [int(part[:3]) for part in self.sent.split(b"HTTP/1.1 ")[1:]]


class Connection:
    """A protocol on a wire, with an engine that settles what it accepts `turns` turns of the loop later."""

    def __init__(self, ways: "Ways", kind: type[Any], turns: int = 0, memory_bytes: int = MEMORY_BYTES) -> None:
        self.loop = ways.loop
        self.engine = Engine(is_safe=False, memory_bytes=memory_bytes, spool_bytes=1 << 40, state=SpoolState())
        self.turns = turns
        self.delivered: list[bytes] = []
        self.intake = Intake(self.engine.admission, Balance.PACKETS, lambda: self._pump(self.turns))
        self.door = Door(self.intake, ways.tokens, connections_max=1000, connection_age_s=0)
        self.config = ways.config
        self.config.loaded_app.state.intake = self.intake
        self.state = ServerState()
        self.kind = kind
        self.wire = self.connect()

    def connect(self) -> Wire:
        """Open a connection to the same door."""
        wire = Wire(self.loop)
        wire.protocol = self.kind(self.door, config=self.config, server_state=self.state, app_state={}, _loop=self.loop)
        wire.protocol.connection_made(wire)
        return wire

    @property
    def protocol(self) -> Any:
        """Who reads the wire now: the fast lane may have handed it over."""
        return self.wire.protocol

    def _pump(self, turns: int) -> None:
        if turns >= 0:
            self.loop.call_soon(self._pump, turns - 1)
        else:
            self.deliver()

    def deliver(self) -> None:
        """Settle all that was accepted, as if an analyser had it."""
        self.engine.take_in(0.0)
        backlog = self.engine.backlog
        while backlog.queue:
            packet = backlog.queue.popleft()
            self.delivered.append(packet.body or b"")
            packet.body = None
        backlog.held_bytes = 0

    async def feed(self, chunks: Iterable[bytes], *, is_hasty: bool = False) -> None:
        """Send the chunks, each when all before it has been acted on; hasty: as fast as the connection reads."""
        for chunk in chunks:
            if not is_hasty or self.wire.is_paused:
                await self.quiet()
            if self.wire.is_closed or self.wire.is_paused:
                break
            self.protocol.data_received(chunk)
            for _ in range(len(chunk) % 8 if is_hasty else 0):  # anything from no time to almost enough
                await asyncio.sleep(0)
        await self.quiet()

    async def quiet(self) -> None:
        """Until nothing is left to do: only a stock event loop shows that it has nothing ready."""
        await asyncio.sleep(0)
        while self.loop._ready:  # type: ignore[attr-defined]  # noqa: ASYNC110
            await asyncio.sleep(0)

    def outcome(self) -> Outcome:
        return Outcome(bytes(self.wire.sent), self.delivered, self.engine.ledger.repeats, self.wire.is_closed)


class Crashes(logging.Handler):
    """Keeps the exceptions that escaped from a route: none may."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info or record.exc_info[0] is not GeneratorExit:  # a connection thrown away with its test
            self.seen.append(record.exc_info or record.getMessage())


class Ways:
    """Builds connections. One app serves one connection's engine after the other."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens
        self.loop = asyncio.new_event_loop()
        self.config = config(build_app(None, tokens), finish_s=1)  # type: ignore[arg-type]
        self.config.load()
        self.config.loaded_app = self.config.app
        self.crashes = Crashes()
        logging.getLogger("uvicorn.error").addHandler(self.crashes)

    def run(self, kind: type[Any], chunks: list[bytes], *, turns: int = 0, is_hasty: bool = False) -> Outcome:
        """Send the chunks over a fresh connection, look, and hang up."""
        return self.loop.run_until_complete(self._run(kind, chunks, turns, is_hasty))

    async def _run(self, kind: type[Any], chunks: list[bytes], turns: int, is_hasty: bool) -> Outcome:
        connection = Connection(self, kind, turns)
        await connection.feed(chunks, is_hasty=is_hasty)
        outcome = connection.outcome()
        connection.wire.close()
        await connection.quiet()
        assert not self.crashes.seen, self.crashes.seen.pop()
        return outcome

    def fast(self, chunks: list[bytes], **how: Any) -> Outcome:
        return self.run(FastLane, chunks, **how)

    def slow(self, chunks: list[bytes], **how: Any) -> Outcome:
        return self.run(Slow, chunks, **how)

    def plain(self, chunks: list[bytes], **how: Any) -> Outcome:
        return self.run(Plain, chunks, **how)
