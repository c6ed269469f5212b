"""Brings the latest snapshot to one distributor, and keeps it there. One worker a distributor, held by publish.py.

    not held  --PUT-->  200 acked | 409 pending (it holds a newer one) | 422 refused | else unreachable, failing
    acked     --GET every 10 s, or when the observer notices something-->  still held | push again

The latest snapshot wins: a slow or dead distributor makes no queue grow.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from logdist_operator.http import Answer, Client, NoAnswer
from logdist_operator.wire import Credentials, RegistryAnswer, Snapshot

PATH: Final = "/control/v1/registry"
TIMEOUT_S: Final = 2.0
RESYNC_S: Final = 10.0
BACKOFF_MIN_S: Final = 0.2
BACKOFF_MAX_S: Final = 5.0

log = logging.getLogger(__name__)


class PushState(StrEnum):
    PENDING = "pending"  # not pushed yet, or a newer generation is on its way
    ACKED = "acked"
    REFUSED = "refused"  # it keeps its last good registry; its reasons are in `reason`
    UNREACHABLE = "unreachable"
    FAILING = "failing"  # it answers, but neither yes nor no


@dataclass(slots=True)
class Pod:
    """One distributor as the publisher knows it."""

    url: str
    state: PushState = PushState.PENDING
    reason: str = ""
    instance_id: str = ""  # another one at the same address: the process was restarted
    generation: int = 0  # that it last said it holds
    digest: str = ""

    def holds(self, snapshot: Snapshot) -> bool:
        return self.state is PushState.ACKED and (self.generation, self.digest) == (
            snapshot.generation,
            snapshot.digest,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    snapshot: Snapshot
    credentials: Mapping[str, Credentials] = field(repr=False)  # by uid
    body: bytes = field(repr=False)  # all of it as JSON: encoded once, however many distributors there are
    changed_at_s: float | None  # monotonic; the oldest change in it. None: nothing changed, it is only offered again


def backoff_s(attempts: int, jitter: float) -> float:
    """Return how long to wait after so many failures in a row. `jitter` in 0..1 spreads the distributors apart."""
    limit_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2.0 ** min(attempts, 10))
    return BACKOFF_MIN_S + jitter * (limit_s - BACKOFF_MIN_S)


class Audience(Protocol):
    """Who hears what came of a push (Publisher)."""

    def pushed(self, result: str) -> None:
        """Hear of one push. `result`: ack, stale, refused, failed or unreachable."""

    def acked(self, offer: Offer) -> None:
        """Hear that the distributor took `offer` for the first time."""

    def found_newer(self, pod: Pod, wanted: Snapshot) -> None:
        """Hear that the distributor holds a newer registry than `wanted`."""


class Worker:
    """Keeps one distributor at the latest snapshot."""

    def __init__(self, url: str, client: Client, audience: Audience) -> None:
        self.pod = Pod(url)
        self._client, self._audience = client, audience
        self._offer: Offer | None = None
        self._taken: Offer | None = None  # the offer last acknowledged
        self._wake = asyncio.Event()
        self._attempts = 0

    def offer(self, offer: Offer) -> None:
        self._offer = offer
        self._wake.set()

    def notice(self, instance_id: str, generation: int, digest: str) -> None:
        """Take note of what the distributor just reported; look at once instead of at the next check if it is news."""
        pod = self.pod
        is_news = (instance_id, generation, digest) != (pod.instance_id, pod.generation, pod.digest)
        if pod.state is PushState.UNREACHABLE or (is_news and pod.state in {PushState.ACKED, PushState.REFUSED}):
            self._wake.set()

    async def run(self) -> None:
        while True:
            self._wake.clear()
            delay_s = await self._step()
            try:
                async with asyncio.timeout(delay_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _step(self) -> float | None:
        """Check or push once, and return how long to rest unless woken. None: for ever."""
        offer = self._offer
        if offer is None:
            return None
        if self.pod.holds(offer.snapshot) and self._taken and self._taken.credentials == offer.credentials:
            answer = await self._ask("GET")
            if answer and self._is_still_held(answer, offer.snapshot):
                return RESYNC_S
        answer = await self._ask("PUT", offer.body)
        return self._settle(answer, offer)

    async def _ask(self, method: str, body: bytes | None = None) -> Answer | None:
        """Return the answer, or None when there is none; then the pod is marked unreachable."""
        try:
            return await self._client.ask(method, self.pod.url + PATH, body, timeout_s=TIMEOUT_S)
        except NoAnswer as error:
            self._become(PushState.UNREACHABLE, str(error))
            return None

    def _is_still_held(self, response: Answer, snapshot: Snapshot) -> bool:
        """Say whether a GET shows the registry that was acked. A new process at the address gets it again anyway."""
        answer = _decode(response)
        if response.status != 200 or answer is None:
            return False
        return (answer.instance_id, answer.generation, answer.digest) == (
            self.pod.instance_id,
            snapshot.generation,
            snapshot.digest,
        )

    def _settle(self, response: Answer | None, offer: Offer) -> float | None:
        """Draw the conclusions from the answer to a push, and return how long to rest."""
        answer = _decode(response) if response is not None else None
        result = "unreachable" if response is None else self._conclude(response, answer, offer)
        self._audience.pushed(result)
        if result in {"ack", "refused"}:
            self._attempts = 0
            return RESYNC_S
        self._attempts += 1
        return backoff_s(self._attempts, random.random())  # noqa: S311  nothing secret

    def _conclude(self, response: Answer, answer: RegistryAnswer | None, offer: Offer) -> str:
        pod, wanted = self.pod, offer.snapshot
        if answer is not None:
            pod.instance_id, pod.generation, pod.digest = answer.instance_id, answer.generation, answer.digest
        if response.status == 200 and (pod.generation, pod.digest) == (wanted.generation, wanted.digest):
            self._become(PushState.ACKED)
            if self._taken is not offer:
                self._taken = offer
                self._audience.acked(offer)
            return "ack"
        if response.status == 409 and answer:
            self._become(PushState.PENDING, answer.error)
            self._audience.found_newer(pod, wanted)
            return "stale"
        if response.status == 422 and answer:
            self._become(PushState.REFUSED, "; ".join(answer.reasons) or answer.error)
            return "refused"
        self._become(PushState.FAILING, _explain(response))
        return "failed"

    def _become(self, state: PushState, reason: str = "") -> None:
        pod = self.pod
        if (state, reason) == (pod.state, pod.reason):
            return
        if state in {PushState.REFUSED, PushState.FAILING}:  # the observer tells who is lost and who is back
            log.warning("distributor %s: registry %s: %s", pod.url, state, reason)
        pod.state, pod.reason = state, reason


def _decode(response: Answer) -> RegistryAnswer | None:
    try:
        return msgspec.json.decode(response.content, type=RegistryAnswer)
    except msgspec.DecodeError:
        return None


def _explain(response: Answer) -> str:
    if response.status in {401, 403}:
        return f"{response.status}: the token is not the distributor's"
    return f"unexpected answer {response.status} {response.text!r}"
