"""How long a weight change takes to the last pod's acknowledgement: a real operator, 50 pods that only acknowledge.

The pods are stubs in this process, since 50 distributors on a small machine would measure the machine. A change is
timed from the rename of the Analyser's file to the moment the last pod has the new weight.
"""

import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from logdist_loadtest.bench.process import free_ports, running
from logdist_loadtest.bench.sink import body_length

PODS: Final = 50
PAUSE_S: Final = 0.3  # between changes, so that each is a change of its own
GIVE_UP_S: Final = 30.0
ANALYSER: Final = """\
apiVersion: logdist.io/v1alpha1
kind: Analyser
metadata:
  name: changing
spec:
  weight: {weight}
  endpoint: http://127.0.0.1:1
"""


class PublishingError(RuntimeError):
    """The change did not arrive everywhere in time."""


class Pods:
    """Stub control ports. `weights` has what each holds; `changed` is set whenever one took a registry."""

    def __init__(self) -> None:
        self.weights: dict[int, int] = {}
        self.registries: dict[int, dict[str, Any]] = {}
        self.changed = asyncio.Event()
        self.connections: set[asyncio.Task[None]] = set()

    async def listen(self, port: int) -> asyncio.Server:
        """Open one pod's port."""

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections.add(asyncio.create_task(self._answer(reader, writer)))

        return await asyncio.start_server(connected, "127.0.0.1", port)

    async def wait_for(self, weight: int) -> None:
        """Return when every pod holds this weight."""
        while len(self.weights) < PODS or set(self.weights.values()) != {weight}:
            self.changed.clear()
            await self.changed.wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the operator until it is closed."""
        port = writer.get_extra_info("sockname")[1]
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(max(0, body_length(head)))
                if head.startswith(b"PUT"):
                    self._take(port, json.loads(body))
                said = json.dumps(self._status(port)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(said), said))
        writer.close()

    def _take(self, port: int, registry: dict[str, Any]) -> None:
        self.registries[port] = {"generation": registry["generation"], "digest": registry["digest"]}
        self.weights[port] = registry["analysers"][0]["weight"]
        self.changed.set()

    def _status(self, port: int) -> dict[str, Any]:
        """One answer for every question: an acknowledgement and a status report have different fields."""
        registry = self.registries.get(port, {"generation": 0, "digest": ""})
        return {"instanceId": f"pod-{port}", "ready": True, "registry": registry, **registry}


def measure_publishing(work: Path, changes: int) -> list[float]:
    """Milliseconds from a change of weight to the last of PODS holding it, once a change. Raises PublishingError."""
    return asyncio.run(_measure(work, changes))


async def _measure(work: Path, changes: int) -> list[float]:
    pods, ports = Pods(), free_ports(PODS + 1)
    servers = [await pods.listen(port) for port in ports[:PODS]]
    folder = work / "analysers"
    folder.mkdir(parents=True)
    _write(folder, 1)
    command = [str(Path(sys.executable).parent / "logdist-operator"), "--analysers", str(folder)]
    command += ["--api-port", str(ports[PODS]), "--state-dir", str(work / "state")]
    command += [word for port in ports[:PODS] for word in ("--distributor", f"http://127.0.0.1:{port}")]
    try:
        with running(command, work / "operator.log"):
            await _arrive(pods, 1)
            return [await _time_change(pods, folder, weight) for weight in range(2, changes + 2)]
    finally:
        for server in servers:
            server.close()
        await asyncio.gather(*pods.connections)  # the operator is gone, so each has ended


async def _time_change(pods: Pods, folder: Path, weight: int) -> float:
    await asyncio.sleep(PAUSE_S)
    before_s = time.perf_counter()
    _write(folder, weight)
    await _arrive(pods, weight)
    return (time.perf_counter() - before_s) * 1e3


async def _arrive(pods: Pods, weight: int) -> None:
    try:
        await asyncio.wait_for(pods.wait_for(weight), GIVE_UP_S)
    except TimeoutError as late:
        holders = sum(each == weight for each in pods.weights.values())
        raise PublishingError(f"after {GIVE_UP_S:g} s {holders} of {PODS} pods had the change") from late


def _write(folder: Path, weight: int) -> None:
    """Replace the file in one step, as an editor does."""
    draft = folder / ".draft"
    draft.write_text(ANALYSER.format(weight=weight))
    draft.rename(folder / "analyser.yaml")
