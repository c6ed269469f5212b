"""Asks every distributor how it is, once a second, and remembers the last answer and since when it is out of date.

publish.py is told what a report shows, so that a restarted distributor has its registry within a second.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from logdist_operator.followers import Followers
from logdist_operator.http import Client, NoAnswer
from logdist_operator.merge import PodReport
from logdist_operator.wire import StatusReport

PATH: Final = "/control/v1/status"
PERIOD_S: Final = 1.0
TIMEOUT_S: Final = 1.0
WINDOW_S: Final = 60.0  # what "lately" means

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Seen:
    """What is known of one distributor."""

    url: str
    report: StatusReport | None = None
    stale_since: datetime | None = None  # None: the last question was answered, or none was asked yet
    reason: str = ""
    delivered: deque[tuple[float, int]] = field(default_factory=deque)  # (monotonic s, packets), the last minute

    def take(self, report: StatusReport, now_s: float) -> None:
        """Replace the report. A new process at the address counts from nought, so its predecessor's counts go."""
        if self.report and self.report.instance_id != report.instance_id:
            self.delivered.clear()
        self.delivered.append((now_s, report.ledger.delivered))
        while self.delivered[0][0] < now_s - WINDOW_S:
            self.delivered.popleft()
        self.report, self.stale_since, self.reason = report, None, ""

    def lose(self, reason: str, now: datetime) -> None:
        """Note that there was no answer. The last report stays, out of date since the first miss."""
        self.stale_since, self.reason = self.stale_since or now, reason

    @property
    def heard_s(self) -> float:
        """Return when the last report came, monotonic; 0: there was none."""
        return self.delivered[-1][0] if self.delivered else 0.0

    @property
    def pod_report(self) -> PodReport:
        lately = self.delivered[-1][1] - self.delivered[0][1] if self.delivered else 0
        return PodReport(self.url, self.report, self.stale_since is not None, lately)


class Observer:
    """Polls. `notice(url, instance_id, generation, digest)` hears what every report says of the registry."""

    def __init__(self, client: Client, notice: Callable[[str, str, int, str], None]) -> None:
        self.seen: dict[str, Seen] = {}
        self._client, self._notice = client, notice
        self._followers = Followers(self._poll)

    def follow(self, urls: Iterable[str]) -> None:
        """Have these distributors and no others. One that stays keeps what is known of it."""
        fresh = {url: self.seen.get(url) or Seen(url) for url in urls}
        for url in self.seen.keys() - fresh.keys():
            log.info("distributor %s is gone", url)
        self.seen = fresh
        self._followers.follow(fresh)

    async def run(self) -> None:
        await self._followers.run()

    async def _poll(self, url: str) -> None:
        seen = self.seen[url]
        while True:
            started_s = time.monotonic()
            try:
                report = await self._ask(seen.url)
            except (NoAnswer, msgspec.DecodeError) as error:
                self._lost(seen, str(error))
            else:
                self._heard(seen, report)
            period_s = PERIOD_S * random.uniform(0.9, 1.1)  # noqa: S311  so that not all of them answer at once
            await asyncio.sleep(max(0.0, period_s - (time.monotonic() - started_s)))

    async def _ask(self, url: str) -> StatusReport:
        answer = await self._client.ask("GET", url + PATH, timeout_s=TIMEOUT_S)
        if answer.status != 200:
            raise NoAnswer(f"{answer.status} from {PATH}")
        return msgspec.json.decode(answer.content, type=StatusReport)

    def _lost(self, seen: Seen, reason: str) -> None:
        if seen.stale_since is None:
            word = "lost" if seen.report else "does not answer yet"
            log.warning("distributor %s %s: %s", seen.url, word, reason)
        seen.lose(reason, datetime.now(UTC))

    def _heard(self, seen: Seen, report: StatusReport) -> None:
        if seen.report is None:
            log.info("distributor %s answers: instance %s", seen.url, report.instance_id)
        elif seen.report.instance_id != report.instance_id:
            log.info("distributor %s is back, restarted: instance %s", seen.url, report.instance_id)
        elif seen.stale_since is not None:
            log.info("distributor %s is back", seen.url)
        seen.take(report, time.monotonic())
        self._notice(seen.url, report.instance_id, report.registry.generation, report.registry.digest)
