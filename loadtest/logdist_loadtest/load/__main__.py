"""`make load`: everything on this machine, as in the demo, and locust against it; with --host against what runs there.

Locust is a process of its own: it patches all of Python, and this one must stay as it is.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from logdist_loadtest.demo.options import Places, add_places
from logdist_loadtest.demo.parts import python
from logdist_loadtest.demo.stage import perform

LOCUSTFILE: Final = Path("loadtest/locustfile.py")
FOLDER: Final = Path(".load")
USUAL: Final = ("--users", "20", "--spawn-rate", "10", "--run-time", "30s")  # what is given later wins


def main() -> None:
    """Exit with locust's code: 0 when no request failed and all checks hold. 1 as well when the parts do not start.

    What stops this stops locust first, which then gives its verdict still.
    """
    own, locusts = _parser().parse_known_args()
    given = vars(own)
    host, has_page = given.pop("host"), given.pop("web")
    sys.exit(_run(Places(**given), host, has_page=has_page, more=locusts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make load",
        description="Load by locust. All other arguments are locust's own, such as --scenario failover or --users 50.",
        allow_abbrev=False,
    )
    parser.add_argument("-H", "--host", metavar="URL", help="load this, and start nothing here")
    parser.add_argument(
        "--web", action="store_true", help="locust's page on http://127.0.0.1:8089 instead of a run at once"
    )
    add_places(parser, FOLDER)
    return parser


def _run(places: Places, host: str | None, *, has_page: bool, more: list[str]) -> int:
    report = places.folder / "report.html"
    command = python("locust", "-f", LOCUSTFILE, "--report", report, "--csv", places.folder / "load", *USUAL)
    command += ["--web-host", "127.0.0.1"] if has_page else ["--headless", "--only-summary"]
    command += ["--host", host] if host else ["--host", places.ingest, "--operator", places.api]
    code = asyncio.run(perform("load", None if host else places, [*command, *more]))
    if report.exists():
        print(f"the report is {report}, the figures are {places.folder}/load_*.csv")
    return code


if __name__ == "__main__":
    main()
