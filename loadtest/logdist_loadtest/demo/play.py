"""The demo from start to end: start everybody, send, watch, and where asked check what was delivered."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from logdist_loadtest.demo.check import problems_of
from logdist_loadtest.demo.crew import Child, Crew
from logdist_loadtest.demo.errors import DemoError
from logdist_loadtest.demo.logs import find_logs
from logdist_loadtest.demo.options import Options
from logdist_loadtest.demo.parts import python, start_parts
from logdist_loadtest.demo.reader import Reader
from logdist_loadtest.demo.show import Show
from logdist_loadtest.demo.state import Analyser, State
from logdist_loadtest.demo.table import Rates, build_hints, build_view

FLAG: Final = "`.venv/bin/python -m logdist_loadtest.demo {} PORT`"
LOOK_S: Final = 0.5
SETTLE_S: Final = 30.0  # what is still on its way at the end gets so long to arrive


class Play:
    """One demo."""

    def __init__(self, options: Options, crew: Crew, reader: Reader, show: Show) -> None:
        self.options = options
        self.crew = crew
        self.reader = reader
        self.show = show
        self.is_undisturbed = True  # neither the registry nor a standing changed: every share is exact to a packet
        self._generation = 0

    async def run(self) -> None:
        """Returns when the time is over, else runs until cancelled. Raises DemoError."""
        options = self.options
        analysers = await start_parts(options, self.crew, self.reader, self.show.tell, FLAG)
        files = options.files or find_logs() or tuple(sorted(options.logs.glob("*.log")))
        sender = await self._send(files)
        sending = f"sending   {_names(files)} at {options.rate_per_s:g} packets/s"
        self.show.tell(f"logs of all these are in {options.logs}/\n")
        self.show.tell(
            f"web UI       {options.api}/\n" if options.has_ui else f"no web UI: {options.ui} is not built\n"
        )
        self.show.open()
        try:
            await self._watch(sending, build_hints(options, analysers))
        finally:
            self.show.close()
        await self._check(sender)
        if options.picture is not None:
            self.show.save(options.picture)

    async def _send(self, files: Sequence[Path]) -> Child:
        options = self.options
        command = python("logdist_loadtest.send", "--loop", "--rate", options.rate_per_s, "--url")
        command += [f"{options.ingest}/v1/packets", *map(str, files)]
        return await self.crew.add(
            "send", command, self._has_arrived, f"{len(files)} log files of this machine to {options.ingest}"
        )

    async def _has_arrived(self) -> bool:
        state = await self.reader.state()
        return state is not None and any(pod.ledger and pod.ledger.accepted for pod in state.pods)

    async def _state(self) -> State:
        state = await self.reader.state()
        if state is None:
            raise DemoError(f"the operator does not answer on {self.options.api}: see {self.options.logs}/operator.log")
        return state

    async def _watch(self, sending: str, hints: Sequence[str]) -> None:
        rates = Rates()
        ends_s = time.monotonic() + self.options.seconds if self.options.seconds is not None else float("inf")
        while time.monotonic() < ends_s:
            await self.crew.revive()
            state = await self.reader.state()
            if state is not None:
                self._notice(state)
                rates.add(state, time.monotonic())
                self.show.draw(build_view(state, rates, sending, hints))
            await asyncio.sleep(LOOK_S)

    def _notice(self, state: State) -> None:
        self._generation = self._generation or state.generation
        is_requeued = any(pod.ledger and pod.ledger.requeued for pod in state.pods)
        is_unlike = any(analyser.standing != "admitted" for analyser in state.analysers)
        if state.generation != self._generation or is_requeued or is_unlike:
            self.is_undisturbed = False

    async def _check(self, sender: Child) -> None:
        """Stop sending, wait until all is delivered, and compare what everybody counted."""
        await self.crew.dismiss(sender)
        accepted = _accepted_of(sender)
        state = await self._state()
        deadline_s = time.monotonic() + SETTLE_S
        while not _is_settled(state, accepted):
            if time.monotonic() > deadline_s:
                raise DemoError(f"not everything was delivered within {SETTLE_S:g} s: {[p.ledger for p in state.pods]}")
            await asyncio.sleep(LOOK_S)
            state = await self._state()
        self._notice(state)
        received = {analyser.uid: await self._received(analyser) for analyser in state.analysers}
        problems = problems_of(state, received, is_share_checked=self.is_undisturbed)
        if problems:
            raise DemoError("the check failed: " + "; ".join(problems))
        exact = "every share exact to a packet" if self.is_undisturbed else "shares changed on the way"
        self.show.tell(f"checked: {accepted:,} packets accepted, {accepted:,} at the analysers, {exact}")

    async def _received(self, analyser: Analyser) -> int | None:
        counts = [await self.reader.packets_of(endpoint) for endpoint in analyser.endpoints]
        return sum(count for count in counts if count is not None) if None not in counts else None


def _is_settled(state: State, accepted: int) -> bool:
    """Every report is of now, and all that the sender got a 202 for is delivered."""
    ledgers = [pod.ledger for pod in state.pods if pod.ledger is not None and pod.stale_since is None]
    return len(ledgers) == len(state.pods) and sum(ledger.delivered for ledger in ledgers) >= accepted > 0


def _accepted_of(sender: Child) -> int:
    """The count in the closing summary of logdist-send. Raises DemoError when there is none."""
    for line in reversed(sender.log.read_text(errors="replace").splitlines()):
        if line.startswith("packets ") and " accepted " in line:
            return int(line.split()[1].replace(",", ""))
    raise DemoError(f"the sender left no summary. Its log, {sender.log}, ends with\n{sender.last_words()}")


def _names(files: Sequence[Path]) -> str:
    shown = ", ".join(file.name for file in files[:3])
    return f"{shown} and {len(files) - 3} more" if len(files) > 3 else shown
