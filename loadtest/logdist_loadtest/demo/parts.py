"""Everything but a sender, started in order on this machine. The demo calls it, and the load test."""

import shutil
import sys
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from logdist_loadtest.demo.crew import Crew, is_free
from logdist_loadtest.demo.errors import DemoError
from logdist_loadtest.demo.options import Places
from logdist_loadtest.demo.reader import Reader
from logdist_loadtest.demo.state import Analyser

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


async def start_parts(
    places: Places, crew: Crew, reader: Reader, tell: Callable[[str], None], flag: str
) -> list[Analyser]:
    """An operator, an analyser for each file, and a distributor, all ready. Empties the folder. Raises DemoError.

    `flag` says how its user gives one, as in `demo {} PORT`.
    """
    _need_free(places.ingest_port, "for senders", flag.format("--ingest-port"))
    _need_free(places.control_port, "the distributor's control port", flag.format("--control-port"))
    _need_free(places.api_port, "the operator's API", flag.format("--api-port"))
    shutil.rmtree(places.folder, ignore_errors=True)
    places.logs.mkdir(parents=True)
    await crew.add(
        "operator",
        python(
            "logdist_operator",
            *("--analysers", places.analysers, "--distributor", places.control, "--ingest-url", places.ingest),
            *("--api-port", places.api_port, "--state-dir", places.folder / "operator"),
            *(("--ui", places.ui) if places.has_ui else ()),
        ),
        lambda: reader.is_up(f"{places.api}/readyz"),
        f"on {places.api}, watches {places.analysers}/",
    )
    state = await reader.state()
    if state is None:
        raise DemoError(f"the operator does not answer on {places.api}: see {places.logs}/operator.log")
    for analyser in state.analysers:
        await _start_analyser(analyser, places, crew, reader, tell)
    await crew.add(
        "distributor",
        python(
            "logdist_distributor",
            *("--ingest-port", places.ingest_port, "--control-port", places.control_port),
            *("--spool-dir", places.folder / "spool"),
        ),
        lambda: reader.is_up(f"{places.control}/readyz"),
        f"on {places.ingest} for senders, {places.control} for the operator",
    )
    return state.analysers


async def _start_analyser(
    analyser: Analyser, places: Places, crew: Crew, reader: Reader, tell: Callable[[str], None]
) -> None:
    """One process for each endpoint on this machine."""
    for endpoint in analyser.endpoints:
        url = urlsplit(endpoint)
        if url.hostname not in LOOPBACK or url.port is None:
            tell(f"{analyser.name:<12} {endpoint} is not on this machine: nothing to start")
            continue
        _need_free(url.port, f"analyser {analyser.name}", f"`endpoint:` in {places.analysers}/")
        name = analyser.name if len(analyser.endpoints) == 1 else f"{analyser.name}-{url.port}"
        await crew.add(
            name,
            python("logdist_analyser", "--port", url.port, "--name", analyser.name),
            lambda up=f"{endpoint}/heartbeat": reader.is_up(up),  # type: ignore[misc]  # bound now, not later
            f"on {endpoint}, weight {analyser.weight}",
        )


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs this module."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def _need_free(port: int, use: str, change: str) -> None:
    if not is_free(port):
        raise DemoError(
            f"port {port} ({use}) is in use. Stop what listens there (another demo?"
            f" `ss -ltnp 'sport = :{port}'` tells), or choose another: {change}"
        )
