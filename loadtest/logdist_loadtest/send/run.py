"""Sending from end to end: source -> packer -> queue -> one delivery a connection. __main__ calls send()."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Final, TypeAlias

from logdist_loadtest.send.connection import Target
from logdist_loadtest.send.delivery import Delivery, GaveUp
from logdist_loadtest.send.packets import Packer, Packet, build_id_source
from logdist_loadtest.send.progress import Display
from logdist_loadtest.send.source import Chunk, Source
from logdist_loadtest.send.totals import Totals

LINGER_S: Final = 0.5  # lines from a pipe wait at most this long for their packet to fill
BURST_S: Final = 0.05  # what pacing may catch up after a pause; timers are no finer than a millisecond
STOP_GRACE_S: Final = 2.0  # what requests in flight get when told to stop
REFRESH_S: Final = 0.2

Note: TypeAlias = Callable[[str], None]  # shows a line to the user


@dataclass(frozen=True, slots=True)
class Options:
    target: Target
    files: tuple[str, ...]
    packet_lines: int
    rate_per_s: float | None  # None: as fast as it goes
    is_looping: bool
    connections: int


async def send(options: Options, totals: Totals, display: Display, stopping: asyncio.Event) -> None:
    """Send everything, counting into `totals`. Ends when all is settled, a packet is given up, or `stopping` is set."""
    queue: asyncio.Queue[Packet | None] = asyncio.Queue(options.connections)
    feeder = asyncio.create_task(_or_stop(_feed(options, totals, display.note, queue), stopping))
    senders = [
        asyncio.create_task(_or_stop(_drain(options.target, totals, display.note, queue), stopping))
        for _ in range(options.connections)
    ]
    finished = asyncio.gather(feeder, *senders, return_exceptions=True)
    finished.add_done_callback(lambda _: stopping.set())
    ticker = asyncio.create_task(_tick(totals, display))
    await stopping.wait()
    if not finished.done():
        await _wind_down(feeder, senders, queue)
    ticker.cancel()
    for result in await finished:
        if isinstance(result, GaveUp):
            totals.gave_up = str(result)
        elif isinstance(result, Exception):
            raise result


async def _or_stop(work: Coroutine[None, None, None], stopping: asyncio.Event) -> None:
    """Do the work; should it fail, everything is to end."""
    try:
        await work
    except Exception:
        stopping.set()
        raise


async def _wind_down(
    feeder: asyncio.Task[None], senders: list[asyncio.Task[None]], queue: asyncio.Queue[Packet | None]
) -> None:
    """Send nothing new; requests in flight get a moment to be answered."""
    feeder.cancel()
    await asyncio.wait({feeder})
    while not queue.empty():
        queue.get_nowait()
    for _ in senders:
        queue.put_nowait(None)
    _, pending = await asyncio.wait(senders, timeout=STOP_GRACE_S)
    for sender in pending:
        sender.cancel()


async def _drain(target: Target, totals: Totals, note: Note, queue: asyncio.Queue[Packet | None]) -> None:
    delivery = Delivery(target, totals, note)
    try:
        while (packet := await queue.get()) is not None:
            totals.unconfirmed += 1
            await delivery.deliver(packet)
            totals.unconfirmed -= 1
    finally:
        delivery.close()


async def _feed(options: Options, totals: Totals, note: Note, queue: asyncio.Queue[Packet | None]) -> None:
    due_s = 0.0
    async for packet in _packets(options, totals, note):
        if options.rate_per_s is not None:
            due_s = max(due_s, time.monotonic() - BURST_S) + 1 / options.rate_per_s
            await asyncio.sleep(due_s - time.monotonic())
        await queue.put(packet)
    for _ in range(options.connections):
        await queue.put(None)


async def _packets(options: Options, totals: Totals, note: Note) -> AsyncIterator[Packet]:
    source = Source(options.files, is_looping=options.is_looping)
    packer = Packer(options.packet_lines, build_id_source(time.time()))
    reading = asyncio.create_task(source.next())
    oldest_s = 0.0  # when the first line of the unfinished packet came
    while True:
        patience_s = None if packer.is_empty else max(0.0, oldest_s + LINGER_S - time.monotonic())
        await asyncio.wait({reading}, timeout=patience_s)
        chunk = reading.result() if reading.done() else None
        if chunk is not None:
            reading = asyncio.create_task(source.next())
            if packer.is_empty:
                oldest_s = time.monotonic()
            for line in chunk.lines:
                if (packet := packer.add(line, time.time())) is not None:
                    oldest_s = time.monotonic()
                    yield packet
            _count_read(chunk, totals, note)
            continue
        # The end, or patience is over: what there is must do.
        if (packet := packer.close(time.time())) is not None:
            yield packet
        if reading.done() and reading.result() is None:
            return


def _count_read(chunk: Chunk, totals: Totals, note: Note) -> None:
    totals.read_bytes += chunk.read_bytes
    if chunk.error is not None:
        totals.read_errors += 1
        note(f"cannot read on: {chunk.error}")


async def _tick(totals: Totals, display: Display) -> None:
    while True:
        display.update(totals)
        await asyncio.sleep(REFRESH_S)
