"""One connection to an endpoint: a request at a time, whatever comes back, and never an exception.

httptools parses, as it does for senders. A pool or a client library costs several times as much a batch, and the
lane already knows how many requests it may have open.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httptools

from logdist_distributor.delivery.access import explain_failure
from logdist_distributor.delivery.endpoint import Answer, Broken, Endpoint, Outcome

ANSWER_BYTES_MAX: Final = 4 << 20
LENGTH_HEADERS: Final = (b"content-length", b"transfer-encoding")


class Connection(asyncio.Protocol):
    """One connection. Opens by itself, and can be asked again after every answer that lets it live."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.is_open = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._done: Callable[[Outcome], None] | None = None
        self._timeout_s = 0.0
        self._deadline_s = 0.0
        self._timer: asyncio.TimerHandle | None = None  # one for many requests: it looks at the deadline when it ends
        self._opening: asyncio.Task[None] | None = None
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._is_head_read = False
        self._has_length = False
        self._is_midway = False  # in an answer
        self._answer: Answer | None = None  # the last one

    def ask(self, request: bytes, timeout_s: float, done: Callable[[Outcome], None]) -> None:
        """Send one request; `done` is called once, with its outcome, within `timeout_s`."""
        self._done = done
        self._deadline_s = self._loop.time() + timeout_s
        if self._timer is None or timeout_s != self._timeout_s:
            self._arm(timeout_s)
        if self._transport is not None:
            self._transport.write(request)
        else:
            self._opening = self._loop.create_task(self._open(request))

    def close(self) -> None:
        self._disarm()
        if self._opening is not None:
            self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()
        self.is_open = False

    async def _open(self, request: bytes) -> None:
        try:
            await self.endpoint.connect(lambda: self)
        except (OSError, UnicodeError) as error:
            self._disarm()
            self._finish(Broken(f"cannot connect: {explain_failure(error)}"))
        else:
            if self._transport is not None and self._done is not None:
                self._transport.write(request)

    def _arm(self, timeout_s: float) -> None:
        self._disarm()
        self._timeout_s = timeout_s
        self._timer = self._loop.call_at(self._deadline_s, self._look_at_deadline)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_at_deadline(self) -> None:
        self._timer = None
        if self._done is None:
            return
        if self._loop.time() < self._deadline_s:
            self._arm(self._timeout_s)
            return
        self.close()
        self._finish(Broken(f"no answer within {self._timeout_s:g} s", is_timeout=True))

    def _finish(self, outcome: Outcome) -> None:
        done, self._done = self._done, None
        self._body, self._body_bytes = [], 0
        if done is not None:
            done(outcome)

    # ---- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's: TCP or TLS
        self._parser = httptools.HttpResponseParser(self)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._done is None:  # an answer that nobody asked for
            self.close()
        elif self._is_midway:
            self._parse(data)
        elif (answer := self.endpoint.answers.get(data)) is not None:
            self._finish(answer)
        else:
            self._answer = None
            self._parse(data)
            if self._answer is not None and self.is_open and not self._is_midway:
                self.endpoint.remember(data, self._answer)

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.close()
            self._finish(Broken(f"not an HTTP response: {error}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._disarm()
        if exc is None and self._is_midway and self._is_head_read and not self._has_length:
            self.on_message_complete()  # an answer without a length ends with its connection
        self._finish(Broken(f"connection broken: {explain_failure(exc) if exc else self._explain_end()}"))

    def _explain_end(self) -> str:
        if self.endpoint.is_secure and not self._is_head_read:  # TLS 1.3 refuses a client certificate no other way
            return "closed before any answer, as by an analyser that wants another client certificate"
        return "closed before the whole answer"

    # ---- what httptools calls

    def on_message_begin(self) -> None:
        self._is_midway = True
        self._is_head_read = self._has_length = False
        if self._done is None:  # more than was asked for
            self.close()

    def on_header(self, name: bytes, _value: bytes) -> None:
        if not self._has_length and name.lower() in LENGTH_HEADERS:
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._is_head_read = True

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= ANSWER_BYTES_MAX:
            self._body.append(body)

    def on_message_complete(self) -> None:
        self._is_midway = False
        status = self._parser.get_status_code()
        if status < 200:  # 100 Continue: the answer proper follows
            return
        too_large = self._body_bytes > ANSWER_BYTES_MAX
        body = self.endpoint.access.hide(b"".join(self._body))
        if not self._parser.should_keep_alive() or too_large:
            self.close()
        self._answer = None if too_large else Answer(status, body)
        self._finish(self._answer or Broken(f"answer above {ANSWER_BYTES_MAX} bytes"))
