"""The fast lane: uvicorn's protocol, with a short way for plain requests.

A plain request is a POST to a known path with one Content-Length, identity encoding, HTTP/1.1 and keep-alive, and one
outstanding at a time. Everything else goes to uvicorn's parser and the routes, and so does all that follows on that
connection: no request is ever read by both. tests/protocol proves that both ways answer the same.
"""

from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logdist_distributor.errors import HeadTooLarge, LogdistError, MalformedRequest, TooManyConnections
from logdist_distributor.ingest import replies
from logdist_distributor.ingest.door import Door
from logdist_distributor.ingest.heads import Plan, is_unfinished
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX, Shape

LINES: Final = Shape.LINES  # looking a member up in its enum costs as much as a call
HEAD_END: Final = b"\r\n\r\n"
START: Final = b"POST /"
ACCEPTED_ONE: Final = replies.accepted_bytes(1, False)
UNFINISHED_BYTES_MAX: Final = 2 * HEAD_BYTES_MAX  # of a head whose size, blanks apart, is not known yet
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
        self.begun: tuple[Plan, int] | None = None  # the head of `pending` and where its body starts, once understood
        self.packets = 0  # in the outstanding request
        self.requests = 0
        self.is_busy = False
        self.is_slow = False
        self.is_expiring = False  # the next answer closes the connection
        self.is_head_open = False  # the slow way is in the middle of a head
        self.head_bytes = 0
        self.declined = b""  # the head of a request to upgrade, without that wish
        self.last_words = b""  # the answer to bytes that are no request, once those before them are answered

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

    # ---- the reference way

    def _go_slow(self, data: bytes) -> None:
        self.is_slow = True
        self._pass_on(data)

    def _pass_on(self, data: bytes) -> None:
        if self.last_words:
            return
        was_open = self.is_head_open
        self._unset_keepalive_if_required()
        self._parse(data)
        if was_open and self.is_head_open:
            self.head_bytes += len(data)
            if self.head_bytes > UNFINISHED_BYTES_MAX:
                self._close_with(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                data, self.declined = self.declined + data[upgrade.args[0] :], b""
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            except httptools.HttpParserError:
                self._close_with(MalformedRequest("Invalid HTTP request received."))
                return

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.is_head_open, self.head_bytes = True, 0

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._decline_upgrade()
            return
        self.is_head_open = False
        self.requests += 1
        # Not more than came, so that no head is too large here that the fast lane would take.
        size = len(self.url) + sum(len(name) + len(value) + 3 for name, value in self.headers)
        app = self.app
        if size > HEAD_BYTES_MAX:
            self.app = refuse_with(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))
        super().on_headers_complete()
        self.app = app
        if self.is_expiring:
            self.cycle.keep_alive = False

    def _decline_upgrade(self) -> None:
        """Read the request again without its `Upgrade`: httptools leaves the body out, and Java's client sends one."""
        start = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self.declined = start + b"".join(lines) + b"\r\n"

    def on_message_complete(self) -> None:
        if not self.declined:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.last_words:
            self._part()

    def _close_with(self, error: LogdistError) -> None:
        """Answer with `error` what is no request, after all that came before it, and close."""
        self.last_words = replies.as_bytes(replies.refusal(error), closes=True)
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.more_body:
            self._part()
        elif self.pipeline:  # the body that is broken belongs to the last in the queue
            self.pipeline[0] = cycle, refuse_with(error)
        else:
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
            self._part()

    def _part(self) -> None:
        if self.is_idle and not self.transport.is_closing():
            self.transport.write(self.last_words)
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
        if self.is_idle and not self.is_receiving:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self)
        self.pending.clear()
        super().connection_lost(exc)


def refuse_with(error: LogdistError) -> Any:  # starlette and uvicorn type an app differently
    """The app for one request that is refused whatever it asks, and ends its connection."""
    response = replies.refusal(error)
    response.headers["connection"] = "close"
    return response
