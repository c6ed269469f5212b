"""What a browser looks at: a real operator that serves the UI, and all behind it, on this machine."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
from demo_process import LIMIT_S, DemoProcess

from logdist_loadtest.bench.process import Child, free_ports, running
from logdist_loadtest.bench.sinks import listening_sinks

DIST: Final = Path(__file__).parents[2] / "frontend" / "dist"
LOOK_S: Final = 0.1
WEIGHTS: Final = 50  # different ones, over and over


class Site:
    """An operator that can be asked as the page asks it."""

    url: str
    token = ""

    def get(self, path: str) -> Any:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.get(f"{self.url}/api/v1{path}", headers=headers, trust_env=False, timeout=LIMIT_S).json()

    def analyser(self, name: str) -> Any:
        return next(each for each in self.get("/state")["analysers"] if each["name"] == name)

    def until(self, holds: Callable[[], Any]) -> Any:
        """What it says once it is true of something. Fails when the site has ended, or after LIMIT_S."""
        deadline_s = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline_s and not self.has_ended():
            try:
                if found := holds():
                    return found
            except (httpx.HTTPError, ValueError, StopIteration, KeyError):
                pass  # not up yet, or away for a moment
            time.sleep(LOOK_S)
        raise AssertionError(self.output()[-3000:])

    def has_ended(self) -> bool:
        raise NotImplementedError

    def output(self) -> str:
        raise NotImplementedError


class DemoSite(DemoProcess, Site):
    """What `make demo` starts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"http://127.0.0.1:{self.api}"

    def start(self, *more: str) -> None:
        super().start("--ui", str(DIST), *more)
        self.until(lambda: f"{self.url}/\n" in self.output())  # from now on it revives the dead
        self.until(lambda: all(each["share"]["got"] for each in self.get("/state")["analysers"]))

    def operator(self) -> psutil.Process:
        return next(each for each in self.family() if "logdist_operator" in each.cmdline())


class Fleet(Site):
    """An operator, distributors and analysers as a test wants them: none, hundreds, or behind a token.

    All analysers that live are ports of one process that counts and answers. Close it.
    """

    def __init__(self, folder: Path, *, distributors: int = 1, analysers: int = 0, dead: int = 0) -> None:
        self.folder = folder
        self.objects = folder / "objects"
        self.objects.mkdir()
        (self.objects / "none.yaml").write_text("{kind: List, items: []}")  # an empty folder is one not mounted yet
        self._stack = ExitStack()
        self._controls = [port for _ in range(distributors) for port in free_ports(1)]
        self._ingest, api = free_ports(2)
        self.url = f"http://127.0.0.1:{api}"
        [sink] = self._stack.enter_context(listening_sinks(1)).ports
        [nobody] = free_ports(1)
        for number in range(analysers):
            port = nobody if number < dead else sink
            self.add(f"analyser-{number:03}", weight=1 + number % WEIGHTS, endpoint=f"http://127.0.0.1:{port}")
        for number, control in enumerate(self._controls):
            self._start(f"distributor-{number}", *self._distributor(number, control))

    def add(self, name: str, *, weight: int, endpoint: str) -> None:
        """An object; JSON is YAML, too."""
        spec = {"weight": weight, "endpoint": endpoint, "healthCheck": {"slowStartSeconds": 0, "intervalSeconds": 5}}
        body = {"apiVersion": "logdist.io/v1alpha1", "kind": "Analyser", "metadata": {"name": name}, "spec": spec}
        (self.objects / f"{name}.yaml").write_text(json.dumps(body))

    def start_operator(self, *flags: str) -> None:
        """Returns once it is ready."""
        command = ["logdist_operator", "--analysers", str(self.objects), "--state-dir", str(self.folder / "state")]
        command += [part for port in self._controls for part in ("--distributor", f"http://127.0.0.1:{port}")]
        command += ["--ingest-url", f"http://127.0.0.1:{self._ingest}", "--api-port", self.url.rsplit(":")[-1]]
        self.operator = self._start("operator", *command, "--ui", str(DIST), *flags)
        self.operator.wait_ready(lambda: _answers(f"{self.url}/readyz"), LIMIT_S)

    def send(self, rate_per_s: float) -> None:
        """Steadily, until it is closed."""
        url = f"http://127.0.0.1:{self._ingest}/v1/packets"
        self._start("sender", "logdist_loadtest.steady", url, "--rate", str(rate_per_s))

    def has_ended(self) -> bool:
        return False

    def output(self) -> str:
        return "\n".join(log.read_text()[-1000:] for log in self.folder.glob("*.log"))

    def close(self) -> None:
        self._stack.close()

    def _distributor(self, number: int, control: int) -> list[str]:
        """All take packets at one port, as the processes of one machine do."""
        ports = ["--ingest-port", str(self._ingest), "--control-port", str(control)]
        return ["logdist_distributor", *ports, "--spool-dir", str(self.folder / f"spool-{number}")]

    def _start(self, name: str, module: str, *arguments: str) -> Child:
        command = [sys.executable, "-m", module, *arguments]
        return self._stack.enter_context(running(command, self.folder / f"{name}.log"))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=LIMIT_S).is_success
    except httpx.HTTPError:
        return False
