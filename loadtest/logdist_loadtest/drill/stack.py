"""Everything on this machine, for one drill: distributors on one port, recording analysers, an operator, a sender."""

import json
import os
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from logdist_loadtest.bench.process import free_ports
from logdist_loadtest.demo.parts import python
from logdist_loadtest.drill.ground import RECORDER, WEIGHTS
from logdist_loadtest.drill.member import Member
from logdist_loadtest.drill.sender import Sender
from logdist_loadtest.drill.status import Status, decode_status
from logdist_loadtest.load.watch import OPENER, Watch

DISTRIBUTORS: Final = 2
TIMEOUT_S: Final = 2.0
USUAL: Final = ("--max-connection-age=5",)  # for senders to come back to a distributor that was away
ANALYSER: Final = """\
apiVersion: logdist.io/v1alpha1
kind: Analyser
metadata:
  name: {name}
spec:
  weight: {weight}
  endpoint: {url}
  timeoutSeconds: 2
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a drill's stack has of its own."""

    distributor: tuple[str, ...] = ()  # flags
    environ: Mapping[str, str] = field(default_factory=dict)  # of every part
    spools: Path | None = None  # where they are, if not in the stack's folder


class Stack:
    """One of them, in an empty `folder`. Ids of its sender begin with `run`; it sends `rate_per_s`."""

    def __init__(self, folder: Path, run: str, rate_per_s: float, settings: Settings) -> None:
        self.folder, self.run, self._rate_per_s, self._settings = folder, run, rate_per_s, settings
        for name in ("analysers", "records", "logs"):
            (folder / name).mkdir(parents=True)
        self._environ = {key: value for key, value in os.environ.items() if not key.startswith("LOGDIST_")}
        self._environ |= settings.environ
        self.ingest_port, *ports = free_ports(2 + DISTRIBUTORS + len(WEIGHTS))
        api, controls, own = ports[0], ports[1 : 1 + DISTRIBUTORS], ports[1 + DISTRIBUTORS :]
        self.operator = self._build_operator(api, controls)
        self.watch = Watch(self.operator.url, "")
        self.analysers = {name: self._build_analyser(name, port) for name, port in zip(WEIGHTS, own, strict=True)}
        self.distributors = [self._build_distributor(*each) for each in enumerate(controls)]
        self.members = [*self.analysers.values(), *self.distributors, self.operator]
        self.sender: Sender

    def start(self) -> None:
        """All of it, until packets flow and shares are right. Raises StartError, NeverHappened."""
        for name, weight in WEIGHTS.items():
            self.set_weight(name, weight)
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait_ready()
        url = f"http://127.0.0.1:{self.ingest_port}/v1/packets"
        self.sender = Sender(url, self.run, self._rate_per_s, self.folder / "logs" / "sender.log")

    def set_weight(self, name: str, weight: int) -> None:
        text = ANALYSER.format(name=name, weight=weight, url=self.analysers[name].url)
        file = self.folder / "analysers" / f"{name}.yaml"
        fresh = file.with_suffix(".fresh")
        fresh.write_text(text)
        fresh.replace(file)

    @contextmanager
    def running(self) -> Iterator["Stack"]:
        """Started, and at the end gone, whatever happened."""
        try:
            self.start()
            yield self
        finally:
            if hasattr(self, "sender"):
                self.sender.end()
            for member in reversed(self.members):
                member.end()

    # ---- what is seen

    def statuses(self) -> list[Status]:
        """Of every distributor. Raises OSError when one does not answer."""
        return [decode_status(fetch(f"{each.url}/control/v1/status")) for each in self.distributors]

    def received(self) -> Counter[str]:
        """How often each packet was delivered, to any analyser."""
        return Counter(line for file in (self.folder / "records").iterdir() for line in file.read_text().splitlines())

    def finish(self) -> dict[str, Any]:
        return self.sender.finish()

    # ---- its members

    def _build_operator(self, port: int, controls: list[int]) -> Member:
        url = f"http://127.0.0.1:{port}"
        flags = [f"--distributor=http://127.0.0.1:{control}" for control in controls]
        flags += [f"--analysers={self.folder}/analysers", f"--state-dir={self.folder}/operator", f"--api-port={port}"]
        return self._build("operator", python("logdist_operator", *flags), url, "/readyz")

    def _build_analyser(self, name: str, port: int) -> Member:
        url = f"http://127.0.0.1:{port}"
        own = {"RECORDS": f"{self.folder}/records", "HOSTNAME": name, "REFUSING": f"{self.folder}/refusing-{name}"}
        command = [sys.executable, str(RECORDER), f"--port={port}", f"--name={name}"]
        return self._build(name, command, url, "/heartbeat", own)

    def _build_distributor(self, number: int, control: int) -> Member:
        flags = (
            f"--ingest-port={self.ingest_port}",
            f"--control-port={control}",
            f"--spool-dir={self._settings.spools or self.folder}/spool-{number}",
            *USUAL,
            *self._settings.distributor,
        )
        url = f"http://127.0.0.1:{control}"
        return self._build(f"distributor-{number}", python("logdist_distributor", *flags), url, "/readyz")

    def _build(
        self, name: str, command: list[str], url: str, probe: str, environ: Mapping[str, str] | None = None
    ) -> Member:
        is_up = lambda: is_answering(f"{url}{probe}")  # noqa: E731
        return Member(name, command, url, self.folder / "logs", is_up, {**self._environ, **(environ or {})})


def fetch(url: str, method: str = "GET") -> bytes:
    """The body of a 2xx. Raises OSError."""
    request = urllib.request.Request(url, method=method)  # noqa: S310  # our own programs
    with OPENER.open(request, timeout=TIMEOUT_S) as answer:
        body: bytes = answer.read()
    return body


def dead_letters(url: str) -> Iterator[int]:
    """Their keys, at the distributor with this control port."""
    after, keys = -1, [-1]
    while keys:
        page = json.loads(fetch(f"{url}/control/v1/dead-letters?after={after}&limit=1000"))["deadLetters"]
        keys = [each["key"] for each in page]
        yield from keys
        after = keys[-1] if keys else after


def is_answering(url: str) -> bool:
    try:
        fetch(url)
    except OSError:
        return False
    return True
