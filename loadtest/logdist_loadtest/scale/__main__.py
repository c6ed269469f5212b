"""`python -m logdist_loadtest.scale`: measure every curve, keep the runs, draw them and renew docs/performance.md.

`--draw` only draws and writes anew, from the runs that are kept.
"""

import argparse
import contextlib
import json
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from logdist_loadtest.bench.apart import FAILURES
from logdist_loadtest.bench.backlog import measure_backlog
from logdist_loadtest.bench.machine import describe_machine
from logdist_loadtest.bench.picks import measure_picks
from logdist_loadtest.bench.senders import PACKET_BYTES
from logdist_loadtest.bench.wrk import WrkMissingError, find_wrk, wrk_version
from logdist_loadtest.scale.curves import BACKLOGS, PICK_ANALYSERS, PICKS, build_points
from logdist_loadtest.scale.figures import draw_all
from logdist_loadtest.scale.measure import Ruler
from logdist_loadtest.scale.page import put_curves

DATA: Final = Path("docs/data/scale.json")
PAGE: Final = Path("docs/performance.md")
PICTURES: Final = Path("docs/images")
CACHE: Final = Path(".cache")  # spools must be on a real disk


def main(arguments: Sequence[str] | None = None) -> int:
    """0: done; 1: a server failed or a check did not hold in some run, as the page says; 2: there is no `wrk`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, and so ends every process
    options = _parse(arguments)
    if not options.draw:
        try:
            measured = _measure(find_wrk(), options.rounds, options.seconds)
        except WrkMissingError as missing:
            print(f"error: {missing}", file=sys.stderr)
            return 2
        options.data.parent.mkdir(parents=True, exist_ok=True)
        options.data.write_text(json.dumps(measured, indent=1) + "\n")
    kept = json.loads(options.data.read_text())
    draw_all(kept, PICTURES)
    PAGE.write_text(put_curves(PAGE.read_text(), kept))
    return int(any(run["faults"] for run in kept["runs"]) or bool(kept["faults"]))


def _measure(wrk: Path, rounds: int, seconds: float) -> dict[str, Any]:
    _raise_limit()
    points = [point for point in build_points() if point.contender.find()]
    runs, backlogs, faults = [], [], []
    with _work_directory() as work:
        machine = describe_machine(wrk_version(wrk), work)
        ruler = Ruler(wrk, seconds, work)
        for round_number in range(1, rounds + 1):
            for done, point in enumerate(points, start=1):
                print(f"round {round_number} [{done}/{len(points)}] {point} ...", end=" ", flush=True)
                run = ruler.measure(point, round_number)
                print(f"{run.packets_per_s} packets/s, {run.cpu_us} us", *run.faults, flush=True)
                runs.append(asdict(run))
            for packets in BACKLOGS:
                print(f"round {round_number} a backlog of {packets:,} packets ...", flush=True)
                try:
                    backlog = measure_backlog(packets * PACKET_BYTES / 2**30, work / "backlog")
                except FAILURES as failure:
                    faults.append(f"backlog of {packets:,}, round {round_number}: {failure}")
                else:
                    backlogs.append({"round_number": round_number, "x": packets, **asdict(backlog)})
        picks = measure_picks(rounds, PICKS, PICK_ANALYSERS)
    command = f"python -m logdist_loadtest.scale --rounds {rounds} --seconds {seconds:g}"
    return {
        "machine": dict(machine),
        "command": command,
        "faults": faults,
        "runs": runs,
        "backlogs": backlogs,
        "picks_ns": picks,
    }


def _raise_limit() -> None:
    """As many open files as we may have; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def _work_directory() -> Iterator[Path]:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.absolute(), prefix="scale-") as work:
        Path(work).chmod(0o755)  # a worker of nginx that root started runs as somebody else
        yield Path(work)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="logdist_loadtest.scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="each server once a round at each point (default: 2)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one run (default: 1)")
    parser.add_argument("--draw", action="store_true", help="measure nothing: draw what is kept")
    parser.add_argument("--data", type=Path, default=DATA, help=f"where runs are kept (default: {DATA})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # everything has ended on the way here
        sys.exit(130)
