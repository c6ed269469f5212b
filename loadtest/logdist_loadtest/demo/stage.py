"""Everything on this machine, and one process that loads it: what `make load` and `make jmeter` have in common.

The load is a process of its own: locust patches all of Python, JMeter is Java.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable
from typing import Final

import httpx

from logdist_loadtest.demo.crew import Crew
from logdist_loadtest.demo.errors import DemoError
from logdist_loadtest.demo.options import Places
from logdist_loadtest.demo.parts import start_parts
from logdist_loadtest.demo.reader import Reader

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
STOPPED: Final = 130


async def perform(
    name: str, places: Places | None, command: list[str], hear: Callable[[str], None] | None = None
) -> int:
    """Start the parts where there are places for them, run the command to its end, stop the parts; its exit code.

    1 when the parts do not start, 130 when it was stopped before the load began. What stops this stops the load first,
    which then gives its verdict still. `name` is that of the make target. `hear` is given each line that the load says,
    which is otherwise shown.
    """
    crew = Crew(places.logs, tell) if places else None
    load = _Load()
    try:
        if places and crew:
            async with httpx.AsyncClient(trust_env=False) as client:
                flag = f'`make {name} {name.upper()}="{{}} PORT"`'
                await start_parts(places, crew, Reader(client, places.api), tell, flag)
        return await load.run(command, hear)
    except DemoError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return STOPPED
    finally:
        if crew:
            await crew.stop()


def tell(line: str) -> None:
    """Whoever read this may be gone; that must not keep the parts from being stopped."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


class _Load:
    """The load's process, once it runs. What stops this process goes to it, or cancels what starts before it."""

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

    async def run(self, command: list[str], hear: Callable[[str], None] | None) -> int:
        """To its end."""
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if hear else None,
            stderr=asyncio.subprocess.STDOUT if hear else None,
            start_new_session=True,
        )
        if hear and self._process.stdout:
            async for line in self._process.stdout:
                hear(line.decode(errors="replace").rstrip())
        return await self._process.wait()
