"""Posts Kubernetes Events, as client-go's recorder does: repeats are counted, and nobody can flood.

core/v1, not events.k8s.io/v1: `kubectl describe` and `kubectl events` sort by `lastTimestamp`, which the latter leaves
empty. Within one second they keep the order of names, so a name ends in the time. An Event that cannot be posted is
dropped: it is never worth a retry.
"""

import asyncio
import logging
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from logdist_operator import crd
from logdist_operator.kube import MANAGER, Json, Kube, KubeError
from logdist_operator.model import AnalyserObject
from logdist_operator.writeback.document import cut
from logdist_operator.writeback.story import Turn

BURST: Final = 25.0  # Events of one object at once, as client-go has it,
REFILL_S: Final = 300.0  # and one more every five minutes
REPEAT_S: Final = 600.0  # the same Event again within so long is counted, not posted anew
WAITING_MAX: Final = 1000
NAME_CHARS_MAX: Final = 230  # leaves room for the time in 253 characters

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Posted:
    """One Event as it was last posted."""

    name: str
    first: str  # RFC 3339
    last_s: float
    count: int = 0


@dataclass(slots=True)
class Allowance:
    """What one object may still say, and what it has said lately. Pure."""

    counted_s: float
    tokens: float = BURST
    posted: dict[tuple[str, str], Posted] = field(default_factory=dict)  # by reason and message

    def take(self, now_s: float) -> bool:
        """Charge one Event. False: it must not be posted."""
        self.tokens = min(BURST, self.tokens + (now_s - self.counted_s) / REFILL_S)
        self.counted_s = now_s
        self.posted = {key: posted for key, posted in self.posted.items() if now_s - posted.last_s < REPEAT_S}
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def count(self, turn: Turn, fresh: Posted) -> Posted:
        """Return the Event to post: the earlier one of the same words if there is one, else `fresh`."""
        posted = self.posted.setdefault((turn.reason, turn.message), fresh)
        posted.count += 1
        posted.last_s = fresh.last_s
        return posted


class Teller:
    """Posts one Event after the other, in the order in which they were told."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._instance = socket.gethostname()
        self._allowances: dict[str, Allowance] = {}
        self._waiting: asyncio.Queue[tuple[AnalyserObject, Turn]] = asyncio.Queue(WAITING_MAX)
        self._named_ns = 0

    def tell(self, item: AnalyserObject, turn: Turn) -> None:
        try:
            self._waiting.put_nowait((item, turn))
        except asyncio.QueueFull:
            log.debug("too many Events wait; dropped: %s %s/%s", turn.reason, item.namespace, item.name)

    def forget(self, uid: str) -> None:
        self._allowances.pop(uid, None)

    async def run(self) -> None:
        while True:
            item, turn = await self._waiting.get()
            await self._post(item, turn)

    async def _post(self, item: AnalyserObject, turn: Turn) -> None:
        now_s, now = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        allowance = self._allowances.setdefault(item.uid, Allowance(now_s))
        if not allowance.take(now_s):
            log.debug("too many Events of %s/%s; dropped: %s", item.namespace, item.name, turn.reason)
            return
        posted = allowance.count(turn, Posted(self._name(item), now, now_s))
        body = build_event(item, turn, posted, now, self._instance)
        path = f"/api/v1/namespaces/{item.namespace}/events"
        try:
            if posted.count == 1:
                await asyncio.to_thread(self._kube.create, path, body)
            else:
                await asyncio.to_thread(self._kube.replace, f"{path}/{posted.name}", body)
        except KubeError as error:
            log.debug("an Event was not posted: %s", error)

    def _name(self, item: AnalyserObject) -> str:
        self._named_ns = max(self._named_ns + 1, time.time_ns())
        return f"{item.name[:NAME_CHARS_MAX].rstrip('-.')}.{self._named_ns:016x}"


def build_event(item: AnalyserObject, turn: Turn, posted: Posted, now: str, instance: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": posted.name, "namespace": item.namespace},
        "involvedObject": {
            "apiVersion": crd.API_VERSION,
            "kind": crd.KIND,
            "namespace": item.namespace,
            "name": item.name,
            "uid": item.uid,
        },
        "type": "Warning" if turn.is_warning else "Normal",
        "reason": turn.reason,
        "message": cut(turn.message),
        "count": posted.count,
        "firstTimestamp": posted.first,
        "lastTimestamp": now,
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "reportingInstance": instance,
    }
