"""Brings the committed registry to every distributor: one worker each (push.py), and what they have in common.

controller.py offers snapshots; observe.py reports what it notices; status.py reads `pods`.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import msgspec

from logdist_operator.followers import Followers
from logdist_operator.http import Client
from logdist_operator.metrics import Metrics
from logdist_operator.push import Offer, Pod, PushState, Worker
from logdist_operator.wire import Credentials, Push, Snapshot

log = logging.getLogger(__name__)


class Publisher:
    """All workers. `on_newer(generation)` is called when a distributor holds a generation this operator never made."""

    def __init__(self, client: Client, metrics: Metrics, on_newer: Callable[[int], None]) -> None:
        self._client, self._metrics, self._on_newer = client, metrics, on_newer
        self._workers: dict[str, Worker] = {}
        self._followers = Followers(lambda url: self._workers[url].run())
        self._offer: Offer | None = None

    def follow(self, urls: Iterable[str]) -> None:
        """Have these distributors and no others. One that stays keeps what is known of it."""
        self._workers = {url: self._workers.get(url) or self._worker(url) for url in urls}
        self._followers.follow(self._workers)

    @property
    def pods(self) -> list[Pod]:
        return [worker.pod for worker in self._workers.values()]

    def offer(self, snapshot: Snapshot, credentials: Mapping[str, Credentials], changed_at_s: float | None) -> None:
        """Let every distributor have `snapshot` and the credentials (by uid), instead of any earlier one."""
        push = Push(snapshot.generation, snapshot.digest, snapshot.allow_shrink, snapshot.analysers, credentials)
        self._offer = Offer(snapshot, credentials, msgspec.json.encode(push), changed_at_s)
        for worker in self._workers.values():
            worker.offer(self._offer)

    def notice(self, url: str, instance_id: str, generation: int, digest: str) -> None:
        if worker := self._workers.get(url):
            worker.notice(instance_id, generation, digest)

    def is_settled(self) -> bool:
        """Say whether every distributor holds what was last offered. Without a distributor nothing is settled."""
        offer = self._offer
        return offer is not None and bool(self._workers) and all(pod.holds(offer.snapshot) for pod in self.pods)

    def states(self) -> Counter[str]:
        counts = Counter({str(state): 0 for state in PushState})
        counts.update(str(pod.state) for pod in self.pods)
        return counts

    def acked(self, offer: Offer) -> None:
        if offer.changed_at_s is not None:
            self._metrics.propagation.observe(time.monotonic() - offer.changed_at_s)
        if self.is_settled():
            count = len(self._workers)
            log.info("generation %d: held by every distributor (%d)", offer.snapshot.generation, count)

    def pushed(self, result: str) -> None:
        self._metrics.pushes.labels(result).inc()

    def found_newer(self, pod: Pod, wanted: Snapshot) -> None:
        if self._offer is None or pod.generation < self._offer.snapshot.generation:
            return  # a still newer one is on its way
        message = "distributor %s holds generation %d, offered was %d: this operator lost count, or another one pushes"
        log.warning(message, pod.url, pod.generation, wanted.generation)
        self._on_newer(pod.generation)

    async def run(self) -> None:
        await self._followers.run()

    def _worker(self, url: str) -> Worker:
        worker = Worker(url, self._client, self)
        if self._offer:
            worker.offer(
                replace(self._offer, changed_at_s=None)
            )  # how late it came says nothing of how fast pushes are
        return worker
