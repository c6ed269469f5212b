"""The fast lane: a short way for plain requests.

A plain request is a POST to a known path with one Content-Length, identity encoding, HTTP/1.1 and keep-alive, and one
outstanding at a time. Everything else goes to the reference lane, and so does all that follows on that connection: no
request is ever read by both. tests/protocol proves that both ways answer the same.
"""

import asyncio
from typing import Any, Final

from logdist_distributor.errors import LogdistError, ReceivingTooMuch, TooManyConnections
from logdist_distributor.ingest import replies
from logdist_distributor.ingest.door import Door
from logdist_distributor.ingest.heads import Plan, is_unfinished
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX, Shape
from logdist_distributor.ingest.reference import ReferenceLane

LINES: Final = Shape.LINES  # looking a member up in its enum costs as much as a call
HEAD_END: Final = b"\r\n\r\n"
START: Final = b"POST /"
ACCEPTED_ONE: Final = replies.accepted_bytes(1, False)
PIPELINED_BYTES_MAX: Final = 64 << 10  # read ahead of the answer; beyond it the sender has to wait


class FastLane(asyncio.Protocol):
    """One connection of a sender. It is itself the waiter of its outstanding request.

    Small on purpose: with thousands of senders, what a connection keeps is what a core's caches must hold. `uvicorn`
    is what its protocols are made from.
    """

    __slots__ = (
        "begun",
        "door",
        "intake",
        "is_busy",
        "is_expiring",
        "is_reading_paused",
        "is_writing_paused",
        "loop",
        "needed_bytes",
        "packets",
        "pending",
        "plans",
        "requests",
        "transport",
        "uvicorn",
    )

    def __init__(self, door: Door, **uvicorn: Any) -> None:
        self.door = door
        self.uvicorn = uvicorn
        self.loop = uvicorn["_loop"] or asyncio.get_running_loop()
        self.intake = door.intake
        self.plans = door.heads.remembered  # by the bytes of a head
        self.transport: Any = None  # a transport, once there is a connection
        self.pending = bytearray()  # received, not yet acted on
        self.needed_bytes = 0  # of `pending`, before it is worth another look
        self.begun: tuple[Plan, int] | None = None  # the head of `pending` and where its body starts, once understood
        self.packets = 0  # in the outstanding request
        self.requests = 0
        self.is_busy = False
        self.is_expiring = False  # the next answer closes the connection
        self.is_reading_paused = False
        self.is_writing_paused = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.uvicorn["server_state"].connections.add(self)
        try:
            self.door.enter(self, len(self.uvicorn["server_state"].connections))
        except TooManyConnections as error:
            self._close_with(error)

    def data_received(self, data: bytes) -> None:
        if self.is_busy or self.pending:
            self._gather(data)
            return
        body_at = data.find(HEAD_END) + 4
        plan = self.plans.get(data[:body_at])  # the usual way needs no more calls than these
        if plan is not None and len(data) == body_at + plan.body_bytes:
            self._take(plan, data[body_at:])
        else:
            self._read(data)

    def _gather(self, data: bytes) -> None:
        """More came than can be acted on now."""
        self.pending += data
        if self.is_busy:
            self._pace_reading()
        elif len(self.pending) >= self.needed_bytes:
            self._read_pending()

    def _read(self, data: bytes) -> None:
        body_at = data.find(HEAD_END) + 4
        if body_at < 4:
            self._await_head(data)
            return
        plan = self.door.heads.plan(data[:body_at])
        if plan is None:
            self._go_slow(data)
            return
        end = body_at + plan.body_bytes
        if len(data) < end:
            self._await_body(data, plan, body_at)
            return
        if len(data) > end:
            self.pending = bytearray(data[end:])
            self._pace_reading()
        self._take(plan, data[body_at:end])

    def _take(self, plan: Plan, body: bytes) -> None:
        self.is_busy = True
        self.requests += 1
        intake = self.intake
        try:
            if body[:1] == b"{" and plan.shape is not LINES:
                self.packets = 1
                intake.take_one(body, self)
            else:
                packets = intake.read(plan.shape, body)
                self.packets = len(packets)
                intake.take(packets, self)
        except LogdistError as error:
            self.refuse(error)

    def settle(self) -> None:
        """The outstanding request is safe: say so."""
        transport = self.transport
        if self.packets != 1 or self.is_expiring or self.pending or transport.is_closing():
            self._answer(replies.accepted_bytes(self.packets, self.is_expiring))
        else:
            self.is_busy = False
            transport.write(ACCEPTED_ONE)

    def refuse(self, error: LogdistError) -> None:
        """The outstanding request was not taken: say why."""
        self._answer(replies.as_bytes(self.intake.refusals.answer(error), closes=self.is_expiring))

    def _answer(self, reply: bytes) -> None:
        self.is_busy = False
        transport = self.transport
        if transport.is_closing():
            return
        transport.write(reply)
        if self.is_expiring:
            transport.close()
        elif self.pending:
            self.loop.call_soon(self._read_pending)  # not at once: thousands of pipelined repeats would nest

    def _read_pending(self) -> None:
        """Act on what has come, if anything has and it is time."""
        size = len(self.pending)
        if (
            not size
            or size < self.needed_bytes
            or self.is_busy
            or self.is_writing_paused
            or self.transport.is_closing()
        ):
            return
        data, begun, end = bytes(self.pending), self.begun, self.needed_bytes
        self.pending, self.begun, self.needed_bytes = bytearray(data[end:]) if begun else bytearray(), None, 0
        if begun is None:
            self._read(data)
        else:
            plan, body_at = begun
            self.intake.free(end)
            self._take(plan, data[body_at:end])
        self._pace_reading()

    def _await_body(self, data: bytes, plan: Plan, body_at: int) -> None:
        size = body_at + plan.body_bytes
        try:
            self.intake.reserve(size)
        except ReceivingTooMuch as error:
            self._close_with(error)
        else:
            self.pending, self.needed_bytes, self.begun = bytearray(data), size, (plan, body_at)

    def _await_head(self, data: bytes) -> None:
        """The rest may take its time, but what uvicorn refuses already, or would not wait for, is its to answer."""
        is_plain = data.startswith(START) or START.startswith(data)
        if is_plain and len(data) <= HEAD_BYTES_MAX and is_unfinished(data):
            self.pending = bytearray(data)
        else:
            self._go_slow(data)

    def pause_writing(self) -> None:
        """The sender does not read its answers: read no more of its requests."""
        self.is_writing_paused = True
        self._pause_reading()

    def resume_writing(self) -> None:
        self.is_writing_paused = False
        self._pace_reading()
        self._read_pending()

    def _pace_reading(self) -> None:
        """Read on for the rest of a request, or while little waits for its turn."""
        if self.begun is None and len(self.pending) > PIPELINED_BYTES_MAX:
            self._pause_reading()
        elif not self.is_writing_paused:
            self._resume_reading()

    def _pause_reading(self) -> None:
        if not self.is_reading_paused:
            self.is_reading_paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self.is_reading_paused:
            self.is_reading_paused = False
            self.transport.resume_reading()

    def _close_with(self, error: LogdistError) -> None:
        """Refuse, and read no more: what follows is the rest of what was refused."""
        self.transport.write(replies.as_bytes(self.intake.refusals.answer(error), closes=True))
        self.transport.close()

    def _go_slow(self, data: bytes) -> None:
        """Hand the connection over, with what was received of the request, for good."""
        self._resume_reading()
        self.uvicorn["server_state"].connections.discard(self)
        reference = ReferenceLane(self.door, **self.uvicorn)
        self.door.hand_over(self, reference)
        self.transport.set_protocol(reference)
        reference.connection_made(self.transport)
        if self.is_writing_paused:
            reference.pause_writing()
        if self.is_expiring:
            reference.expire()
        reference.data_received(data)

    # ---- what the door and uvicorn ask

    @property
    def is_idle(self) -> bool:
        """No request waits for an answer."""
        return not self.is_busy

    @property
    def is_receiving(self) -> bool:
        """In the middle of a request that the sender has not finished."""
        return bool(self.pending) and not self.is_busy

    def expire(self) -> None:
        """Close with the next answer."""
        self.is_expiring = True

    def shutdown(self) -> None:
        """Finish what is in flight."""
        self.expire()
        if self.is_idle and not self.is_receiving:
            self.transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self.door.leave(self)
        self.uvicorn["server_state"].connections.discard(self)
        if self.begun is not None:
            self.intake.free(self.needed_bytes)
        self.pending.clear()
