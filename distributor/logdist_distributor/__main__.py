"""The command line: `logdist-distributor`."""

import asyncio
import gc
import logging
import resource
import signal
import sys
from collections.abc import Sequence

import uvloop

from logdist_distributor.errors import LogdistError
from logdist_distributor.server import Distributor
from logdist_distributor.settings import Settings, parse


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. 0: stopped cleanly; 1: could not start or stop; 2: a bad setting."""
    settings = parse(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    raise_file_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (OSError, LogdistError) as error:
        print(f"logdist-distributor: {error}", file=sys.stderr)
        return 1
    return 0


async def serve(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    distributor = Distributor(settings)
    gc.collect()
    gc.freeze()  # what start-up made lives for ever: collections need not look at it
    await distributor.run(stop)


def raise_file_limit() -> None:
    """Every sender and analyser is a file descriptor: use all that the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
