"""The bench's handle on its analysers: starts the counting sinks, reads their counts, stalls them."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from logdist_loadtest.bench.process import free_ports
from logdist_loadtest.bench.sink import Counts

WEIGHTS = (1, 2, 3)  # of the three analysers in every run, whoever deals


class Sinks:
    """The analysers of one process, one port each; as a rule three, in the order of `WEIGHTS`."""

    def __init__(self, popen: "subprocess.Popen[str]", ports: list[int]) -> None:
        self.popen = popen
        self.ports = ports

    def counts(self) -> list[Counts]:
        """What each analyser has received so far."""
        return self._tell("counts")

    def stall(self) -> None:
        """Let them accept requests and answer none, except health checks."""
        self._tell("stall")

    def serve(self) -> None:
        """Let them answer again, beginning with all that they owe."""
        self._tell("serve")

    def kill(self) -> None:
        """SIGKILL: all connections break, and the ports refuse new ones."""
        self.popen.kill()
        self.popen.wait()

    def _tell(self, command: str) -> list[Counts]:
        print(command, file=self.popen.stdin, flush=True)
        return [Counts(**each) for each in json.loads(_read_line(self.popen))]


@contextlib.contextmanager
def listening_sinks(count: int = len(WEIGHTS), seen: Path | None = None) -> Iterator[Sinks]:
    """Run fresh sinks, their counts at zero, for the length of the block; `seen` gets which packets arrived."""
    ports = free_ports(count)
    command = [sys.executable, "-m", "logdist_loadtest.bench.sink", *map(str, ports)]
    command += ["--seen", str(seen)] if seen else []
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
    ) as popen:
        try:
            if _read_line(popen) != "listening\n":
                raise RuntimeError("the counting sinks did not start")
            yield Sinks(popen, ports)
        finally:
            popen.terminate()


def _read_line(popen: "subprocess.Popen[str]") -> str:
    return popen.stdout.readline() if popen.stdout else ""
