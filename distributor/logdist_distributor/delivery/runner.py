"""Sends what the engine deals, and tells it what became of it."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from logdist_distributor.core.engine import Engine
from logdist_distributor.core.histogram import DELIVERY_BOUNDS_S, Histogram
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.packet import Batch
from logdist_distributor.core.standing import Event, State
from logdist_distributor.delivery.access import Accesses
from logdist_distributor.delivery.answers import REFUSED, explain, rejected_packets
from logdist_distributor.delivery.client import Connection
from logdist_distributor.delivery.endpoint import Answer, Broken, Endpoint, Outcome
from logdist_distributor.errors import Unconvertible
from logdist_distributor.formats.compression import compress
from logdist_distributor.formats.outgoing import CONTENT_TYPES, body_for

BATCH_BOUNDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

DEAD_REPORT_S: Final = 10.0
TURNS_MAX: Final = 8  # of the loop before packets that keep coming are dealt: less than a millisecond

log = logging.getLogger(__name__)


class Channel:
    """The connections of one lane: never more than its requests in flight, kept open between them."""

    def __init__(self, lane: Lane, accesses: Accesses) -> None:
        self.accesses = accesses
        self.endpoint = Endpoint(lane.endpoint, accesses.of(lane))
        self.idle: list[Connection] = []
        self.busy: set[Connection] = set()
        self._configure(lane)

    def send(self, batch: Batch, done: Callable[[Outcome], None]) -> None:
        """Send a batch; `done` is called once with the outcome. Raises Unconvertible; then nothing was sent."""
        entry = batch.lane.entry
        if entry is not self.entry or batch.lane.analyser.credentials is not self.credentials:
            self._configure(batch.lane)
        body = body_for(entry.protocol, [packet.body or b"" for packet in batch.packets])
        if entry.compression == "gzip":
            body = compress(body)
        connection = self._connection()
        self.busy.add(connection)
        request = b"%bcontent-length: %d\r\n\r\n%b" % (self.head, len(body), body)
        connection.ask(request, entry.timeout_ms / 1000, partial(self._answered, connection, done))

    def close(self) -> None:
        for connection in (*self.idle, *self.busy):
            connection.close()

    def _configure(self, lane: Lane) -> None:
        """Send so from now on. A connection that was let in otherwise is not used again."""
        self.entry, self.credentials = lane.entry, lane.analyser.credentials
        access = self.accesses.of(lane)
        if access is not self.endpoint.access:
            self.endpoint = Endpoint(lane.endpoint, access)
            while self.idle:
                self.idle.pop().close()
        self.head = self.endpoint.head("POST", self.entry.path, CONTENT_TYPES[self.entry.protocol])
        if self.entry.compression == "gzip":
            self.head += b"content-encoding: gzip\r\n"

    def _connection(self) -> Connection:
        while self.idle:
            connection = self.idle.pop()
            if connection.is_open:
                return connection
        return Connection(self.endpoint)

    def _answered(self, connection: Connection, done: Callable[[Outcome], None], outcome: Outcome) -> None:
        self.busy.discard(connection)
        if connection.endpoint is not self.endpoint:
            connection.close()
        elif connection.is_open:
            self.idle.append(connection)
        done(outcome)


class Runner:
    """Obeys the engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.nudge_writer: Callable[[], None] = lambda: None  # called when something may need the disk
        self.batch_packets = Histogram(BATCH_BOUNDS)
        self.delivery_s = Histogram(DELIVERY_BOUNDS_S)
        self._loop = asyncio.get_running_loop()
        self.accesses = Accesses()
        self._channels: dict[Lane, Channel] = {}
        self._is_awake = False
        self._turns = 0  # of the loop, since it was woken
        self._gathered = 0  # packets that had come by the last of them
        self._is_dealing = True
        self._quiet_until_s = 0.0  # about dead letters

    def wake(self) -> None:
        """Deal soon, once, whatever has come until then."""
        if not self._is_awake:
            self._is_awake = True
            self._turns = self._gathered = 0
            self._loop.call_soon(self._gather)

    def _gather(self) -> None:
        """Let the loop look at its sockets again while packets keep coming: larger batches cost less a packet."""
        fresh = len(self.engine.admission.fresh)
        if fresh == self._gathered or self._turns == TURNS_MAX:
            self._run()
        else:
            self._gathered = fresh
            self._turns += 1
            self._loop.call_soon(self._gather)

    def sync_lanes(self) -> None:
        """The registry changed: close the channels of lanes that are gone and have nothing in flight."""
        fleet = self.engine.fleet
        living = {*fleet.lanes(), *fleet.retired}
        for lane in [lane for lane in self._channels if lane not in living]:
            self._channels.pop(lane).close()
        self.accesses.keep(fleet.analysers.keys() | {lane.entry.uid for lane in fleet.retired})
        self.wake()

    def stop_dealing(self) -> None:
        """From now on nothing new is sent; what comes in waits for the disk."""
        self._is_dealing = False

    def close(self) -> None:
        self._is_dealing = False
        for channel in self._channels.values():
            channel.close()

    def _run(self) -> None:
        self._is_awake = False
        if not self._is_dealing:
            self.engine.take_in(self._loop.time())
            self.nudge_writer()
            return
        now_s = self._loop.time()
        for batch in self.engine.dispatch(now_s):
            self.batch_packets.observe(len(batch.packets))
            channel = self._channels.get(batch.lane)
            if channel is None:
                channel = self._channels[batch.lane] = Channel(batch.lane, self.accesses)
            try:
                channel.send(batch, partial(self._landed, batch, now_s))
            except Unconvertible as error:
                self.engine.refused(batch, str(error), now_s)
                self.wake()
        if self.engine.commits.unsafe:
            self.nudge_writer()

    def _landed(self, batch: Batch, sent_s: float, outcome: Outcome) -> None:
        now_s = self._loop.time()
        lane = batch.lane
        self.delivery_s.observe(now_s - sent_s)
        lane.analyser.delivery_s.observe(now_s - sent_s)
        before = lane.standing.state
        if isinstance(outcome, Broken):
            event = Event.TIMED_OUT if outcome.is_timeout else Event.FAILED
            self.engine.failed(batch, event, outcome.reason, now_s)
        else:
            self._answered(batch, outcome, now_s)
        report_standing(lane, before)
        self._report_dead(now_s)
        if lane.is_retired and not lane.in_flight:
            self._channels.pop(lane).close()
        self.wake()
        if self.engine.commits.is_waiting:
            self.nudge_writer()

    def _report_dead(self, now_s: float) -> None:
        """Say that packets were refused for good, once in DEAD_REPORT_S at most."""
        dying = self.engine.commits.dying
        if dying and now_s >= self._quiet_until_s:
            self._quiet_until_s = now_s + DEAD_REPORT_S
            letter = dying[-1][1]
            log.warning(
                "analyser %s refused packet %s for good (%s); dead letters: %d",
                letter.analyser,
                letter.id,
                letter.error,
                self.engine.ledger.dead,
            )

    def _answered(self, batch: Batch, answer: Answer, now_s: float) -> None:
        status = answer.status
        if 200 <= status < 300:
            try:
                self.engine.delivered(batch, rejected_packets(answer, batch), now_s)
            except ValueError as error:
                self.engine.failed(batch, Event.FAILED, f"{status} not understood: {error}", now_s)
        elif status in REFUSED:
            self.engine.refused(batch, explain(answer), now_s)
        else:
            self.engine.failed(batch, Event.FAILED, explain(answer), now_s)


def report_standing(lane: Lane, before: State) -> None:
    """One line when an endpoint's standing changes, and none else."""
    state = lane.standing.state
    if state is not before:
        level = logging.WARNING if state is State.EJECTED else logging.INFO
        reason = f": {lane.last_error}" if state is State.EJECTED else ""
        log.log(level, "analyser %s at %s is %s%s", lane.analyser.entry.uid, lane.endpoint, state, reason)
