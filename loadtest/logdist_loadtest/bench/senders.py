"""Clients for what `wrk` cannot do: they know which packets were acknowledged, and send the others again.

Like every sender that is meant to lose nothing: a broken connection, a 503 or no answer means the same packets again,
with the same ids. The packets are those of data/packet.lua.
"""

import contextlib
import itertools
import socket
import threading
import time
from types import TracebackType
from typing import Final

from logdist_loadtest.bench.sink import body_length

PREFIX: Final = b'{"id":"'
MIDDLE: Final = (
    b'","timestamp":1700000000000,"messages":[{"level":"INFO","message":"user logged in '
    + b"x" * 191
    + b'"},{"level":"ERROR","message":"payment failed for order 12345"}]}\n'
)
PACKET_BYTES: Final = len(PREFIX) + 20 + len(MIDDLE) - 1  # without the line's end
HEAD: Final = b"POST /v1/packets HTTP/1.1\r\nHost: bench\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
ANSWER_S: Final = 30.0
PAUSE_S: Final = 0.02  # before the same packets are sent again
GIVE_UP_S: Final = 60.0  # on one request


class Connection:
    """One keep-alive connection, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def post(self, request: bytes) -> bool:
        """Send it; True when it was acknowledged, False when it may have to be sent again."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), ANSWER_S)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(request)
            head = self._read_answer(self.socket)
        except OSError:
            self.close()
            return False
        if b"\r\nconnection: close" in head.lower():
            self.close()
        return head.startswith(b"HTTP/1.1 2")

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def _read_answer(self, connected: socket.socket) -> bytes:
        """The head of one answer; its body is read too. Raises ConnectionError when it is cut off."""
        data = b""
        while (end := data.find(b"\r\n\r\n") + 4) < 4 or len(data) < end + max(0, body_length(data[:end])):
            more = connected.recv(65536)
            if not more:
                raise ConnectionError("closed before the whole answer")
            data += more
        return data[:end]


class Senders:
    """Threads that send one request after another, each until it is acknowledged, until the block ends."""

    def __init__(self, port: int, *, connections: int, packets_per_request: int, run_id: str) -> None:
        self.port = port
        self.packets_per_request = packets_per_request
        self.run_id = run_id.encode()
        self.acknowledged: list[int] = []  # numbers of requests
        self.retries = 0  # requests that were sent again
        self.given_up: TimeoutError | None = None  # a thread's, which then sends no more
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(connections)]

    @property
    def packets(self) -> int:
        """Acknowledged so far."""
        return len(self.acknowledged) * self.packets_per_request

    def numbers(self) -> list[int]:
        """The numbers of all acknowledged packets."""
        size = self.packets_per_request
        return [number * size + each for number in self.acknowledged for each in range(size)]

    def deliver(self, connection: Connection, timeout_s: float) -> None:
        """The next request, until it is acknowledged. Raises TimeoutError."""
        number = next(self._numbers)
        request = self._build(number)
        deadline_s = time.monotonic() + timeout_s
        while not connection.post(request):
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"no acknowledgement within {timeout_s:g} s")
            self.retries += 1
            time.sleep(PAUSE_S)
        self.acknowledged.append(number)

    def stop(self) -> None:
        """Finish what has been begun, so that every packet that was sent is acknowledged. Raises TimeoutError."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if self.given_up is not None:
            raise self.given_up

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._stopping.set()
        if kind is None:
            self.stop()

    def _send(self) -> None:
        with contextlib.closing(Connection(self.port)) as connection:
            try:
                while not self._stopping.is_set():
                    self.deliver(connection, GIVE_UP_S)
            except TimeoutError as late:
                self.given_up = late

    def _build(self, number: int) -> bytes:
        size = self.packets_per_request
        start = PREFIX + self.run_id
        body = b"".join([start + b"%012x" % each + MIDDLE for each in range(number * size, (number + 1) * size)])
        if size == 1:
            body = body[:-1]
        kind = b"application/json" if size == 1 else b"application/x-ndjson"
        return HEAD % (kind, len(body)) + body
