"""The fast lane: a short way for plain requests.

A plain request is a POST to a known path with one Content-Length, identity encoding, HTTP/1.1 and keep-alive, and one
outstanding at a time. Everything else goes to the reference lane, and so does all that follows on that connection: no
request is ever read by both. tests/protocol proves that both ways answer the same.
"""

from typing import Any, Final

from logdist_distributor.errors import LogdistError, TooManyConnections
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


class FastLane(ReferenceLane):
    """One connection of a sender. It is itself the waiter of its outstanding request."""

    def __init__(self, door: Door, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.door = door
        self.intake = door.intake
        self.plan_of = door.heads.plan
        self.pending = bytearray()  # received, not yet acted on
        self.needed_bytes = 0  # of `pending`, before it is worth another look
        self.begun: tuple[Plan, int] | None = None  # the head of `pending` and where its body starts, once understood
        self.packets = 0  # in the outstanding request
        self.is_busy = False
        self.is_slow = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        limit = self.door.connections_max
        if len(self.connections) > limit:
            self.close_with(TooManyConnections(limit=limit))
        else:
            self.door.enter(self)

    def data_received(self, data: bytes) -> None:
        if self.is_slow:
            super().data_received(data)
        elif self.is_busy:
            self.pending += data
            if len(self.pending) > PIPELINED_BYTES_MAX:
                self.flow.pause_reading()
        elif self.pending:
            self.pending += data
            if len(self.pending) >= self.needed_bytes:
                self._read_pending()
        else:
            self._read(data)

    def _read(self, data: bytes) -> None:
        body_at = data.find(HEAD_END) + 4
        if body_at < 4:
            self._await_head(data)
            return
        plan = self.plan_of(data[:body_at])
        if plan is None:
            self._go_slow(data)
            return
        end = body_at + plan.body_bytes
        if len(data) < end:
            self.pending, self.needed_bytes, self.begun = bytearray(data), end, (plan, body_at)
            return
        if len(data) > end:
            self.pending = bytearray(data[end:])
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
        self._answer(replies.as_bytes(replies.refusal(error), closes=self.is_expiring))

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
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return
        self.flow.resume_reading()
        data, begun, end = bytes(self.pending), self.begun, self.needed_bytes
        self.pending, self.begun, self.needed_bytes = bytearray(data[end:]) if begun else bytearray(), None, 0
        if begun is None:
            self._read(data)
        else:
            plan, body_at = begun
            self._take(plan, data[body_at:end])

    def _await_head(self, data: bytes) -> None:
        """The rest may take its time, but what uvicorn refuses already, or would not wait for, is its to answer."""
        is_plain = data.startswith(START) or START.startswith(data)
        if is_plain and len(data) <= HEAD_BYTES_MAX and is_unfinished(data):
            self.pending = bytearray(data)
        else:
            self._go_slow(data)

    def pause_writing(self) -> None:
        """The sender does not read its answers: read no more of its requests."""
        super().pause_writing()
        if not self.is_slow:
            self.flow.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.is_slow:
            self.flow.resume_reading()
            self._read_pending()

    def _go_slow(self, data: bytes) -> None:
        self.is_slow = True
        super().data_received(data)

    # ---- what the door asks

    @property
    def is_idle(self) -> bool:
        return not self.is_busy and super().is_idle

    @property
    def is_receiving(self) -> bool:
        if self.is_slow:
            return super().is_receiving
        return bool(self.pending) and not self.is_busy

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self)
        self.pending.clear()
        super().connection_lost(exc)
