"""The processes of the demo: started one by one, started again when they die, ended through their handles.

Each is the leader of a session of its own, so Ctrl-C in the terminal reaches the demo alone and it decides the order.
"""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from logdist_loadtest.demo.errors import DemoError

READY_S: Final = 30.0
LOOK_S: Final = 0.05
STOP_S: Final = 25.0  # a distributor may finish for 20 s what is in flight
YOUNG_S: Final = 5.0
YOUNG_DEATHS_MAX: Final = 3  # in a row: it would only die again
LAST_LINES: Final = 12


class Child:
    """One process. Its output is appended to `log`."""

    def __init__(self, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self._process: asyncio.subprocess.Process | None = None
        self._started_s = 0.0
        self.young_deaths = 0  # in a row

    async def start(self) -> None:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("LOGDIST_")}
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environ,
                start_new_session=True,
            )
        self._started_s = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    @property
    def is_young(self) -> bool:
        return time.monotonic() - self._started_s < YOUNG_S

    def ending(self) -> str:
        """How it ended, in words."""
        code = self._process.returncode if self._process else None
        return f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"ended with code {code}"

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join(f"    {line}" for line in lines) or "    it said nothing"

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not obeyed."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._process.wait()


class Crew:
    """All of them. `tell` shows a line to the user."""

    def __init__(self, logs: Path, tell: Callable[[str], None]) -> None:
        self._logs = logs
        self._tell = tell
        self._members: list[Child] = []

    async def add(self, name: str, command: list[str], is_ready: Callable[[], Awaitable[bool]], doing: str) -> Child:
        """Start one and wait until it is ready. Raises DemoError with its last words when it dies first."""
        child = Child(name, command, self._logs / f"{name}.log")
        self._members.append(child)
        await child.start()
        deadline_s = time.monotonic() + READY_S
        while not await is_ready():
            if child.has_ended:
                raise DemoError(f"{name} {child.ending()}. Its log, {child.log}, ends with\n{child.last_words()}")
            if time.monotonic() > deadline_s:
                raise DemoError(
                    f"{name} is not ready after {READY_S:g} s. Its log, {child.log}, ends with\n{child.last_words()}"
                )
            await asyncio.sleep(LOOK_S)
        self._tell(f"{name:<12} {doing}")
        return child

    async def revive(self) -> None:
        """Start again whoever died, as Kubernetes would. Raises DemoError for one that dies young."""
        for child in self._members:
            if not child.has_ended:
                continue
            child.young_deaths = child.young_deaths + 1 if child.is_young else 0
            if child.young_deaths == YOUNG_DEATHS_MAX:
                raise DemoError(
                    f"{child.name} {child.ending()} again and again. Its log ends with\n{child.last_words()}"
                )
            self._tell(f"{child.name} {child.ending()}; starting it again")
            await child.start()

    async def dismiss(self, child: Child) -> None:
        """End one for good."""
        try:
            await child.stop()
        finally:
            self._members.remove(child)

    async def stop(self) -> None:
        """End all, the last started first, so that whoever needs another is gone before it."""
        while self._members:
            child = self._members[-1]
            self._tell(f"stopping {child.name}")
            await self.dismiss(child)

    def kill(self) -> None:
        """End all at once."""
        for child in self._members:
            child.signal(signal.SIGKILL)


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection closed lately is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
