"""A distributor, and sample analysers that really analyse, each a process; the log of all that was sent, by level."""

import json
import subprocess
import sys
import urllib.error
from collections import Counter
from typing import Any

import httpx
from loopback_distributor import OPENER, Distributor, entry
from loopback_process import AnalyserProcess
from loopback_site import Site
from loopback_wait import until

Sent = list[tuple[str, str]]  # level and text


class SampleAnalyser(AnalyserProcess):
    """The sample analyser of this project."""

    def up(self) -> None:
        command = [sys.executable, "-m", "logdist_analyser", "--port", str(self.port.number), "--name", self.name]
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(f"{self.name} answers", self._answers)

    @property
    def levels(self) -> Counter[str]:
        """The messages it has analysed, by level."""
        return Counter(json.load(OPENER.open(f"{self.url}/analysis", timeout=20))["levels"])

    def _answers(self) -> bool:
        try:
            return bool(OPENER.open(f"{self.url}/heartbeat", timeout=1).status == 200)
        except (urllib.error.URLError, OSError):
            return False


class ProtocolSite(Site):
    """`http` talks to the port for senders of the first distributor."""

    http: httpx.Client

    def sample(self, name: str) -> SampleAnalyser:
        one = SampleAnalyser(self.folder, name)
        self.analysers.append(one)
        return one

    def serve(self, *flags: str, analysers: int = 1) -> Distributor:
        """Start a distributor, registered with so many sample analysers."""
        one = self.distributor(*flags)
        samples = [self.sample(f"sample-{number}") for number in range(analysers)]
        one.register(*[entry(sample.name, sample.url) for sample in samples])
        self.connect(one)
        return one

    def connect(self, distributor: Distributor) -> None:
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{distributor.port}", trust_env=False, timeout=30)

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(path, content=content, headers={"content-type": content_type} | named)

    def until_analysed(self, sent: Sent, *, at: list[SampleAnalyser] | None = None) -> None:
        """Wait until the analysers have exactly these messages."""
        wanted = Counter(level for level, _ in sent)
        samples = at or [one for one in self.analysers if isinstance(one, SampleAnalyser)]

        def all_are_there() -> bool:
            found = sum((sample.levels for sample in samples), Counter[str]())
            assert found == wanted, f"found {found}, wanted {wanted}"
            return True

        until("every message is analysed once", all_are_there)


def refused(distributor: Distributor) -> int:
    """Requests of senders that were refused so far."""
    text = OPENER.open(f"{distributor.control}/metrics", timeout=20).read().decode()
    return sum(
        int(float(line.rsplit(" ", 1)[1])) for line in text.splitlines() if line.startswith("logdist_refused_total")
    )
