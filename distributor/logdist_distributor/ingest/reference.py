"""The reference way: uvicorn's protocol, with the limits and the manners senders may count on.

Heads are bounded, what is no HTTP is answered in JSON after all that came before it, and a wish to upgrade is declined.
"""

from typing import Any, Final

import httptools
from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from logdist_distributor.errors import HeadTooLarge, LogdistError, MalformedRequest
from logdist_distributor.ingest import replies
from logdist_distributor.ingest.door import Door
from logdist_distributor.ingest.intake import HEAD_BYTES_MAX

UNFINISHED_BYTES_MAX: Final = 2 * HEAD_BYTES_MAX  # of a head whose size, blanks apart, is not known yet


class ReferenceLane(HttpToolsProtocol):
    """One connection whose every request is answered by a route."""

    def __init__(self, door: Door, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.door = door
        self.requests = 0
        self.is_expiring = False  # the next answer closes the connection
        self.is_head_open = False  # in the middle of a head
        self.head_bytes = 0
        self.declined = b""  # the head of a request to upgrade, without that wish
        self.last_words = b""  # the answer to bytes that are no request, once those before them are answered

    @property
    def is_idle(self) -> bool:
        """No request waits for an answer."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_receiving(self) -> bool:
        """In the middle of a request that the sender has not finished."""
        return self.is_head_open or (self.cycle is not None and self.cycle.more_body)

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
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.last_words:
            return
        was_open = self.is_head_open
        self._unset_keepalive_if_required()
        self._parse(data)
        if was_open and self.is_head_open:
            self.head_bytes += len(data)
            if self.head_bytes > UNFINISHED_BYTES_MAX:
                self.close_with(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX))

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
                self.close_with(MalformedRequest("Invalid HTTP request received."))
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
            self.app = closing(self.door.intake.refusals.answer(HeadTooLarge(limit_bytes=HEAD_BYTES_MAX)))
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

    def close_with(self, error: LogdistError) -> None:
        """Answer with `error` what is no request, after all that came before it, and close."""
        response = self.door.intake.refusals.answer(error)
        self.last_words = replies.as_bytes(response, closes=True)
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.more_body:
            self._part()
        elif self.pipeline:  # the body that is broken belongs to the last in the queue
            self.pipeline[0] = cycle, closing(response)
        else:
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
            self._part()

    def _part(self) -> None:
        if self.is_idle and not self.transport.is_closing():
            self.transport.write(self.last_words)
            self.transport.close()


def closing(response: Response) -> Any:  # starlette and uvicorn type an app differently
    """The app that gives one request this answer, whatever it asks, and ends its connection."""
    response.headers["connection"] = "close"
    return response
