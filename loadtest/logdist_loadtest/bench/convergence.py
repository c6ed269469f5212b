"""How long a change of an Analyser object takes to the last pod, and what an operator costs: in a real Kubernetes.

`lab.py` runs this program in the network of a cluster's node. The operator is the real one, with its own service
account; the pods only take what they are given (`pods.py`). A change is timed from just before its request is sent to
the moment the last pod has the registry with it, both on this process's monotonic clock.
"""

import argparse
import asyncio
import json
import operator
import os
import random
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from logdist_loadtest.bench.backlog import anonymous_bytes
from logdist_loadtest.bench.cluster import (
    NAMESPACE,
    PORT,
    SERVICE,
    USER,
    Analysers,
    clean_up,
    give_addresses,
    prepare,
)
from logdist_loadtest.bench.machine import describe_briefly
from logdist_loadtest.bench.pods import Pods
from logdist_loadtest.bench.process import Child, running

CHANGING: Final = "changing"
PAUSE_S: Final = (0.3, 1.3)  # between changes: each is a generation of its own, at any moment of the operator's second
LIMIT_S: Final = 120.0
LOOK_S: Final = 0.5


class Scale(msgspec.Struct, frozen=True):
    """How much is measured."""

    pods: int = 50
    changes: int = 200  # one by one, and as many back to back
    analysers: int = 1000
    quiet_s: float = 180.0  # how long an idle operator is watched, and then one with a change a second
    busy_s: float = 60.0
    settle_s: float = 10.0  # of rest before an idle operator is watched


class Watched(msgspec.Struct, frozen=True):
    """What the operator did over some time."""

    seconds: float
    cpu_s: float
    calls: dict[str, int]  # requests to the API server, by verb and resource

    @property
    def calls_per_min(self) -> float:
        return sum(self.calls.values()) * 60 / self.seconds

    @property
    def cores(self) -> float:
        return self.cpu_s / self.seconds


class Convergence(msgspec.Struct, frozen=True):
    scale: Scale
    machine: str  # and when, with which versions
    spaced_ms: list[float]  # one change a generation, one analyser
    burst_ms: list[float]  # back to back
    burst_sent_s: float
    burst_generations: int
    small_mib: float  # anonymous memory with one analyser
    small_idle: Watched
    created_s: float  # to make all analysers
    created_ms: float  # from just before the last one's request to the last pod
    written_s: float  # from then until every status was written
    cold_acked_s: float  # from the operator's start until every pod was given the registry
    cold_written_s: float  # until every status was written
    idle: Watched
    busy: Watched  # with a change a second
    busy_ms: list[float]  # of the changes that arrived
    busy_sent: int
    idle_mib: float
    most_mib: float


def main() -> int:
    """Measure, and write the result as JSON. The program."""
    parser = argparse.ArgumentParser(prog="logdist_loadtest.bench.convergence", description=__doc__)
    parser.add_argument("--lab", required=True, help="command of the cluster: it is asked for the audit log")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--scale", type=lambda text: msgspec.json.decode(text, type=Scale), default=Scale())
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    measured = asyncio.run(_Bench(options.scale, shlex.split(options.lab), options.work).measure())
    options.output.write_bytes(msgspec.json.encode(measured))
    return 0


