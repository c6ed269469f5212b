"""A backlog much larger than memory: what it costs to take in, to restart on, and to deliver."""

import contextlib
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from logdist_loadtest.bench.contenders import SAFE, Contender, Place
from logdist_loadtest.bench.control import Control, build_registry
from logdist_loadtest.bench.kills import RUN_ID, DrillError
from logdist_loadtest.bench.measure import DRAIN_S, START_S
from logdist_loadtest.bench.process import Child, is_listening, running
from logdist_loadtest.bench.senders import PACKET_BYTES, Senders
from logdist_loadtest.bench.sinks import WEIGHTS, Sinks, listening_sinks

GIB: Final = 2**30
CONNECTIONS: Final = 4
PACKETS_PER_REQUEST: Final = 2000
SLACK_BYTES: Final = 64 << 20  # of the spool, so that it is never full
DISK_FACTOR: Final = 1.5  # on disk for each byte of payload, with room to spare
DRAIN_PACKETS: Final = 1_000_000
LOOK_S: Final = 0.02
STUCK_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """One backlog: filled without any analyser, killed, started again, drained in part. CPU is the distributor's."""

    gib: float  # what was asked for
    packets: int  # acknowledged
    payload_bytes: int
    file_bytes: int  # of the spool
    fill_s: float
    fill_cpu_us: float  # a packet
    fill_anonymous_bytes: int  # the most at any moment
    restart_s: float  # from the start of the next process until its ledger is there
    restored: int  # what that ledger says was read back
    drained: int  # packets
    drain_s: float
    drain_cpu_us: float  # a packet
    drain_anonymous_bytes: int  # the most, from the restart on

    @property
    def anonymous_mib(self) -> float:
        """The most anonymous memory over the whole drill."""
        return max(self.fill_anonymous_bytes, self.drain_anonymous_bytes) / 2**20


def measure_backlog(gib: float, work: Path) -> Backlog:
    """Fill `gib` GiB of payload into a spool under `work`, which is emptied again.

    Raises DrillError, StartError, httpx.HTTPError, OSError.
    """
    work.mkdir(parents=True)
    wanted_bytes = int(gib * GIB)
    if shutil.disk_usage(work).free < wanted_bytes * DISK_FACTOR:
        raise DrillError(f"a backlog of {gib:g} GiB needs {gib * DISK_FACTOR:.1f} GiB of disk")
    try:
        with listening_sinks() as sinks:
            return _measure(gib, work, sinks)
    finally:
        shutil.rmtree(work)


def _measure(gib: float, work: Path, sinks: Sinks) -> Backlog:
    place = Place.build(work / "server", sinks.ports)
    command = _contender(int(gib * GIB)).command(place)
    control = Control(place.control_port)
    with running(command, work / "fill.log") as child, _watching(child) as fill_memory:
        child.wait_ready(control.is_alive, START_S)
        child.wait_ready(lambda: is_listening(place.port), START_S)
        before_cpu_s, begun_s = child.cpu_s(), time.monotonic()
        packets = _fill(int(gib * GIB), place.port)
        fill_s, fill_cpu_s = time.monotonic() - begun_s, child.cpu_s() - before_cpu_s
        child.kill()
    file_bytes = sum(each.stat().st_blocks * 512 for each in (place.work / "spool").iterdir())
    begun_s = time.monotonic()
    with running(command, work / "drain.log") as child, _watching(child) as drain_memory:
        child.wait_ready(control.is_alive, DRAIN_S)
        restored, restart_s = control.ledger()["restored"], time.monotonic() - begun_s
        drained, drain_s, drain_cpu_s = _drain(child, control, sinks, min(DRAIN_PACKETS, restored))
        child.kill()  # a spool of gigabytes that nobody wants
    return Backlog(
        gib=gib,
        packets=packets,
        payload_bytes=packets * PACKET_BYTES,
        file_bytes=file_bytes,
        fill_s=fill_s,
        fill_cpu_us=fill_cpu_s * 1e6 / packets,
        fill_anonymous_bytes=max(fill_memory),
        restart_s=restart_s,
        restored=restored,
        drained=drained,
        drain_s=drain_s,
        drain_cpu_us=drain_cpu_s * 1e6 / drained,
        drain_anonymous_bytes=max(drain_memory),
    )


def _contender(wanted_bytes: int) -> Contender:
    """The distributor as it is, but for the room on disk."""
    return replace(SAFE, arguments=(*SAFE.arguments, "--spool-bytes", str(wanted_bytes + SLACK_BYTES)))


def _fill(wanted_bytes: int, port: int) -> int:
    """Send until this much payload is acknowledged, which without an analyser means: on disk. The packets."""
    senders = Senders(port, connections=CONNECTIONS, packets_per_request=PACKETS_PER_REQUEST, run_id=RUN_ID)
    with senders:
        before, moved_s = 0, time.monotonic()
        while (packets := senders.packets) * PACKET_BYTES < wanted_bytes:
            now_s = time.monotonic()
            if packets > before:
                before, moved_s = packets, now_s
            elif now_s > moved_s + STUCK_S:
                raise DrillError(f"nothing was acknowledged for {STUCK_S:g} s, after {packets} packets")
            time.sleep(LOOK_S)  # the bench may take no CPU from what it measures
    return senders.packets


def _drain(child: Child, control: Control, sinks: Sinks, enough: int) -> tuple[int, float, float]:
    """Register the sinks and let them take `enough`. Packets, seconds and CPU seconds, from the registration on."""
    before_cpu_s, begun_s = child.cpu_s(), time.monotonic()
    control.put_registry(build_registry(sinks.ports, WEIGHTS))
    while (drained := sum(each.packets for each in sinks.counts())) < enough:
        if time.monotonic() > begun_s + DRAIN_S:
            raise DrillError(f"{drained} packets were delivered within {DRAIN_S:g} s, {enough} expected")
        time.sleep(LOOK_S)  # the same
    return drained, time.monotonic() - begun_s, child.cpu_s() - before_cpu_s


@contextlib.contextmanager
def _watching(child: Child) -> Iterator[list[int]]:
    """Anonymous memory of a process, over and over, for the length of the block."""
    samples = [anonymous_bytes(child.popen.pid)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_S):
            with contextlib.suppress(OSError, DrillError):  # it has ended
                samples.append(anonymous_bytes(child.popen.pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def anonymous_bytes(pid: int) -> int:
    """RssAnon: what the kernel cannot take back by dropping pages of files. Raises DrillError, OSError."""
    found = re.search(r"^RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    if found is None:
        raise DrillError("the kernel tells no RssAnon")
    return int(found[1]) * 1024
