"""The stream: packets fall due at an even rate, and connections that are free take them, each until it is settled."""

import asyncio
import itertools
import random
import time

import msgspec

from logdist_loadtest.send.connection import Answer, Connection, ConnectionFailed, Target
from logdist_loadtest.send.retry import is_retryable, parse_retry_after, wait_s
from logdist_loadtest.steady.book import Book

GIVE_UP_S = 120.0  # on one packet
MESSAGES = [
    {"level": "INFO", "message": "user logged in"},
    {"level": "ERROR", "message": "payment failed for order 4711"},
]


class Stream:
    """One run. `run` begins every packet's id, as in `run-17`; a retried packet keeps its id and bytes."""

    def __init__(self, target: Target, run: str, rate_per_s: float, book: Book) -> None:
        self._target, self._run, self._rate_per_s = target, run, rate_per_s
        self.book = book
        self._numbers = itertools.count()
        self._started_s = time.monotonic()

    async def send(self, connections: int, stopping: asyncio.Event) -> None:
        """Send until `stopping` is set; what has been begun is settled first."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(connections):
                tasks.create_task(self._serve(stopping))

    async def _serve(self, stopping: asyncio.Event) -> None:
        connection = Connection(self._target)
        try:
            while not stopping.is_set():
                number = next(self._numbers)
                due_s = self._started_s + number / self._rate_per_s
                await asyncio.sleep(due_s - time.monotonic())
                await self._settle(connection, number)
        finally:
            connection.close()

    async def _settle(self, connection: Connection, number: int) -> None:
        begun_s, attempt = time.monotonic(), 0
        self.book.begin(begun_s)
        body = self._packet(number)
        while time.monotonic() < begun_s + GIVE_UP_S:
            attempt += 1
            answer = await self._post(connection, body)
            if answer is not None and 200 <= answer.status < 300:
                self.book.acknowledge(begun_s, time.monotonic())
                return
            if answer is not None and not is_retryable(answer.status):
                self.book.refusals[str(answer.status)] += 1
                break
            retry_after_s = parse_retry_after(answer.retry_after if answer else None, time.time())
            await asyncio.sleep(wait_s(attempt, retry_after_s, random.random()))  # noqa: S311 - jitter, not a secret
        self.book.give_up(number, time.monotonic())

    async def _post(self, connection: Connection, body: bytes) -> Answer | None:
        try:
            answer = await connection.post(body)
        except ConnectionFailed:
            self.book.setbacks["connection"] += 1
            return None
        if is_retryable(answer.status):
            self.book.setbacks[str(answer.status)] += 1
        return answer

    def _packet(self, number: int) -> bytes:
        packet = {"id": f"{self._run}-{number}", "timestamp": int(time.time() * 1000), "messages": MESSAGES}
        return msgspec.json.encode(packet)
