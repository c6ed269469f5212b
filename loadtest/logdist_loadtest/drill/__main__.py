"""`make drill`: a game day. Things go wrong under a steady load, and every packet is accounted for.

On this machine it has a network and mounts of its own, where it may, so that it can drop packets and fill disks.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from logdist_loadtest.bench.machine import describe_briefly
from logdist_loadtest.drill import on_cluster
from logdist_loadtest.drill.catalogue import BY_NAME, Drill
from logdist_loadtest.drill.cluster import Cluster, KubeError
from logdist_loadtest.drill.isolate import enter
from logdist_loadtest.drill.local import Options, run_drill
from logdist_loadtest.drill.outcome import Outcome
from logdist_loadtest.drill.report import render_section, summary
from logdist_loadtest.drill.waiting import NeverHappened

FOLDER: Final = Path(".drill")
RATE_PER_S: Final = 200.0
AWAY_S: Final = 120.0
AnyDrill = TypeVar("AnyDrill", Drill, on_cluster.ClusterDrill)


def main() -> None:
    """Exit 0 when every drill that could be done held its promises, 1 otherwise, 2 for bad arguments."""
    parser = _parser()
    arguments = parser.parse_args()
    known = list(on_cluster.BY_NAME if arguments.cluster else BY_NAME)
    names = arguments.only.split(",") if arguments.only else known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such drill: {', '.join(unknown)}; there are {', '.join(known)}")
    if not arguments.cluster:
        enter()
    machine = describe_briefly()
    try:
        outcomes = _on_cluster(names, arguments) if arguments.cluster else _on_one_machine(names, arguments)
    except (KubeError, NeverHappened) as error:
        print(f"drill: {error}", file=sys.stderr)
        sys.exit(1)
    where = f"on {'a cluster' if arguments.cluster else 'one machine'}"
    section = render_section(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {where}", machine, outcomes)
    print(f"\n{section}")
    if arguments.report:
        with arguments.report.open("a", encoding="utf-8") as file:
            file.write(f"\n{section}")
    sys.exit(0 if all(each.is_good for each in outcomes) else 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make drill", description="A game day.", allow_abbrev=False)
    add = parser.add_argument
    add("--only", metavar="NAME,...", help=f"of {', '.join(BY_NAME)}; with --cluster: {', '.join(on_cluster.BY_NAME)}")
    add("--rate", type=float, default=RATE_PER_S, metavar="R", help="packets a second (%(default)g)")
    add("--away", type=float, default=AWAY_S, metavar="S", help="seconds that operator or API are away (%(default)g)")
    add("--report", type=Path, metavar="FILE", help="append the results, as in docs/drills.md")
    add("--folder", type=Path, default=FOLDER, metavar="DIR", help="logs, spools, records (%(default)s)")
    add("--cluster", action="store_true", help="on the release `logdist` that kubectl reaches, instead of this machine")
    add("--lab", default="", metavar="COMMAND", help="what can signal processes in pods and end the API server")
    return parser


def _on_one_machine(names: Sequence[str], arguments: argparse.Namespace) -> list[Outcome]:
    options = Options(arguments.folder.absolute(), arguments.rate, arguments.away)
    return [_hold(BY_NAME[name], lambda drill: run_drill(drill, options, _tell)) for name in names]


def _on_cluster(names: Sequence[str], arguments: argparse.Namespace) -> list[Outcome]:
    with Cluster(arguments.lab).prepared() as cluster:
        return [
            _hold(
                on_cluster.BY_NAME[name],
                lambda drill: on_cluster.hold(drill, cluster, arguments.rate, arguments.away, _tell),
            )
            for name in names
        ]


def _hold(drill: AnyDrill, run: Callable[[AnyDrill], Outcome]) -> Outcome:
    print(f"\n{drill.name}: {drill.proves}", flush=True)
    outcome = run(drill)
    for line in summary(outcome):
        _tell(line)
    return outcome


def _tell(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
