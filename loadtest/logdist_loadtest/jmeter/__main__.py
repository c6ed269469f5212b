"""`make jmeter`: everything on this machine, as in the demo, and JMeter against it; with -Jhost=HOST what runs there.

Maven fetches JMeter the first time. What it says goes to maven.log; shown are the figures, and how far it is.
"""

import argparse
import asyncio
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from logdist_loadtest.demo.options import Places, add_places
from logdist_loadtest.demo.stage import perform, tell
from logdist_loadtest.jmeter.maven import Progress, clear_work, describe_missing, maven_command, write_parameters
from logdist_loadtest.jmeter.results import read_results

FOLDER: Final = Path(".load/jmeter")
FAILOVER_S: Final = 600  # it ends by itself; this is how long it may take
PROGRESS_S: Final = 10


def main() -> None:
    """Exit 0 when no request failed and all checks hold, 1 otherwise, 2 for bad arguments."""
    given = vars(_parser().parse_args())
    parameters: dict[str, str] = dict(given.pop("parameters"))
    if missing := describe_missing(shutil.which):
        print(f"jmeter: {missing}", file=sys.stderr)
        sys.exit(1)
    sys.exit(_run(Places(**given), parameters))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make jmeter", description="Load by JMeter.", allow_abbrev=False)
    parser.add_argument(
        "-J",
        dest="parameters",
        action="append",
        default=[],
        type=_parameter,
        metavar="NAME=VALUE",
        help="a parameter of loadtest/plan.jmx, as in -Jusers=50; docs/load.md has them all",
    )
    add_places(parser, FOLDER)
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def _run(places: Places, parameters: dict[str, str]) -> int:
    is_local = "host" not in parameters
    if parameters.get("scenario") == "failover":
        parameters = {"seconds": str(FAILOVER_S), **parameters}
    if is_local:
        parameters = {"host": "127.0.0.1", "port": str(places.ingest_port), "operator": places.api, **parameters}
    parameters = {"summariser.interval": str(PROGRESS_S), **parameters}
    work = places.folder.absolute()
    clear_work(work)
    parts = replace(places, folder=work / "parts")  # they empty it when they start
    write_parameters(work / "run.properties", parameters)
    with (work / "maven.log").open("w") as log:
        progress = Progress(tell, log)
        code = asyncio.run(perform("jmeter", parts if is_local else None, maven_command(work), progress.hear))
    if code:
        print(f"jmeter: Maven ended with {code}; see {work}/maven.log", file=sys.stderr)
        return 1
    results = read_results(work / "jmeter" / "results" / "plan.csv")
    for line in results.lines():
        print(line)
    problems = results.problems(is_judged=bool(parameters.get("operator")))
    for problem in problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    main()
