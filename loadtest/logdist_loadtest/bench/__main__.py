"""`python -m logdist_loadtest.bench`: run every cell, show the page, write it to docs/performance.md."""

import argparse
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from logdist_loadtest.bench.amend import amend
from logdist_loadtest.bench.apart import FAILURES, Effort, measure_apart
from logdist_loadtest.bench.backlog import measure_backlog
from logdist_loadtest.bench.budgets import Verdict, judge, judge_backlog, judge_convergence
from logdist_loadtest.bench.contenders import PEERS
from logdist_loadtest.bench.convergence import Scale
from logdist_loadtest.bench.lab import NoCluster, measure_convergence
from logdist_loadtest.bench.machine import describe_machine
from logdist_loadtest.bench.measure import Bench, Measurement
from logdist_loadtest.bench.plan import Cell, build_round
from logdist_loadtest.bench.report import Setting, render_report
from logdist_loadtest.bench.report_convergence import HEADING, render_convergence
from logdist_loadtest.bench.report_drills import BACKLOG_HEADING, render_backlog
from logdist_loadtest.bench.results import Results
from logdist_loadtest.bench.wrk import WrkMissingError, find_wrk, wrk_version
from logdist_loadtest.protocols.page import put_protocols
from logdist_loadtest.scale.page import put_curves

CACHE = Path(".cache")  # spools must be on a real disk, which a temporary directory may not be
REPORT = Path("docs/performance.md")
QUICK_REPORT = CACHE / "performance-quick.md"  # its figures mean little, and must not replace the real ones
NOTES = Path("docs/performance-notes.md")  # written by hand, put into the report
CURVES = Path("docs/data/scale.json")  # written by logdist_loadtest.scale
PROTOCOLS = Path("docs/data/protocols.json")  # written by logdist_loadtest.protocols
PICKS = 300_000
CHANGES = 30
QUICK_BACKLOG_GIB = 0.05
QUICK_SCALE = Scale(pods=5, changes=5, analysers=20, quiet_s=3, busy_s=3, settle_s=1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench. 0: done; 1: a run of the distributor did not pass its checks; 2: there is no `wrk`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, and so ends every process
    options = _parse(arguments)
    effort = _effort(options)
    rounds, seconds = effort.rounds, effort.seconds
    report = options.output or (QUICK_REPORT if options.quick else REPORT)
    if options.only:
        return _measure_only(options.only, effort, report)
    try:
        wrk = find_wrk()
    except WrkMissingError as missing:
        print(f"error: {missing}", file=sys.stderr)
        return 2
    with _work_directory() as work:
        machine = describe_machine(wrk_version(wrk), work)
        results = Results(run_rounds(Bench(wrk, seconds, work), [build_round(n) for n in range(1, rounds + 1)]))
        apart = measure_apart(wrk, work, effort)
    page = render_report(
        results,
        judge(results, apart),
        apart,
        Setting(rounds, seconds, _command(effort), machine),
        NOTES.read_text() if NOTES.exists() else "",
    )
    if CURVES.exists():
        page = put_curves(page, json.loads(CURVES.read_text()))
    if PROTOCOLS.exists():
        page = put_protocols(page, json.loads(PROTOCOLS.read_text()))
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(page)
    print(f"\n{page}\nwritten to {report}")
    return 1 if apart.find_faults() or any(each.cell.contender.is_ours for each in results.with_faults()) else 0


def _measure_only(part: str, effort: Effort, report: Path) -> int:
    """Measure one part, and put it into the page that is there. 2: it cannot be measured."""
    try:
        with _work_directory() as work:
            heading, section, verdict = PARTS[part](effort, work)
    except (NoCluster, *FAILURES) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 2
    report.parent.mkdir(parents=True, exist_ok=True)
    page = report if report.exists() else REPORT
    report.write_text(amend(page.read_text(), heading, section, verdict))
    print(f"\n{section}\n\nput into {report}")
    return 0


def _measure_convergence(effort: Effort, work: Path) -> tuple[str, str, Verdict]:
    measured = measure_convergence(effort.cluster, work / "convergence", effort.scale)
    return HEADING, render_convergence(measured), judge_convergence(measured)


def _measure_backlog(effort: Effort, work: Path) -> tuple[str, str, Verdict]:
    measured = measure_backlog(effort.backlog_gib, work / "backlog")
    return BACKLOG_HEADING, render_backlog(measured), judge_backlog(measured)


PARTS: Final = {"backlog": _measure_backlog, "convergence": _measure_convergence}


def run_rounds(bench: Bench, rounds: list[list[Cell]]) -> list[Measurement]:
    """Every cell of every round, with a line of progress each. A server that is not installed is left out."""
    _tell_missing()
    cells = [(n, cell) for n, each in enumerate(rounds, start=1) for cell in each if cell.contender.find()]
    measurements = []
    for done, (round_number, cell) in enumerate(cells, start=1):
        print(f"[{done:{len(str(len(cells)))}}/{len(cells)}] round {round_number}: {cell} ...", end=" ", flush=True)
        measurement = bench.measure(cell, round_number)
        print(_outcome(measurement), flush=True)
        measurements.append(measurement)
    return measurements


def _outcome(measurement: Measurement) -> str:
    figures = measurement.figures
    said = f"{figures.packets_per_s:,.0f} packets/s, {figures.cpu_us:.1f} us" if figures else "no figures"
    return "; ".join([said, *measurement.faults])


def _tell_missing() -> None:
    for peer in PEERS:
        if not peer.find():
            print(f"{peer.title} is not installed and left out: {peer.install}")


@contextlib.contextmanager
def _work_directory() -> Iterator[Path]:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.absolute(), prefix="bench-") as work:
        Path(work).chmod(0o755)  # a worker of nginx that root started runs as somebody else
        yield Path(work)


def _command(effort: Effort) -> str:
    return (
        f"python -m logdist_loadtest.bench --rounds {effort.rounds} --seconds {effort.seconds:g}"
        f" --backlog-gib {effort.backlog_gib:g}"
    )


def _effort(options: argparse.Namespace) -> Effort:
    if options.quick:
        return Effort(1, 1.0, PICKS // 10, CHANGES // 10, QUICK_BACKLOG_GIB, options.cluster, QUICK_SCALE)
    return Effort(options.rounds, options.seconds, PICKS, CHANGES, options.backlog_gib, options.cluster)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="logdist_loadtest.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each server once a round (default: 3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of one run (default: 5)")
    parser.add_argument(
        "--quick", action="store_true", help="one round of 1 s: shows that the bench works, measures little"
    )
    parser.add_argument(
        "--backlog-gib",
        type=float,
        default=1.0,
        help="size of the backlog, 0 for none (default: 1; the budget is for 10: some minutes, and 13 GB of disk)",
    )
    parser.add_argument("--cluster", default="", help="command that has a Kubernetes (default: none, not measured)")
    parser.add_argument(
        "--only", choices=sorted(PARTS), help="measure this part and put it into the page; the rest of it stays"
    )
    parser.add_argument("--output", type=Path, help=f"the page (default: {REPORT}; with --quick: {QUICK_REPORT})")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # everything has ended on the way here
        sys.exit(130)
