"""One run of one cell: start, warm up, load, wait until all has arrived, check, stop."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from logdist_loadtest.bench.checks import Tally, find_faults
from logdist_loadtest.bench.contenders import Contender, Place
from logdist_loadtest.bench.control import Control, build_registry
from logdist_loadtest.bench.plan import SATURATING, Cell, Scenario
from logdist_loadtest.bench.process import Child, StartError, is_listening, running
from logdist_loadtest.bench.receivers import Receivers, counting_sinks, sample_analysers
from logdist_loadtest.bench.sinks import WEIGHTS
from logdist_loadtest.bench.wrk import WrkError, WrkFigures, run_wrk

START_S = 30.0
WARM_UP_S = 1.0
QUIET_S = 0.3  # nothing more has arrived for this long
DRAIN_S = 120.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave. CPU is user and system time of the server process and its children."""

    packets_per_s: float
    cpu_us: float  # a packet; until all has been delivered, except in FSYNCED: until the load ended
    later_cpu_us: float  # a packet; from the end of the load until all has been delivered
    receivers_cpu_us: float  # a packet, the analysers together
    p50_us: float
    p99_us: float
    errors: int
    share_error: float  # packets, the worst analyser, from the first packet on


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run: figures, unless it did not get that far, and whatever was wrong with it."""

    round_number: int
    cell: Cell
    figures: Figures | None
    faults: tuple[str, ...] = ()


class Bench:
    """Runs cells with one `wrk`, for `seconds` each, in directories under `work`."""

    def __init__(self, wrk: Path, seconds: float, work: Path) -> None:
        self.wrk = wrk
        self.seconds = seconds
        self.work = work

    def measure(self, cell: Cell, round_number: int) -> Measurement:
        """Run one cell. A run that fails gives a Measurement that says so; the bench goes on."""
        work = self.work / uuid.uuid4().hex
        try:
            with _receivers(cell, work) as receivers:
                place = Place.build(work / "server", receivers.ports)
                with running(cell.contender.command(place), work / "server.log") as child:
                    bring_up(cell.contender, child, place)
                    figures, tally = self._load(cell, child, receivers, place)
        except (StartError, WrkError, FileNotFoundError, httpx.HTTPError) as failure:
            return Measurement(round_number, cell, None, (f"{type(failure).__name__}: {failure}",))
        return Measurement(round_number, cell, figures if tally.completed else None, tuple(find_faults(tally)))

    def _load(self, cell: Cell, child: Child, receivers: Receivers, place: Place) -> tuple[Figures, Tally]:
        control = Control(place.control_port) if cell.contender.is_ours else None
        controls = [control] if control else []
        is_stalled = cell.scenario is Scenario.FSYNCED
        warm_up = self._send(cell, place, WARM_UP_S)
        settle(receivers.packets, controls)
        if is_stalled:
            receivers.stall()
        cpu_s, receivers_cpu_s = child.cpu_s(), receivers.cpu_s()
        seen = self._send(cell, place, self.seconds)
        loaded_cpu_s = child.cpu_s()
        if is_stalled:
            receivers.serve()
        is_drained = settle(receivers.packets, controls)
        settled_cpu_s = child.cpu_s()

        packets = max(1, seen.completed * cell.load.packets_per_request)
        tally = Tally(
            completed=(warm_up.completed + seen.completed) * cell.load.packets_per_request,
            in_flight_max=2 * cell.load.connections * cell.load.packets_per_request,
            received=tuple(receivers.packets()),
            weights=WEIGHTS,
            accepted=control.ledger()["accepted"] if control else None,
            errors=warm_up.errors + seen.errors,
            is_drained=is_drained,
            is_share_promised=cell.contender.is_ours and cell.scenario not in SATURATING,
        )
        figures = Figures(
            packets_per_s=packets / seen.duration_s,
            cpu_us=((loaded_cpu_s if is_stalled else settled_cpu_s) - cpu_s) * 1e6 / packets,
            later_cpu_us=(settled_cpu_s - loaded_cpu_s) * 1e6 / packets,
            receivers_cpu_us=(receivers.cpu_s() - receivers_cpu_s) * 1e6 / packets,
            p50_us=seen.p50_us,
            p99_us=seen.p99_us,
            errors=seen.errors,
            share_error=tally.share_error,
        )
        return figures, tally

    def _send(self, cell: Cell, place: Place, seconds: float) -> WrkFigures:
        return run_wrk(self.wrk, f"http://127.0.0.1:{place.port}/v1/packets", cell.load, seconds, uuid.uuid4().hex[:8])


@contextlib.contextmanager
def _receivers(cell: Cell, work: Path) -> Iterator[Receivers]:
    work.mkdir(parents=True)
    chosen = sample_analysers(work) if cell.scenario is Scenario.CHAIN else counting_sinks()
    with chosen as receivers:
        yield receivers


def bring_up(contender: Contender, child: Child, place: Place) -> None:
    """Return once it takes packets and deals them to the sinks. Raises StartError, httpx.HTTPError."""
    if contender.is_ours:
        control = Control(place.control_port)
        child.wait_ready(control.is_alive, START_S)
        control.put_registry(build_registry(place.sink_ports, place.weights))
        child.wait_ready(control.is_dealing, START_S)
    child.wait_ready(lambda: is_listening(place.port), START_S)


def settle(received: Callable[[], list[int]], controls: list[Control]) -> bool:
    """Wait until nothing more is received and no distributor's ledger owes anything. False after `DRAIN_S`."""
    deadline_s = time.monotonic() + DRAIN_S
    before: list[int] | None = None
    while time.monotonic() < deadline_s:
        now = received()
        if now == before and all(each.owes_nothing() for each in controls):
            return True
        before = now
        time.sleep(QUIET_S)  # quiet means: the same count after this long
    return False
