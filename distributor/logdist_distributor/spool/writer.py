"""Between the engine and the spool: one thread for everything that blocks, one group at a time."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from logdist_distributor.core.commits import DeadLetter, Group, SpoolState
from logdist_distributor.core.engine import SPOOL_AFTER_S, Engine
from logdist_distributor.core.histogram import Histogram
from logdist_distributor.core.packet import Packet
from logdist_distributor.errors import SpoolFailed, UnknownDeadLetter
from logdist_distributor.spool.store import Spool

COMMIT_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class Writer:
    """Writes groups, reads the tail back, and looks dead letters up.

    `read_packet` makes a packet of stored bytes; `wake` is called when the engine can go on.
    """

    def __init__(
        self, engine: Engine, spool: Spool, *, read_packet: Callable[[bytes], Packet], wake: Callable[[], None]
    ) -> None:
        self.engine = engine
        self.spool = spool
        self.read_packet = read_packet
        self.wake = wake
        self.commit_failures_total = 0
        self.commit_s = Histogram(COMMIT_BOUNDS_S)
        self.last_error: SpoolFailed | None = None
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def nudge(self) -> None:
        """Something may be due soon. Costs nothing while a look is planned."""
        if self._timer is None:
            self._timer = self._loop.call_later(SPOOL_AFTER_S, self._look)

    async def flush(self) -> None:
        """Write everything that is only in memory. Raises SpoolFailed."""
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks)
        while (group := self.engine.next_group(float("inf"), everything=True)) is not None:
            await self._write(group)
            if self.last_error is not None:
                raise self.last_error

    async def close(self) -> None:
        self._thread.shutdown(wait=True)
        self.spool.close()

    async def dead_letters(self, after: int, limit: int) -> list[DeadLetter]:
        """Those with a key above `after`, in order. What was replayed or deleted before the call is not among them."""
        leaving = set(self._leaving())
        letters = await self._in_thread(self.spool.dead_letters, after, limit + len(leaving))
        return [letter for letter in letters if letter.key not in leaving][:limit]

    def dead_total(self) -> int:
        return self.engine.commits.state.dead - len(self._leaving())

    async def dead_letter(self, key: int) -> DeadLetter:
        """Raises UnknownDeadLetter."""
        letter = await self._in_thread(self.spool.dead_letter, key)
        if letter is None or key in self._leaving():
            raise UnknownDeadLetter(key)
        return letter

    def _leaving(self) -> list[int]:
        """Keys of dead letters replayed or deleted, and still on disk."""
        commits = self.engine.commits
        return commits.deletions + (commits.writing.deletions if commits.writing is not None else [])

    async def replay(self, key: int) -> None:
        """Send a dead letter again: it becomes a packet and leaves the dead letters in one commit."""
        letter = await self.dead_letter(key)
        self.engine.replay(letter, self.read_packet(letter.body), self._loop.time())
        self._proceed()

    async def discard(self, key: int) -> None:
        """Delete a dead letter for good."""
        await self.dead_letter(key)
        self.engine.discard(key)
        self._proceed()

    def _proceed(self) -> None:
        self.nudge()
        self.wake()

    def _look(self) -> None:
        self._timer = None
        group = self.engine.next_group(self._loop.time())
        if group is not None:
            self._start(self._write(group))
        backlog = self.engine.backlog
        if backlog.wants_reading():
            backlog.is_reading = True
            self._start(self._read_tail())
        if self.engine.commits.is_waiting or backlog.tail_packets:
            self.nudge()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, group: Group) -> None:
        started_s = self._loop.time()
        try:
            state: SpoolState = await self._in_thread(self.spool.commit, group)
        except SpoolFailed as error:
            self.commit_failures_total += 1
            if self.last_error is None:
                log.error("%s; senders get 503 until the disk takes writes again", error)
            self.last_error = error
            self.engine.commit_failed(group, error, self._loop.time())
        else:
            if self.last_error is not None:
                log.warning("the spool takes writes again")
            self.last_error = None
            self.commit_s.observe(self._loop.time() - started_s)
            self.engine.committed(group, state)
        self._proceed()

    async def _read_tail(self) -> None:
        backlog = self.engine.backlog
        try:
            records = await self._in_thread(self.spool.read, backlog.tail_from, backlog.read_bytes)
        except SpoolFailed as error:
            log.error("%s; trying again", error)
            backlog.is_reading = False
            return
        packets = []
        for seq, body in records:
            packet = self.read_packet(body)
            packet.seq = seq
            packets.append(packet)
        self.engine.refill(packets, self._loop.time())
        self._proceed()

    async def _in_thread(self, function: Callable[..., Result], *args: Any) -> Result:
        return await self._loop.run_in_executor(self._thread, function, *args)
