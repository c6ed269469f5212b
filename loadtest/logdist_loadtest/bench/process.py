"""Processes the bench starts, how much CPU they used, and how they end.

Every process gets its own process group and is ended through its handle, also on Ctrl-C; nothing is ever ended by name.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

STOP_S = 10.0  # between SIGTERM and SIGKILL
GROUP_S = 0.3  # after SIGKILL, for the last worker; an orphan that nobody reaps would stay for ever


class StartError(RuntimeError):
    """The process ended, or was not ready in time. The message holds the end of its output."""


class Child:
    """One running process and all that it started."""

    def __init__(self, command: list[str], log: Path, environ: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(  # noqa: S603  # commands come from the tables of this package
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0, env=environ
            )

    def cpu_s(self) -> float:
        """User and system CPU seconds so far, of the process and its descendants, living or reaped."""
        root = psutil.Process(self.popen.pid)
        ended = root.cpu_times()
        total = float(ended.children_user + ended.children_system)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def wait_ready(self, is_ready: Callable[[], bool], timeout_s: float) -> None:
        """Return once `is_ready()` holds. Raises StartError when the process ends first, or after `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        while not is_ready():
            if self.popen.poll() is not None:
                raise StartError(f"ended with {self.popen.returncode}: {self._last_words()}")
            if time.monotonic() > deadline_s:
                raise StartError(f"not ready after {timeout_s:g} s: {self._last_words()}")
            time.sleep(0.02)  # a process of another program tells nobody that it is ready

    def stop(self) -> None:
        """End the whole group: SIGTERM, and SIGKILL for what remains after `STOP_S`."""
        self._signal(signal.SIGTERM)
        try:
            self.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._signal(signal.SIGKILL)  # a worker may outlive its master
            self.popen.wait()
            self._wait_for_group()

    def kill(self) -> None:
        """SIGKILL, at once: nothing is finished, nothing is written."""
        self._signal(signal.SIGKILL)
        self.popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def _wait_for_group(self) -> None:
        """Workers are not this process's children: their ports are free a moment after the signal."""
        deadline_s = time.monotonic() + GROUP_S
        with contextlib.suppress(ProcessLookupError, PermissionError):
            while time.monotonic() < deadline_s:
                os.killpg(self.popen.pid, 0)
                time.sleep(0.005)

    def _last_words(self) -> str:
        words = self.log.read_text(errors="replace").strip()[-400:]
        return " ".join(words.split()).replace(f"{Path.cwd()}/", "") or "it said nothing"


@contextlib.contextmanager
def running(command: list[str], log: Path, environ: Mapping[str, str] | None = None) -> Iterator[Child]:
    """Run `command` for the length of the block; its output goes to `log`. `environ`: None inherits."""
    child = Child(command, log, environ)
    try:
        yield child
    finally:
        child.stop()


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports on loopback that nobody listens on at this moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def is_listening(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
