"""Analysers that only count and answer: `python -m logdist_loadtest.bench.sink PORT...`, driven by `sinks.py`.

One process, one port an analyser. It is kept cheap on purpose, because it shares the machine with what is measured: a
head seen before is not parsed again. With `--seen FILE` it also notes every packet's number (`seen.py`). Commands come
as lines on standard input, and each gets one JSON line: `counts` (what each port has received), `stall` (read on,
answer nothing) and `serve` (answer again, first what waits).
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import uvloop

from logdist_loadtest.bench.seen import Seen

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HEADS_MAX = 10_000
PROBE = -1  # a request without a body: a health check


@dataclass(slots=True)
class Counts:
    """What one analyser has received."""

    requests: int = 0
    packets: int = 0
    payload_bytes: int = 0


@dataclass(slots=True)
class Shared:
    """State of all ports."""

    is_stalled: bool = False
    unanswered: list[asyncio.Transport] = field(default_factory=list)
    lengths: dict[bytes, int] = field(default_factory=dict)  # head -> length of the body
    seen: Seen | None = None


class Sink(asyncio.Protocol):
    """One connection from whatever is measured."""

    def __init__(self, counts: Counts, shared: Shared) -> None:
        self.counts = counts
        self.shared = shared
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own class is not a subclass

    def data_received(self, data: bytes) -> None:
        self.rest = self.rest + data if self.rest else data
        while (head_end := self.rest.find(b"\r\n\r\n") + 4) > 3:
            length = self._length(self.rest[:head_end])
            end = head_end + max(length, 0)
            if len(self.rest) < end:
                return
            body, self.rest = self.rest[head_end:end], self.rest[end:]
            self._answer(body, length)

    def _length(self, head: bytes) -> int:
        length = self.shared.lengths.get(head)
        if length is None:
            length = body_length(head)
            if len(self.shared.lengths) < HEADS_MAX:
                self.shared.lengths[head] = length
        return length

    def _answer(self, body: bytes, length: int) -> None:
        if length == PROBE:
            self.transport.write(ANSWER)
            return
        if self.shared.seen is not None:
            self.shared.seen.note(body)
        self.counts.requests += 1
        self.counts.packets += body.count(b"\n") + (not body.endswith(b"\n"))
        self.counts.payload_bytes += len(body)
        if self.shared.is_stalled:
            self.shared.unanswered.append(self.transport)
        else:
            self.transport.write(ANSWER)


def body_length(head: bytes) -> int:
    """The Content-Length of a head, or PROBE when it has none."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return PROBE


def obey(command: str, counts: list[Counts], shared: Shared) -> str:
    """Carry out one command and answer with the counts of every port as JSON."""
    if command in {"stall", "serve"}:
        shared.is_stalled = command == "stall"
    if not shared.is_stalled:
        waiting, shared.unanswered = shared.unanswered, []
        for transport in waiting:
            if not transport.is_closing():
                transport.write(ANSWER)
    return json.dumps([asdict(each) for each in counts])


async def serve(ports: list[int], seen: Path | None) -> None:
    """Listen until standard input ends: whoever started the sinks is gone then."""
    loop = asyncio.get_running_loop()
    shared, counts = Shared(seen=Seen(seen) if seen else None), [Counts() for _ in ports]
    for port, own in zip(ports, counts, strict=True):
        await loop.create_server(lambda own=own: Sink(own, shared), "127.0.0.1", port, backlog=4096)  # type: ignore[misc]
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("listening", flush=True)
    while line := await commands.readline():
        print(obey(line.decode().strip(), counts, shared), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("ports", type=int, nargs="+")
    parser.add_argument("--seen", type=Path)
    options = parser.parse_args()
    uvloop.run(serve(options.ports, options.seen))
