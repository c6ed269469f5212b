"""Distributors as far as an operator sees them: they take every registry, and report that all is well.

All in one process, each at an address of its own. Kept cheap, since they share the machine with what is measured: a
body that all get is decoded once, and what all report is encoded once.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec

from logdist_loadtest.bench.sink import body_length

HEAD_END = b"\r\n\r\n"


class Entry(msgspec.Struct, frozen=True):
    uid: str
    name: str
    weight: int
    endpoints: list[str]


class Registry(msgspec.Struct, frozen=True):
    """A snapshot, as far as it is looked at."""

    generation: int
    digest: str
    analysers: list[Entry]


@dataclass(frozen=True, slots=True)
class Taken:
    """A registry in a pod, with everything that pods say about it."""

    registry: Registry
    body: bytes  # as it came
    reports: bytes  # of the analysers, as JSON
    weights: dict[str, int]  # by name

    @classmethod
    def build(cls, body: bytes) -> "Taken":
        registry = msgspec.json.decode(body, type=Registry)
        share = round(100 / max(1, len(registry.analysers)), 2)
        reports = msgspec.json.encode([_report(entry, share) for entry in registry.analysers])
        return cls(registry, body, reports, {entry.name: entry.weight for entry in registry.analysers})


NOTHING = Taken.build(b'{"generation":0,"digest":"","analysers":[]}')


@dataclass(slots=True)
class Pod:
    address: str
    held: Taken = NOTHING
    taken: list[tuple[float, Taken]] = field(default_factory=list)  # every push, monotonic s

    def arrived_s(self, name: str, is_there: Callable[[int], bool], after_s: float) -> float:
        """When the pod first held such a weight of this analyser. Raises StopIteration when it never did."""
        return next(at_s for at_s, taken in self.taken if at_s >= after_s and is_there(taken.weights.get(name, -1)))

    def answer(self, method: bytes, path: bytes, body: bytes) -> bytes:
        registry = self.held.registry
        who = b'{"instanceId":"pod-%b",' % self.address.encode()
        if method == b"GET" and path.startswith(b"/control/v1/status"):
            head = (
                b'"version":"bench","ready":true,"ack":"safe","registry":{"generation":%d,"digest":"%b","rejected":0},'
            )
            return (
                who
                + head % (registry.generation, registry.digest.encode())
                + b'"analysers":'
                + self.held.reports
                + b"}"
            )
        if method == b"PUT":
            return who + b'"generation":%d,"digest":"%b"}' % (registry.generation, registry.digest.encode())
        return who + self.held.body[1:]


class Pods:
    """All of them. `async with` opens their ports."""

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        self.all = [Pod(address) for address in addresses]
        self.changed = asyncio.Event()
        self._port = port
        self._latest = NOTHING
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> "Pods":
        loop = asyncio.get_running_loop()
        for pod in self.all:
            self._servers.append(await loop.create_server(_serve(self, pod), pod.address, self._port))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()

    def take(self, pod: Pod, body: bytes) -> None:
        if body != self._latest.body:
            self._latest = Taken.build(body)
        pod.held = self._latest
        pod.taken.append((time.monotonic(), self._latest))
        self.changed.set()

    async def until(self, holds: Callable[[Pod], bool]) -> None:
        """Return when it is true of every pod. Looked at after each push."""
        while not all(map(holds, self.all)):
            self.changed.clear()
            await self.changed.wait()

    def last_arrival_s(self, name: str, is_there: Callable[[int], bool], after_s: float) -> float:
        """When the last pod got such a weight."""
        return max(pod.arrived_s(name, is_there, after_s) for pod in self.all)


class _Connection(asyncio.Protocol):
    """One connection of the operator."""

    def __init__(self, pods: Pods, pod: Pod) -> None:
        self._pods, self._pod = pods, pod
        self._read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is not a subclass

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (head_end := self._read.find(HEAD_END)) >= 0:
            head = bytes(self._read[:head_end])
            end = head_end + len(HEAD_END) + max(0, body_length(head))
            if len(self._read) < end:
                return
            body = bytes(self._read[head_end + len(HEAD_END) : end])
            del self._read[:end]
            method, path = head.split(b" ", 2)[:2]
            if method == b"PUT":
                self._pods.take(self._pod, body)
            said = self._pod.answer(method, path, body)
            start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self._transport.write(start % len(said) + said)


def _serve(pods: Pods, pod: Pod) -> Callable[[], _Connection]:
    return lambda: _Connection(pods, pod)


def _report(entry: Entry, share: float) -> dict[str, Any]:
    """What a distributor without traffic says of one analyser, field by field."""
    idle = {"inFlight": 0, "waiting": 0, "delivered": 0}
    ends = [
        {"url": url, "standing": "admitted", "since": 60.0, "reason": "", **idle, "failures": 0, "lastError": ""}
        for url in entry.endpoints
    ]
    return {
        "uid": entry.uid,
        "name": entry.name,
        "namespace": "bench",
        "weight": entry.weight,
        "suspend": False,
        "standing": "admitted",
        "share": {"wanted": share, "got": 0.0},
        **idle,
        "requeued": 0,
        "dead": 0,
        "endpoints": ends,
    }
