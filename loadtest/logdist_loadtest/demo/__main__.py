"""`make demo`: everything on one machine, on its own log files, until Ctrl-C."""

import asyncio
import signal
import sys

import httpx
from rich.console import Console

from logdist_loadtest.demo.crew import Crew
from logdist_loadtest.demo.errors import DemoError
from logdist_loadtest.demo.options import Options, parse_options
from logdist_loadtest.demo.play import Play
from logdist_loadtest.demo.reader import Reader
from logdist_loadtest.demo.show import Show

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Exit 0 when it was stopped (Ctrl-C is how a demo ends), 1 when something is wrong, 2 for bad arguments."""
    sys.exit(asyncio.run(_run(parse_options(sys.argv[1:]))))


async def _run(options: Options) -> int:
    show = Show(Console(highlight=False))
    crew = Crew(options.logs, show.tell)
    try:
        # trust_env: a proxy meant for the outside world must not stand between programs on one machine.
        async with httpx.AsyncClient(trust_env=False) as client:
            playing = asyncio.create_task(Play(options, crew, Reader(client, options.api), show).run())
            _on_signals(playing, crew)
            await playing
    except asyncio.CancelledError:
        show.tell("stopping")
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        await crew.stop()
    return 0


def _on_signals(playing: asyncio.Task[None], crew: Crew) -> None:
    """The first signal stops everything in order, the second at once."""

    def stop() -> None:
        if playing.done():
            crew.kill()
        else:
            playing.cancel()

    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, stop)


if __name__ == "__main__":
    main()
