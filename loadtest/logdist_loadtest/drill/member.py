"""One program of the stack: started, signalled, started again. Its commands come from stack.py."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from logdist_loadtest.bench.process import Child
from logdist_loadtest.drill.waiting import NeverHappened, until

START_S: Final = 60.0
END_S: Final = 60.0  # a distributor may deliver for 20 s what it holds


@dataclass(slots=True)
class Member:
    """`url`: where it listens. Each start has a log of its own."""

    name: str
    command: list[str]
    url: str
    logs: Path
    is_up: Callable[[], bool]
    environ: Mapping[str, str]
    starts: int = 0
    _child: Child | None = field(default=None)

    def start(self) -> None:
        self.starts += 1
        self._child = Child(self.command, self.logs / f"{self.name}-{self.starts}.log", self.environ)

    def wait_ready(self) -> None:
        """Raises StartError when it ends first."""
        self.child.wait_ready(self.is_up, START_S)

    @property
    def child(self) -> Child:
        if self._child is None:
            raise NeverHappened(f"{self.name} was never started")
        return self._child

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()

    def signal(self, number: signal.Signals) -> None:
        self.child.popen.send_signal(number)

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        self.signal(signal.SIGTERM)
        until(f"{self.name} ends", lambda: self.child.popen.poll() is not None, END_S)
        return int(self.child.popen.returncode)

    def end(self) -> None:
        """However it is, stopped or hung."""
        if self._child is not None:
            self.signal(signal.SIGCONT)
            self._child.stop()
