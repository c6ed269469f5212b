"""One point of a curve: start, warm up, load, wait until all has arrived, check, stop."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import httpx

from logdist_loadtest.bench.checks import Tally, find_faults
from logdist_loadtest.bench.contenders import Place
from logdist_loadtest.bench.control import Control
from logdist_loadtest.bench.measure import WARM_UP_S, bring_up, settle
from logdist_loadtest.bench.process import Child, StartError, running
from logdist_loadtest.bench.sinks import WEIGHTS, Sinks, listening_sinks
from logdist_loadtest.bench.wrk import WrkError, WrkFigures, run_wrk
from logdist_loadtest.scale.curves import Curve, Point

IDLE_S: Final = 2.0  # the interval of health checks
FAILURES: Final = (StartError, WrkError, FileNotFoundError, httpx.HTTPError)


@dataclass(frozen=True, slots=True)
class Run:
    """What one point gave in one round, as it is kept. CPU is the server's, while it was loaded."""

    round_number: int
    curve: str
    x: int
    contender: str
    load_before: float  # the machine's load average over a minute: what others did is in it
    packets_per_s: float | None = None
    cpu_us: float | None = None  # a packet
    p50_us: float | None = None
    p99_us: float | None = None
    idle_percent: float | None = None  # of a core, without any packet; only where analysers are varied
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Served:
    """The server under test, running."""

    place: Place
    children: list[Child]
    controls: list[Control]  # of distributors

    def cpu_s(self) -> float:
        return sum(child.cpu_s() for child in self.children)


@contextlib.contextmanager
def serving(point: Point, sinks: Sinks, work: Path) -> Iterator[Served]:
    """Run one process, or as many distributors behind one port as there are workers. Raises one of FAILURES."""
    contender = point.contender
    ports = list(islice(cycle(sinks.ports), point.analysers))
    weights = tuple(islice(cycle(WEIGHTS), point.analysers))
    places = [Place.build(work, ports, weights, point.workers)]
    if contender.is_ours:
        further = [Place.build(work / str(number), ports, weights) for number in range(1, point.workers)]
        places += [replace(each, port=places[0].port) for each in further]
    with contextlib.ExitStack() as stack:
        children = []
        for number, place in enumerate(places):
            child = stack.enter_context(running(contender.command(place), work / f"server-{number}.log"))
            bring_up(contender, child, place)
            children.append(child)
        yield Served(places[0], children, [Control(each.control_port) for each in places if contender.is_ours])


class Ruler:
    """Measures points with one `wrk`, for `seconds` each, in directories under `work`."""

    def __init__(self, wrk: Path, seconds: float, work: Path) -> None:
        self.wrk = wrk
        self.seconds = seconds
        self.work = work

    def measure(self, point: Point, round_number: int) -> Run:
        """Run one point. One that fails gives a Run that says so."""
        run = Run(round_number, point.curve.value, point.x, point.contender.name, os.getloadavg()[0])
        try:
            with listening_sinks() as sinks, serving(point, sinks, self.work / uuid.uuid4().hex) as served:
                return self._load(run, point, served, sinks)
        except FAILURES as failure:
            return replace(run, faults=(f"{type(failure).__name__}: {failure}",))

    def _load(self, run: Run, point: Point, served: "Served", sinks: Sinks) -> Run:
        place, controls = served.place, served.controls
        warm_up = self._send(point, place, WARM_UP_S)
        settle(lambda: _received(sinks), controls)
        idle_percent = _idle_percent(served) if point.curve is Curve.ANALYSERS else None
        before_s = served.cpu_s()
        seen = self._send(point, place, self.seconds)
        cpu_s = served.cpu_s() - before_s  # before anybody asks for a ledger: with 10,000 analysers that costs too
        is_drained = settle(lambda: _received(sinks), controls)
        weights = [0] * len(sinks.ports)
        for port, weight in zip(place.sink_ports, place.weights, strict=True):
            weights[sinks.ports.index(port)] += weight
        tally = Tally(
            completed=warm_up.completed + seen.completed,
            in_flight_max=2 * point.load.connections,
            received=tuple(_received(sinks)),
            weights=tuple(weights),
            accepted=sum(each.ledger()["accepted"] for each in controls) if controls else None,
            errors=warm_up.errors + seen.errors,
            is_drained=is_drained,
            is_share_promised=point.analysers <= len(WEIGHTS) and point.workers == 1 and point.contender.is_ours,
        )
        faults = tuple(find_faults(tally))
        if not seen.completed:
            return replace(run, faults=(*faults, "no request was answered after the warm-up"))
        return replace(
            run,
            packets_per_s=round(seen.completed / seen.duration_s, 1),
            cpu_us=round(cpu_s * 1e6 / seen.completed, 3),
            p50_us=seen.p50_us,
            p99_us=seen.p99_us,
            idle_percent=idle_percent,
            faults=faults,
        )

    def _send(self, point: Point, place: Place, seconds: float) -> WrkFigures:
        url = f"http://127.0.0.1:{place.port}/v1/packets"
        return run_wrk(self.wrk, url, point.load, seconds, uuid.uuid4().hex[:8])


def _idle_percent(served: Served) -> float:
    """What health checks and clocks cost, over IDLE_S."""
    before_s = served.cpu_s()
    time.sleep(IDLE_S)  # a rate needs its time
    return round(100 * (served.cpu_s() - before_s) / IDLE_S, 1)


def _received(sinks: Sinks) -> list[int]:
    return [each.packets for each in sinks.counts()]
