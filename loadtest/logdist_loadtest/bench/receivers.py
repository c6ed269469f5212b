"""Who takes the packets at the far end: counting sinks, or the sample analyser where the whole chain is measured."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from logdist_loadtest.bench.process import Child, free_ports, is_listening, running
from logdist_loadtest.bench.sinks import WEIGHTS, Sinks, listening_sinks

START_S = 30.0


class Receivers(Protocol):
    """Three analysers, one a port, with the weights of `WEIGHTS`."""

    ports: list[int]

    def packets(self) -> list[int]:
        """Packets received so far, one number an analyser."""

    def cpu_s(self) -> float:
        """CPU seconds used so far by all of them."""

    def stall(self) -> None:
        """Take requests, answer none."""

    def serve(self) -> None:
        """Answer again."""


class CountingSinks:
    """The sinks of `sinks.py` as receivers."""

    def __init__(self, sinks: Sinks) -> None:
        self.sinks = sinks
        self.ports = sinks.ports

    def packets(self) -> list[int]:
        return [each.packets for each in self.sinks.counts()]

    def cpu_s(self) -> float:
        times = psutil.Process(self.sinks.popen.pid).cpu_times()
        return float(times.user + times.system)

    def stall(self) -> None:
        self.sinks.stall()

    def serve(self) -> None:
        self.sinks.serve()


class SampleAnalysers:
    """Three processes of the sample analyser."""

    def __init__(self, ports: list[int], children: list[Child]) -> None:
        self.ports = ports
        self.children = children

    def packets(self) -> list[int]:
        return [int(httpx.get(f"http://127.0.0.1:{port}/custom_metrics").json()["packets"]) for port in self.ports]

    def cpu_s(self) -> float:
        return sum(child.cpu_s() for child in self.children)

    def stall(self) -> None:
        raise NotImplementedError("only the counting sinks are stalled by the bench")

    serve = stall


@contextlib.contextmanager
def counting_sinks() -> Iterator[CountingSinks]:
    """Fresh counting sinks for the length of the block."""
    with listening_sinks() as sinks:
        yield CountingSinks(sinks)


@contextlib.contextmanager
def sample_analysers(work: Path) -> Iterator[SampleAnalysers]:
    """Fresh sample analysers for the length of the block. Raises StartError."""
    binary = str(Path(sys.executable).parent / "logdist-analyser")
    ports = free_ports(len(WEIGHTS))
    with contextlib.ExitStack() as stack:
        children = [
            stack.enter_context(
                running([binary, "--port", str(port), "--name", f"a{port}"], work / f"analyser-{port}.log")
            )
            for port in ports
        ]
        for port, child in zip(ports, children, strict=True):
            child.wait_ready(lambda port=port: is_listening(port), START_S)  # type: ignore[misc]
        yield SampleAnalysers(ports, children)
