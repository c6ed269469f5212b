"""Active checks: every endpoint is asked at its interval, on a connection of its own."""

import asyncio
import random
from functools import partial
from typing import Final

from logdist_distributor.core.engine import Engine
from logdist_distributor.core.lane import Lane
from logdist_distributor.delivery.access import explain_failure
from logdist_distributor.delivery.answers import explain
from logdist_distributor.delivery.client import Connection
from logdist_distributor.delivery.endpoint import Broken, Endpoint, Outcome
from logdist_distributor.delivery.runner import Runner, report_standing

TIMEOUT_S_MAX: Final = 5.0
JITTER: Final = 0.1  # so that many distributors do not ask in step


class HealthChecks:
    """One task an endpoint, from the moment it is in the registry until it leaves."""

    def __init__(self, engine: Engine, runner: Runner) -> None:
        self.engine = engine
        self.runner = runner
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[Lane, asyncio.Task[None]] = {}

    def sync_lanes(self) -> None:
        """The registry changed."""
        living = set(self.engine.fleet.lanes())
        for lane in [lane for lane in self._tasks if lane not in living]:
            self._tasks.pop(lane).cancel()
        for lane in living - self._tasks.keys():
            self._tasks[lane] = self._loop.create_task(self._watch(lane))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _watch(self, lane: Lane) -> None:
        endpoint = Endpoint(lane.endpoint, self.runner.accesses.of(lane))
        connection = Connection(endpoint)
        wait_s = random.uniform(0, lane.entry.health_check.interval_ms / 1000)  # noqa: S311  # spreading, not secrecy
        try:
            while True:
                await asyncio.sleep(wait_s)
                check = lane.entry.health_check
                interval_s = check.interval_ms / 1000
                access = self.runner.accesses.of(lane)
                if access is not endpoint.access:
                    connection.close()
                    endpoint = Endpoint(lane.endpoint, access)
                if not connection.is_open:
                    connection = Connection(endpoint)
                if not lane.analyser.is_waiting:
                    problem = await self._check(connection, check.path, min(interval_s, TIMEOUT_S_MAX))
                    self._report(lane, problem)
                wait_s = interval_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        finally:
            connection.close()

    def _report(self, lane: Lane, problem: str) -> None:
        if lane.analyser.is_waiting:
            return  # its credentials were withdrawn meanwhile
        before = lane.standing.state
        self.engine.checked(lane, problem, self._loop.time())
        report_standing(lane, before)
        self.runner.wake()

    async def _check(self, connection: Connection, path: str, timeout_s: float) -> str:
        """What is wrong with the endpoint; empty when nothing is."""
        if not path:
            return await self._connect(connection.endpoint, timeout_s)
        answered: asyncio.Future[Outcome] = self._loop.create_future()
        request = connection.endpoint.head("GET", path) + b"\r\n"
        connection.ask(request, timeout_s, partial(_resolve, answered))
        outcome = await answered
        if isinstance(outcome, Broken):
            return f"check {path}: {outcome.reason}"
        return "" if 200 <= outcome.status < 300 else f"check {path}: {explain(outcome)}"

    async def _connect(self, endpoint: Endpoint, timeout_s: float) -> str:
        try:
            async with asyncio.timeout(timeout_s):
                transport = await endpoint.connect(asyncio.Protocol)
        except TimeoutError:
            return "check by connecting: timed out"
        except (OSError, UnicodeError) as error:
            return f"check by connecting: {explain_failure(error)}"
        transport.close()
        return ""


def _resolve(answered: asyncio.Future[Outcome], outcome: Outcome) -> None:
    """The endpoint may have left the registry meanwhile, and nobody waits any more."""
    if not answered.done():
        answered.set_result(outcome)
