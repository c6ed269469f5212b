"""Starts the demo as a user does, on ports and in folders of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

SAMPLES = Path(__file__).parents[2] / "manifests" / "samples"
LIMIT_S = 90.0  # a shared machine is slow, and no promise is about time
LOOK_S = 0.05


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Demo:
    """One demo: its ports, its copy of the samples, and its process once started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ingest, self.control, self.api, *own = free_ports(6)
        self.samples = folder / "samples"
        shutil.copytree(SAMPLES, self.samples)
        self.endpoints: dict[str, str] = {}
        for port, file in zip(own, sorted(self.samples.iterdir()), strict=True):
            self.endpoints[file.stem] = f"http://127.0.0.1:{port}"
            file.write_text(re.sub(r"http://127.0.0.1:800\d", self.endpoints[file.stem], file.read_text(), count=1))
        self.log = folder / "some.log"
        self.log.write_text("".join(f"2026-01-01T00:00:{n % 60:02}Z INFO line {n}\n" for n in range(5000)))
        self.process: subprocess.Popen[str] | None = None

    def command(self, *more: str) -> list[str]:
        return [
            *(sys.executable, "-m", "logdist_loadtest.demo", str(self.log), "--analysers", str(self.samples)),
            *("--folder", str(self.folder / "demo"), "--ingest-port", str(self.ingest)),
            *("--control-port", str(self.control), "--api-port", str(self.api), *more),
        ]

    def start(self, *more: str) -> None:
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(self.command(*more), stdout=output, stderr=output, text=True)

    def output(self) -> str:
        return (self.folder / "output").read_text()

    def finish(self) -> int:
        assert self.process is not None
        return self.process.wait(LIMIT_S)

    def interrupt(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.finish()

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def edit(self, name: str, before: str, after: str) -> None:
        """Save as editors do: a new file in the place of the old one."""
        file = self.samples / f"{name}.yaml"
        text = file.read_text()
        assert text.count(before) == 1
        new = file.with_suffix(".new")
        new.write_text(text.replace(before, after))
        new.replace(file)

    def post(self, url: str, body: bytes = b"") -> int:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            return int(response.status)

    def get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=LIMIT_S) as response:
            return json.loads(response.read())

    def until(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first state in which it holds. Fails when the demo ends, or after LIMIT_S."""
        assert self.process is not None
        deadline_s = time.monotonic() + LIMIT_S
        state: dict[str, Any] = {}
        while time.monotonic() < deadline_s and self.process.poll() is None:
            try:
                state = self.get(f"http://127.0.0.1:{self.api}/api/v1/state")
            except OSError:
                state = {}
            if state and state["generation"] and holds(state):
                return state
            time.sleep(LOOK_S)
        raise AssertionError(f"never seen: {state}\n{self.output()}")

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for each in self.family():
                each.kill()
            self.process.kill()
            self.process.wait()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    demo.kill()


@pytest.fixture(scope="session")
def demo_class() -> type[Demo]:
    return Demo


def analyser(state: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in state["analysers"] if each["name"] == name)
    return found


@pytest.fixture
def of() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """`of(state, name)`: one analyser of a state."""
    return analyser


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("LOGDIST_")]:
        monkeypatch.delenv(key)
