"""`make load`: everything on this machine, as in the demo, and locust against it; with --host against what runs there.

Locust is a process of its own: it patches all of Python, and this one must stay as it is.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

import httpx

from logdist_loadtest.demo.crew import Crew
from logdist_loadtest.demo.errors import DemoError
from logdist_loadtest.demo.options import Places, add_places
from logdist_loadtest.demo.parts import python, start_parts
from logdist_loadtest.demo.reader import Reader

LOCUSTFILE: Final = Path("loadtest/locustfile.py")
FOLDER: Final = Path(".load")
FLAG: Final = '`make load LOAD="{} PORT"`'
USUAL: Final = ("--users", "20", "--spawn-rate", "10", "--run-time", "30s")  # what is given later wins
STOPPING: Final = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    """Exit with locust's code: 0 when no request failed and all checks hold. 1 as well when the parts do not start.

    What stops this stops locust first, which then gives its verdict still.
    """
    own, locusts = _parser().parse_known_args()
    given = vars(own)
    host, has_page = given.pop("host"), given.pop("web")
    sys.exit(asyncio.run(_run(Places(**given), host, has_page=has_page, more=locusts)))


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


async def _run(places: Places, host: str | None, *, has_page: bool, more: list[str]) -> int:
    crew = Crew(places.logs, print)
    load = _Load()
    report = places.folder / "report.html"
    command = python("locust", "-f", LOCUSTFILE, "--report", report, "--csv", places.folder / "load", *USUAL)
    command += ["--web-host", "127.0.0.1"] if has_page else ["--headless", "--only-summary"]
    try:
        if host is None:
            async with httpx.AsyncClient(trust_env=False) as client:
                await start_parts(places, crew, Reader(client, places.api), print, FLAG)
            command += ["--host", places.ingest, "--operator", places.api]
        else:
            command += ["--host", host]
        code = await load.run([*command, *more])
    except DemoError as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return 130
    finally:
        await crew.stop()
    if report.exists():
        print(f"the report is {report}, the figures are {places.folder}/load_*.csv")
    return code


class _Load:
    """The process of locust, once it runs. What stops this process goes to it, or cancels what starts before it."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        starting = asyncio.current_task()
        assert starting is not None  # noqa: S101  # made by what it shall cancel

        def stop() -> None:
            if self._process is None:
                starting.cancel()
            elif self._process.returncode is None:
                self._process.send_signal(signal.SIGINT)

        for number in STOPPING:
            asyncio.get_running_loop().add_signal_handler(number, stop)

    async def run(self, command: list[str]) -> int:
        """To its end."""
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        return await self._process.wait()


if __name__ == "__main__":
    main()
