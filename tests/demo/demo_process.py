"""The demo as a user starts it, on ports and in folders of its own. Also for the tests of the UI and of `make load`."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from logdist_loadtest.bench.process import free_ports

SAMPLES: Final = Path(__file__).parents[2] / "manifests" / "samples"
LIMIT_S: Final = 90.0  # a shared machine is slow, and no promise is about time


class Places:
    """Free ports, and a copy of the samples with some of them."""

    def __init__(self, folder: Path) -> None:
        self.ingest, self.control, self.api, *own = free_ports(6)
        self.samples = folder / "samples"
        shutil.copytree(SAMPLES, self.samples)
        self.endpoints: dict[str, str] = {}
        for port, file in zip(own, sorted(self.samples.iterdir()), strict=True):
            self.endpoints[file.stem] = f"http://127.0.0.1:{port}"
            file.write_text(re.sub(r"http://127.0.0.1:800\d", self.endpoints[file.stem], file.read_text(), count=1))

    @property
    def flags(self) -> list[str]:
        ports = ("--ingest-port", str(self.ingest), "--control-port", str(self.control), "--api-port", str(self.api))
        return ["--analysers", str(self.samples), *ports]


class DemoProcess(Places):
    """One demo, and its process once started."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.log = folder / "some.log"
        self.log.write_text("".join(f"2026-01-01T00:00:{n % 60:02}Z INFO line {n}\n" for n in range(5000)))
        self.process: subprocess.Popen[str] | None = None

    def command(self, *more: str) -> list[str]:
        program = [sys.executable, "-m", "logdist_loadtest.demo", str(self.log)]
        return [*program, *self.flags, "--folder", str(self.folder / "demo"), *more]

    def start(self, *more: str) -> None:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("LOGDIST_")}
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(self.command(*more), stdout=output, stderr=output, text=True, env=environ)

    def output(self) -> str:
        return (self.folder / "output").read_text()

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

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

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for each in self.family():
                each.kill()
            self.process.kill()
            self.process.wait()
