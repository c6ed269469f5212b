"""Runs the programs of `make load` and `make jmeter` as a user does, on ports and in folders of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "demo"))

from demo_process import Places
from load_server import Server

ROOT = Path(__file__).parents[2]
LIMIT_S = 280.0  # of a whole run on a shared machine


@dataclass
class Load:
    """Its folder, and what it said once it has run."""

    folder: Path
    module: str = "logdist_loadtest.load"
    said: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def report(self) -> str:
        return (self.folder / "load" / "report.html").read_text()

    def run(self, *arguments: str) -> int:
        """The whole stack on this machine, and the load against it."""
        return self.call(*Places(self.folder).flags, *arguments)

    def call(self, *arguments: str) -> int:
        with (self.folder / "output").open("w") as output:
            process = self.start(output, *arguments)
        code = process.wait(LIMIT_S)
        self.said = (self.folder / "output").read_text()
        return code

    def start(self, output: IO[str] | int, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", self.module, "--folder", str(self.folder / "load"), *arguments]
        self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        return self.process

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for each in psutil.Process(self.process.pid).children(recursive=True):
                each.kill()
            self.process.kill()
            self.process.wait()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    load = Load(tmp_path)
    yield load
    load.kill()


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith(("LOGDIST_", "LOCUST_"))]:
        monkeypatch.delenv(key)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
