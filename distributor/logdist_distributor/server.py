"""One distributor: builds the parts, joins them, starts them in order and stops them in order."""

import asyncio
import functools
import logging
import secrets
import socket
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from logdist_distributor.control.app import Control, build_control_app
from logdist_distributor.control.metrics import Sources, build_metrics
from logdist_distributor.control.registry import RegistryKeeper
from logdist_distributor.control.status import Identity, build_status
from logdist_distributor.core.engine import Engine
from logdist_distributor.core.recent import WINDOW_IDS
from logdist_distributor.delivery.health import HealthChecks
from logdist_distributor.delivery.runner import Runner
from logdist_distributor.formats.stored import id_of
from logdist_distributor.ingest.app import build_app
from logdist_distributor.ingest.door import SWEEP_S, Door
from logdist_distributor.ingest.fastlane import FastLane
from logdist_distributor.ingest.intake import Balance, Intake
from logdist_distributor.ingest.tls import Certificate
from logdist_distributor.listening import AppServer, listen
from logdist_distributor.settings import Settings
from logdist_distributor.spool.lmdb import LmdbSpool
from logdist_distributor.spool.memory import MemorySpool
from logdist_distributor.spool.store import Spool
from logdist_distributor.spool.writer import Writer
from logdist_distributor.tokens import Tokens

CONNECTIONS_MAX: Final = 10_000
LINGER_S: Final = 1  # when stopping: time for busy connections to be told to close by an answer
FINISH_S: Final = 5  # when stopping, after draining: time for requests in flight
DRAIN_LOOK_S: Final = 0.02
LOOPBACK: Final = "127.0.0.1"

log = logging.getLogger("logdist_distributor")


