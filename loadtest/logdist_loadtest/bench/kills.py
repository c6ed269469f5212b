"""What senders and analysers notice when something is killed under load: an analyser, the distributor."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logdist_loadtest.bench.contenders import SAFE, Place
from logdist_loadtest.bench.control import Control
from logdist_loadtest.bench.measure import DRAIN_S, START_S, bring_up
from logdist_loadtest.bench.process import running
from logdist_loadtest.bench.seen import read_arrivals
from logdist_loadtest.bench.senders import Connection, Senders
from logdist_loadtest.bench.sinks import WEIGHTS, Sinks, listening_sinks
from logdist_loadtest.bench.wrk import Load, run_wrk

CONNECTIONS: Final = 32
LOOK_S: Final = 0.01
GIVE_UP_S: Final = 30.0
RUN_ID: Final = "00000001"


class DrillError(RuntimeError):
    """What was to be measured did not happen."""


@dataclass(frozen=True, slots=True)
class AnalyserKill:
    """One analyser of three, the heaviest, killed in the middle of a run of `wrk`."""

    moved_ms: float  # from SIGKILL to the first status in which the analyser no longer takes part
    errors: int  # that clients saw: no connection, no answer, any status but 2xx
    accepted: int
    lost: int  # accepted, and neither at a survivor nor at the dead one
    duplicates: int  # arrivals beyond the first
    survivors_percent: tuple[float, ...]  # what each got of all that arrived after the move
    p99_us: float
    max_us: float  # the longest that a sender waited


@dataclass(frozen=True, slots=True)
class DistributorKill:
    """The distributor killed under load, and started again at once on the same spool."""

    back_ms: float  # from SIGKILL to the first packet that the next process acknowledged
    acknowledged: int
    missing: int  # acknowledged, at no analyser
    duplicates: int
    retries: int  # requests that senders had to send again
    restored: int  # packets that were read back from the spool


def kill_an_analyser(wrk: Path, seconds: float, work: Path) -> AnalyserKill:
    """Load for `seconds`, the kill in the middle. Raises DrillError, StartError, WrkError, httpx.HTTPError."""
    work.mkdir(parents=True)
    files = [work / f"seen-{number}" for number in range(len(WEIGHTS))]
    with contextlib.ExitStack() as stack:
        sinks = [stack.enter_context(listening_sinks(1, file)) for file in files]
        place = Place.build(work / "server", [each.ports[0] for each in sinks])
        child = stack.enter_context(running(SAFE.command(place), work / "server.log"))
        bring_up(SAFE, child, place)
        control = Control(place.control_port)
        url = f"http://127.0.0.1:{place.port}/v1/packets"
        pool = stack.enter_context(ThreadPoolExecutor(1))
        load = pool.submit(run_wrk, wrk, url, Load(CONNECTIONS), seconds, RUN_ID)
        time.sleep(seconds / 2)  # the kill comes in the middle of the run
        moved_ms = _time_move(sinks[-1], control)
        before = _received(sinks[:-1])
        figures = load.result()
        child.wait_ready(control.owes_nothing, DRAIN_S)
        after = _received(sinks[:-1])
        accepted = control.ledger()["accepted"]
    arrivals = read_arrivals(files)
    gained = [late - early for early, late in zip(before, after, strict=True)]
    return AnalyserKill(
        moved_ms=moved_ms,
        errors=figures.errors,
        accepted=accepted,
        lost=accepted - len(arrivals),
        duplicates=arrivals.total() - len(arrivals),
        survivors_percent=tuple(100 * each / max(1, sum(gained)) for each in gained),
        p99_us=figures.p99_us,
        max_us=figures.max_us,
    )


def kill_the_distributor(seconds: float, work: Path) -> DistributorKill:
    """Load for `seconds`, the kill in the middle. Raises DrillError, StartError, httpx.HTTPError."""
    work.mkdir(parents=True)
    file = work / "seen"
    with contextlib.ExitStack() as stack:
        sinks = stack.enter_context(listening_sinks(seen=file))
        place = Place.build(work / "server", sinks.ports)
        command = SAFE.command(place)
        child = stack.enter_context(running(command, work / "server.log"))
        bring_up(SAFE, child, place)
        senders = Senders(place.port, connections=CONNECTIONS, packets_per_request=1, run_id=RUN_ID)
        with senders:
            time.sleep(seconds / 2)  # the kill comes in the middle of the run
            killed_s = time.monotonic()
            child.kill()
            following = stack.enter_context(running(command, work / "following.log"))
            back_ms = _time_return(senders, killed_s)
            time.sleep(seconds / 2)  # the rest of the run
        control = Control(place.control_port)
        following.wait_ready(control.owes_nothing, DRAIN_S)
        restored = control.ledger()["restored"]
    arrivals = read_arrivals([file])
    return DistributorKill(
        back_ms=back_ms,
        acknowledged=senders.packets,
        missing=sum(number not in arrivals for number in senders.numbers()),
        duplicates=arrivals.total() - len(arrivals),
        retries=senders.retries,
        restored=restored,
    )


def _time_move(sinks: Sinks, control: Control) -> float:
    """Kill the last analyser; milliseconds until the distributor says that it is no longer dealt to."""
    name = f"a{len(WEIGHTS)}"
    control.standing(name)  # opens the connection, which is not part of the figure
    killed_s = time.monotonic()
    sinks.kill()
    while control.standing(name) == "admitted":
        if time.monotonic() > killed_s + GIVE_UP_S:
            raise DrillError(f"the dead analyser is still admitted after {GIVE_UP_S:g} s")
        time.sleep(LOOK_S)  # how finely the figure is measured
    return (time.monotonic() - killed_s) * 1e3


def _time_return(senders: Senders, killed_s: float) -> float:
    """Milliseconds until a packet on a new connection is acknowledged: an old one may still hold old answers."""
    with contextlib.closing(Connection(senders.port)) as connection:
        try:
            senders.deliver(connection, START_S)
        except TimeoutError as late:
            raise DrillError(f"the distributor did not come back within {START_S:g} s") from late
    return (time.monotonic() - killed_s) * 1e3


def _received(sinks: list[Sinks]) -> list[int]:
    return [each.counts()[0].packets for each in sinks]
