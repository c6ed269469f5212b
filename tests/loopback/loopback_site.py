"""Everything one test runs, and the proof that nothing is lost."""

import ssl
from pathlib import Path
from typing import Any

from loopback_analyser import Analyser
from loopback_distributor import Distributor
from loopback_process import AnalyserProcess
from loopback_sender import Load
from loopback_wait import HeldPort, LoopThread, until


class Site:
    """What it started ends with it, and the logs of the distributors come with a failure."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = LoopThread()
        self.distributors: list[Distributor] = []
        self.analysers: list[Analyser | AnalyserProcess] = []

    def distributor(
        self, *flags: str, spool: str = "spool", port: HeldPort | None = None, token: str = ""
    ) -> Distributor:
        one = Distributor(self.folder / spool, *flags, port=port, token=token)
        self.distributors.append(one)
        return one

    def analyser(self, name: str, tls: ssl.SSLContext | None = None) -> Analyser:
        one = Analyser(self.loop, name, tls)
        self.analysers.append(one)
        return one

    def process(self, name: str) -> AnalyserProcess:
        one = AnalyserProcess(self.folder, name)
        self.analysers.append(one)
        return one

    def load(self, distributor: Distributor, **more: Any) -> Load:
        return Load(self.loop, distributor.port, **more)

    def received(self) -> set[str]:
        """The ids that any analyser has taken."""
        return {packet_id for analyser in self.analysers for packet_id in analyser.received}

    def until_received(self, acknowledged: list[str]) -> None:
        """Promise 1: what was acknowledged is at an analyser, or comes there."""
        wanted = set(acknowledged)

        def nothing_is_missing() -> bool:
            missing = wanted - self.received()
            assert not missing, f"{len(missing)} of {len(wanted)} missing, such as {sorted(missing)[:5]}"
            return True

        until("every acknowledged packet is at an analyser", nothing_is_missing)

    def close(self) -> None:
        tracebacks = []
        for distributor in self.distributors:
            print(distributor.last_words())
            distributor.close()
            print(f"--- log of the distributor on {distributor.port}\n", *distributor.log, sep="")
            tracebacks += [distributor.tracebacks()] if distributor.tracebacks() else []
        for analyser in self.analysers:
            analyser.close()
        self.loop.close()
        assert not tracebacks, tracebacks[0][-3000:]