class Distributor:
    """All parts of one process. Build it inside the running event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.loop = asyncio.get_running_loop()
        self.is_safe = settings.ack == "safe"
        self.is_stopping = False
        spool = open_spool(settings)
        self.engine = Engine(
            is_safe=self.is_safe,
            memory_bytes=settings.memory_bytes,
            spool_bytes=settings.spool_bytes,
            state=spool.state(),
            known_ids=[id_of(body) for body in spool.recent_bodies(WINDOW_IDS)],
        )
        self.runner = Runner(self.engine)
        intake = Intake(self.engine.admission, Balance(settings.balance_by), self.runner.wake)
        self.writer = Writer(self.engine, spool, read_packet=intake.restore, wake=self.runner.wake)
        self.runner.nudge_writer = self.writer.nudge
        self.checks = HealthChecks(self.engine, self.runner)
        self.keeper = RegistryKeeper(
            self.engine,
            settings.spool_dir / "registry.json",
            settings.registry_file,
            secrets.token_hex(8),
            self.loop.time,
        )
        self.keeper.on_change += [self.runner.sync_lanes, self.checks.sync_lanes]
        self.control_tokens = Tokens(settings.token_file) if settings.token_file else None
        self.ingest_tokens = Tokens(settings.ingest_token_file) if settings.ingest_token_file else None
        self.certificate = (
            Certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert and settings.tls_key else None
        )
        self.door = Door(
            intake,
            self.ingest_tokens,
            connections_max=CONNECTIONS_MAX,
            connection_age_s=settings.max_connection_age,
        )
        self.ingest = self._ingest_server(intake)
        self.control = self._control_server()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then finish what is in flight and make the rest safe.

        Raises OSError when a port is taken, SpoolFailed when the rest could not be written.
        """
        settings = self.settings
        control_host = settings.host if settings.token_file else LOOPBACK
        ingest_socket = listen(settings.host, settings.ingest_port, is_shared=True)
        control_socket = listen(control_host, settings.control_port, is_shared=False)
        self.keeper.restore()
        control = self.loop.create_task(self.control.serve([control_socket]))
        ingest = self.loop.create_task(self.ingest.serve([ingest_socket]))
        self._announce(ingest_socket, control_socket)
        self.writer.nudge()  # what a former process left in the spool
        ticking = self.loop.create_task(self._tick())
        await stop.wait()
        await self._stop(ingest)
        ticking.cancel()
        await asyncio.gather(control, ingest)
        await self.writer.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            now_s = self.loop.time()
            self.engine.fleet.tick(now_s)
            self.door.sweep(now_s)
            self._refresh()
            self.runner.wake()

    def _refresh(self) -> None:
        """Take what was rotated."""
        if self.control_tokens:
            self.control_tokens.refresh()
        if self.ingest_tokens and self.ingest_tokens.refresh():
            self.door.heads.forget()
        if self.certificate:
            self.certificate.refresh()

    async def _stop(self, ingest: asyncio.Task[None]) -> None:
        log.info("stopping: every answer now closes its connection")
        self.is_stopping = True
        self.door.close()
        await asyncio.sleep(LINGER_S)
        self.ingest.should_exit = True
        drain_s = self.settings.drain_seconds
        if not await self._within(drain_s, lambda: self._is_drained(ingest)):
            log.info("not drained after %g s: what is left waits in the spool", drain_s)
        if self.is_safe:
            self.runner.stop_dealing()
        self.checks.close()
        if not await self._within(FINISH_S, lambda: ingest.done() and not self.engine.in_flight()):
            log.warning(
                "%d senders are in the middle of a request, and %d packets in flight may be delivered again",
                len(self.door.visits),
                self.engine.in_flight(),
            )
        self.runner.close()
        await self.writer.flush()
        for connection in list(self.door.visits):
            connection.transport.abort()  # nothing of an unfinished request was taken
        left = self.engine.queued() + self.engine.in_flight()
        if self.is_safe:
            log.info("stopped: %d packets wait in %s", left, self.settings.spool_dir)
        elif left:
            log.warning("stopped: %d packets are lost (--ack memory keeps nothing)", left)
        self.control.should_exit = True

    def _is_drained(self, ingest: asyncio.Task[None]) -> bool:
        """Every sender has been answered, and every packet delivered that somebody takes.

        The spool is emptied too: this process may never be started again. Where nothing on disk holds the rest, that is
        worth waiting for an analyser.
        """
        is_hopeless = self.is_safe and not self.engine.fleet.has_taker
        return ingest.done() and not self.engine.in_flight() and (is_hopeless or not self.engine.queued())

    async def _within(self, limit_s: float, is_so: Callable[[], bool]) -> bool:
        """Wait for it, and say whether it came in time."""
        give_up_s = self.loop.time() + limit_s
        # Conditions in three places, once in a life: looking is simpler than events.
        while not (reached := is_so()) and self.loop.time() < give_up_s:  # noqa: ASYNC110
            await asyncio.sleep(DRAIN_LOOK_S)
        return reached

    def _not_ready(self) -> str:
        if self.is_stopping:
            return "stopping"
        return "" if self.keeper.is_ready else "no registry yet: the operator has not pushed one"

    def _ingest_server(self, intake: Intake) -> AppServer:
        app = build_app(intake, self.ingest_tokens)
        return AppServer(
            app,
            self.settings.drain_seconds + FINISH_S,
            self.certificate,
            http=functools.partial(FastLane, self.door),
        )

    def _control_server(self) -> AppServer:
        settings, engine, now = self.settings, self.engine, self.loop.time
        identity = Identity(version("logdist-distributor"), settings.ack, settings.balance_by, now())
        sources = Sources(
            version=identity.version,
            engine=engine,
            keeper=self.keeper,
            writer=self.writer,
            batch_packets=self.runner.batch_packets,
            delivery_s=self.runner.delivery_s,
            connections=lambda: len(self.door.visits),
            refusals=self.door.intake.refusals.totals,
            now=now,
        )
        control = Control(
            keeper=self.keeper,
            writer=self.writer,
            metrics=build_metrics(sources),
            status=lambda: build_status(engine, self.keeper, identity, now()),
            not_ready=self._not_ready,
            tokens=self.control_tokens,
        )
        return AppServer(build_control_app(control), FINISH_S)

    def _announce(self, ingest: socket.socket, control: socket.socket) -> None:
        settings = self.settings
        scheme = "https" if self.certificate else "http"
        senders, operators = ingest.getsockname()[:2], control.getsockname()[:2]
        log.info("senders: %s://%s:%d, control: http://%s:%d", scheme, *senders, *operators)
        if settings.token_file is None:
            log.warning("no --token-file: the control port is open to this machine only, and asks for no token")
        if not self.is_safe:
            log.warning("--ack memory: senders are answered at once, and a crash loses what is not delivered")
        found = self.engine.commits.state
        if found.packets or found.dead:
            log.info("found in %s: packets: %d, dead letters: %d", settings.spool_dir, found.packets, found.dead)


def open_spool(settings: Settings) -> Spool:
    """Raises SpoolFailed when the folder cannot be used."""
    if settings.ack == "memory":
        settings.spool_dir.mkdir(parents=True, exist_ok=True)  # the saved registry goes there
        return MemorySpool()
    return LmdbSpool(settings.spool_dir, settings.spool_bytes)
