"""The fast lane: uvicorn's protocol, with a short way for plain requests.

A plain request is a POST to a known path with one Content-Length, identity encoding, HTTP/1.1 and keep-alive, and one
outstanding at a time. Everything else goes to uvicorn untouched, and so does all that follows on that connection: no
request is ever read by both. tests/protocol proves that both ways answer the same.
"""

from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logdist_distributor.errors import HeadTooLarge, LogdistError, MalformedRequest, TooManyConnections
from logdist_distributor.ingest import replies
from logdist_distributor.ingest.door import Door
from logdist_distributor.ingest.heads import Plan
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX, Shape

LINES: Final = Shape.LINES  # looking a member up in its enum costs as much as a call
HEAD_END: Final = b"\r\n\r\n"
START: Final = b"POST /"
ACCEPTED_ONE: Final = replies.accepted_bytes(1, False)
PIPELINED_BYTES_MAX: Final = 64 << 10  # read ahead of the answer; beyond it the sender has to wait


class FastLane(HttpToolsProtocol):
    """One connection of a sender. It is itself the waiter of its outstanding request."""

    def __init__(self, door: Door, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.door = door
        self.intake = door.intake
        self.plan_of = door.heads.plan
        self.pending = bytearray()  # received, not yet acted on
        self.needed_bytes = 0  # of `pending`, before it is worth another look
        self.packets = 0  # in the outstanding request
        self.requests = 0
        self.is_busy = False
        self.is_slow = False
        self.is_expiring = False  # the next answer closes the connection
        self.is_head_open = False  # the slow way is in the middle of a head
        self.head_bytes = 0

    # ---- the short way

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        limit = self.door.connections_max
        if len(self.connections) > limit:
            self._close_with(TooManyConnections(limit=limit))
        else:
            self.door.enter(self)

    def data_received(self, data: bytes) -> None:
        if self.is_slow:
            self._pass_on(data)
        elif self.is_busy:
            self.pending += data
            if len(self.pending) > PIPELINED_BYTES_MAX:
                self.transport.pause_reading()
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
            self.pending, self.needed_bytes = bytearray(data), end
            return
        if len(data) > end:
            self.pending, self.needed_bytes = bytearray(data[end:]), 0
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
            transport.resume_reading()
            self.loop.call_soon(self._read_pending)  # not at once: thousands of pipelined repeats would nest

    def _read_pending(self) -> None:
        if self.pending and not self.is_busy and not self.transport.is_closing():
            data = bytes(self.pending)
            self.pending = bytearray()
            self._read(data)

    def _await_head(self, data: bytes) -> None:
        if not (data.startswith(START) or START.startswith(data)):
            self._go_slow(data)
        elif len(data) > HEAD_BYTES_MAX:
            self._close_with(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))
        else:
            self.pending, self.needed_bytes = bytearray(data), 0

    # ---- the reference way

    def _go_slow(self, data: bytes) -> None:
        self.is_slow = True
        self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        was_open = self.is_head_open
        super().data_received(data)
        if was_open and self.is_head_open:
            self.head_bytes += len(data)
            if self.head_bytes > HEAD_BYTES_MAX:
                self._close_with(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.is_head_open, self.head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self.is_head_open = False
        self.requests += 1
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        app = self.app
        if size > HEAD_BYTES_MAX:
            self.app = refuse_head
        super().on_headers_complete()
        self.app = app
        if self.is_expiring:
            self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when the bytes are no HTTP."""
        self._close_with(MalformedRequest(msg))

    def _close_with(self, error: LogdistError) -> None:
        if self.is_idle:  # else the answer would be taken for that of the request before
            self.transport.write(replies.as_bytes(replies.refusal(error), closes=True))
        self.transport.close()

    # ---- what the door asks

    @property
    def is_idle(self) -> bool:
        """No request waits for an answer."""
        return not self.is_busy and (self.cycle is None or self.cycle.response_complete)

    @property
    def is_receiving(self) -> bool:
        """In the middle of a request that the sender has not finished."""
        if self.is_slow:
            return self.is_head_open or (self.cycle is not None and self.cycle.more_body)
        return bool(self.pending) and not self.is_busy

    def expire(self) -> None:
        """Close with the next answer."""
        self.is_expiring = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Called by uvicorn when it stops: finish what is in flight."""
        self.expire()
        if self.is_idle:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self)
        self.pending.clear()
        super().connection_lost(exc)


async def refuse_head(_scope: Scope, receive: Receive, send: Send) -> None:
    """The app for requests whose head is too large."""
    response = replies.refusal(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))
    response.headers["connection"] = "close"
    await response(_scope, receive, send)
