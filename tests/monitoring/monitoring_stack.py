"""The real stack as Prometheus finds it: an operator, two distributors, three sample analysers, a sender for each."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Final

import yaml
from loopback_analyser import Analyser
from loopback_distributor import OPENER, Distributor
from loopback_wait import HeldPort, LoopThread, until
from monitoring_prometheus import Prometheus

NAMES: Final = ("audit", "errors", "traffic")
RATE: Final = "40"  # packets a second from each sender: enough for a share, and little work
SPOOL_BYTES: Final = "4000000"
LINE: Final = "2026-01-01T00:00:{:02}Z {} line {} of a log that says nothing in so many words, again and again\n"
LEVELS: Final = ("INFO", "WARN", "ERROR")


class Stack:
    """Everything that is started here ends in `close`."""

    def __init__(self, folder: Path, prometheus: Prometheus) -> None:
        self.folder, self.prometheus = folder, prometheus
        self.loop = LoopThread()
        self.children: list[subprocess.Popen[bytes]] = []
        self.stubs: list[Analyser] = []
        self.objects = folder / "analysers"
        self.objects.mkdir()
        self.analysers = {name: self._start_analyser(name) for name in NAMES}
        for weight, name in enumerate(NAMES, 1):
            self.apply(name, self.analysers[name], weight=weight)
        self.distributors = [
            Distributor(folder / f"spool-{n}", "--spool-bytes", SPOOL_BYTES, "--memory-bytes", "1000000")
            for n in (1, 2)
        ]
        self.operator, self.operator_url = self._start_operator()
        log = folder / "some.log"
        log.write_text("".join(LINE.format(n % 60, LEVELS[n % 3], n) for n in range(20_000)))
        self.senders = [self._start_sender(one, log) for one in self.distributors]
        self.tell_prometheus()

    def tell_prometheus(self) -> None:
        self.prometheus.targets("logdist-distributor", [one.control for one in self.distributors])
        self.prometheus.targets("logdist-operator", [self.operator_url])
        self.prometheus.targets("logdist-analyser", list(self.analysers.values()))

    def apply(self, name: str, url: str, **spec: Any) -> None:
        """Save an Analyser object; the operator notices. Checks are frequent, so that nothing takes long."""
        check = {"intervalSeconds": 1, "unhealthyThreshold": 2, "healthyThreshold": 1, "slowStartSeconds": 0}
        spec = {"endpoint": url, "healthCheck": check, **spec}
        found = {"apiVersion": "logdist.io/v1alpha1", "kind": "Analyser", "metadata": {"name": name}, "spec": spec}
        file = self.objects / f"{name}.yaml"
        file.with_suffix(".new").write_text(yaml.safe_dump(found))
        file.with_suffix(".new").replace(file)

    def drill(self, what: str, *names: str) -> None:
        """POST /internal/simulate/... to these analysers, or to all."""
        for name in names or NAMES:
            self.post(f"{self.analysers[name]}/internal/simulate/{what}")

    def stub(self, name: str) -> Analyser:
        """An analyser in a thread of the test, which answers whatever it is told to."""
        one = Analyser(self.loop, name)
        self.stubs.append(one)
        return one

    def post(self, url: str, body: bytes = b"") -> None:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with OPENER.open(request, timeout=20) as response:
            response.read()

    def close(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()
        for distributor in self.distributors:
            distributor.close()
        for stub in self.stubs:
            stub.close()
        self.loop.close()

    def _start(self, module: str, *flags: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{module}-{len(self.children)}.log").open("w") as log:
            child = subprocess.Popen([sys.executable, "-m", module, *flags], stdout=log, stderr=log)
        self.children.append(child)
        return child

    def _start_analyser(self, name: str) -> str:
        url = f"http://127.0.0.1:{_free_port()}"
        self._start("logdist_analyser", "--port", url.rsplit(":", 1)[1], "--name", name)
        until(f"{name} is up", lambda: _answers(f"{url}/heartbeat"))
        return url

    def _start_operator(self) -> tuple[subprocess.Popen[bytes], str]:
        url = f"http://127.0.0.1:{_free_port()}"
        flags = [flag for one in self.distributors for flag in ("--distributor", one.control)]
        flags += ["--analysers", str(self.objects), "--api-port", url.rsplit(":", 1)[1]]
        child = self._start("logdist_operator", *flags, "--state-dir", str(self.folder / "state"))
        until("the operator is ready", lambda: _answers(f"{url}/readyz"))
        return child, url

    def _start_sender(self, distributor: Distributor, log: Path) -> subprocess.Popen[bytes]:
        url = f"http://127.0.0.1:{distributor.port}/v1/packets"
        return self._start("logdist_loadtest.send", "--loop", "--rate", RATE, "--url", url, str(log))


def packet(name: str) -> bytes:
    messages = [{"level": "INFO", "message": "once more"}]
    return json.dumps({"id": name, "timestamp": 1_700_000_000_000, "messages": messages}).encode()


def _free_port() -> int:
    held = HeldPort()
    held.close()
    return held.number


def _answers(url: str) -> bool:
    try:
        with OPENER.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False