class _Bench:
    def __init__(self, scale: Scale, lab: list[str], work: Path) -> None:
        self.scale, self.lab, self.work = scale, lab, work
        self.names = [CHANGING, *(f"a{number:04}" for number in range(1, scale.analysers))]
        self.weight = 1  # of the one that changes, as last sent
        self.most_bytes = 0

    async def measure(self) -> Convergence:
        machine = describe_briefly()  # before this makes it busy
        addresses = give_addresses(self.scale.pods)
        self.kubeconfig = prepare(addresses, self.work)
        self.analysers = Analysers(self.work)
        try:
            async with Pods(addresses, PORT) as self.pods:
                return await self._measure(machine)
        finally:
            await self.analysers.client.aclose()
            clean_up()

    async def _measure(self, machine: str) -> Convergence:
        await self.analysers.apply(CHANGING, self.weight)
        async with self._operator("first") as child:
            await self._all_hold(1)
            _tell("changes one by one")
            spaced_ms = [await self._change(random.uniform(*PAUSE_S)) for _ in range(self.scale.changes)]  # noqa: S311
            _tell("changes back to back")
            burst_ms, burst_sent_s, generations = await self._burst()
            _tell("one analyser, idle")
            await asyncio.sleep(self.scale.settle_s)
            small_idle = await self._watch(child, self.scale.quiet_s / 3)
            small_mib = anonymous_bytes(child.popen.pid) / 2**20
            _tell(f"{self.scale.analysers} analysers")
            begun_s = time.monotonic()
            await self.analysers.apply_all(self.names[2:])
            last_s = time.monotonic()
            if self.names[1:]:
                await self.analysers.apply(self.names[1], 1)
            await self._all_hold(len(self.names))
            created_ms = (max(pod.taken[-1][0] for pod in self.pods.all) - last_s) * 1e3
            await self._all_written()
            written_s = time.monotonic() - last_s
        _tell("operator started anew")
        await self.analysers.forget_statuses(self.names)
        before_s = time.monotonic()
        async with self._operator("second") as child:
            await _within(self.pods.until(lambda pod: pod.taken[-1][0] > before_s))
            cold_acked_s = time.monotonic() - before_s
            await self._all_written()
            cold_written_s = time.monotonic() - before_s
            _tell("idle")
            await asyncio.sleep(self.scale.settle_s)
            idle = await self._watch(child, self.scale.quiet_s)
            idle_mib = anonymous_bytes(child.popen.pid) / 2**20
            _tell("a change a second")
            busy_ms: list[float] = []
            sent = self.weight
            busy = await self._watch(child, self.scale.busy_s, self._changes(busy_ms))
        return Convergence(
            scale=self.scale,
            machine=f"{machine}, Kubernetes {await self.analysers.version()}",
            spaced_ms=spaced_ms,
            burst_ms=burst_ms,
            burst_sent_s=burst_sent_s,
            burst_generations=generations,
            small_mib=small_mib,
            small_idle=small_idle,
            created_s=last_s - begun_s,
            created_ms=created_ms,
            written_s=written_s,
            cold_acked_s=cold_acked_s,
            cold_written_s=cold_written_s,
            idle=idle,
            busy=busy,
            busy_ms=busy_ms,
            busy_sent=(self.weight - sent) % 1000,
            idle_mib=idle_mib,
            most_mib=self.most_bytes / 2**20,
        )

    # ---- the operator

    @asynccontextmanager
    async def _operator(self, name: str) -> AsyncIterator[Child]:
        program = str(Path(sys.executable).parent / "logdist-operator")
        command = [program, "--namespace", NAMESPACE, "--distributor-service", SERVICE, "--api-port", "0"]
        environ = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        with running(command, self.work / f"operator-{name}.log", environ) as child:
            watch = asyncio.create_task(self._watch_memory(child))
            try:
                yield child
            finally:
                watch.cancel()

    async def _watch_memory(self, child: Child) -> None:
        while True:
            with suppress(OSError):
                self.most_bytes = max(self.most_bytes, anonymous_bytes(child.popen.pid))
            await asyncio.sleep(LOOK_S)

    async def _watch(self, child: Child, seconds: float, work: Coroutine[Any, Any, None] | None = None) -> Watched:
        begun, begun_s, cpu_s = _now(), time.monotonic(), child.cpu_s()
        task = asyncio.create_task(work or asyncio.sleep(seconds))
        await asyncio.sleep(seconds)
        ended, ended_s, cpu_after_s = _now(), time.monotonic(), child.cpu_s()
        await task
        calls = Counter(self._calls(begun, ended))
        return Watched(ended_s - begun_s, cpu_after_s - cpu_s, dict(calls.most_common()))

    def _calls(self, begun: str, ended: str) -> Iterator[str]:
        """The operator's requests in the audit log, by verb and resource."""
        command = [*self.lab, "audit"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
        for line in said.splitlines():
            event = json.loads(line)
            if event["user"]["username"] == USER and begun <= event["requestReceivedTimestamp"] < ended:
                target = event.get("objectRef", {})
                parts = (target.get("resource", event["requestURI"]), target.get("subresource"))
                yield f"{event['verb']} {'/'.join(filter(None, parts))}"

    # ---- changes

    async def _change(self, pause_s: float) -> float:
        """Milliseconds from one change to the last pod."""
        await asyncio.sleep(pause_s)
        before_s, weight = await self._send()
        await _within(self.pods.until(lambda pod: pod.held.weights[CHANGING] == weight))
        return (self.pods.last_arrival_s(CHANGING, lambda held: held == weight, before_s) - before_s) * 1e3

    async def _send(self) -> tuple[float, int]:
        self.weight = self.weight % 1000 + 1
        before_s, weight = time.monotonic(), self.weight
        await self.analysers.apply(CHANGING, weight)
        return before_s, weight

    async def _burst(self) -> tuple[list[float], float, int]:
        """As many changes, each sent when the one before was answered. One has arrived when it or a later one has."""
        self.weight = 0
        await self._change(PAUSE_S[1])
        begun_s, generation = time.monotonic(), self.pods.all[0].held.registry.generation
        sent = [await self._send() for _ in range(self.scale.changes)]
        sent_s = time.monotonic() - begun_s
        await _within(self.pods.until(lambda pod: pod.held.weights[CHANGING] == self.weight))
        took_ms = [
            (self.pods.last_arrival_s(CHANGING, partial(operator.le, weight), at_s) - at_s) * 1e3
            for at_s, weight in sent
        ]
        return took_ms, sent_s, self.pods.all[0].held.registry.generation - generation

    async def _changes(self, took_ms: list[float]) -> None:
        """A change a second, each timed by itself."""
        begun_s = time.monotonic()
        sent = []
        while (left_s := begun_s + self.scale.busy_s - time.monotonic()) > 0:
            before_s, weight = await self._send()
            sent.append((before_s, weight))
            await asyncio.sleep(min(left_s, max(0.0, before_s + 1 - time.monotonic())))
        with suppress(TimeoutError):  # an operator that cannot follow is told of, too
            await _within(self.pods.until(lambda pod: pod.held.weights[CHANGING] == self.weight))
        for before_s, weight in sent:
            with suppress(StopIteration):
                took_ms.append((self._later(weight, before_s) - before_s) * 1e3)

    def _later(self, weight: int, before_s: float) -> float:
        return self.pods.last_arrival_s(CHANGING, lambda held: 0 <= (held - weight) % 1000 < 500, before_s)

    async def _all_hold(self, count: int) -> None:
        await _within(self.pods.until(lambda pod: len(pod.held.weights) == count))

    async def _all_written(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not await self.analysers.are_ready(len(self.names)):  # noqa: ASYNC110  # the API server is asked
                await asyncio.sleep(LOOK_S)


async def _within(waiting: Coroutine[Any, Any, None]) -> None:
    async with asyncio.timeout(LIMIT_S):
        await waiting


def _now() -> str:
    """As the audit log writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _tell(what: str) -> None:
    print(f"  {what} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
