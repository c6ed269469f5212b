"""Keeps the status of every Analyser object in the cluster at what the board says, and tells the turns as Events.

A write that fails leaves nothing behind but the knowledge that the object differs; the newest content goes out later:

    404, 409             the object is gone: nothing is written before it is listed again
    no answer, 429, 5xx  nothing is written for a while
    401, 403             its namespace rests, for somebody must grant the right
    anything else        the object rests, for somebody must apply a newer CRD
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from logdist_operator import crd
from logdist_operator.controller import Controller
from logdist_operator.kube import Json, Kube, KubeError
from logdist_operator.model import AnalyserObject
from logdist_operator.push import backoff_s
from logdist_operator.status import AnalyserStatus, Board
from logdist_operator.writeback.document import build_document, change_between, ours
from logdist_operator.writeback.events import Teller
from logdist_operator.writeback.pace import Pace
from logdist_operator.writeback.story import Told, tell, told_by

WRITERS: Final = 4  # requests at once
REST_MAX_S: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subject:
    """One object, as it is, as it should be, and as far as its story is told."""

    item: AnalyserObject
    wanted: Json = field(default_factory=dict)
    written: Json = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    is_gone: bool = False


@dataclass(slots=True)
class _Trouble:
    """Why all of them, those of a namespace, or one cannot be written."""

    status: int
    failures: int = 0  # in a row
    until_s: float = float("-inf")  # not to be tried before


class Writeback:
    """`run` follows the board until cancelled."""

    def __init__(self, kube: Kube, board: Board, controller: Controller) -> None:
        self._kube, self._board, self._controller = kube, board, controller
        self._teller = Teller(kube)
        self._pace = Pace()
        self._subjects: dict[str, _Subject] = {}
        self._objects: Mapping[str, AnalyserObject] = {}  # of the listing last looked at
        self._analysers: Mapping[str, AnalyserStatus] = {}  # of the refresh last looked at
        self._wake = asyncio.Event()
        self._writing = 0
        self._troubles: dict[str, _Trouble] = {}  # by scope: empty (all), a namespace, a uid
        board.listen(self._wake.set)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._teller.run())
            while True:
                self._wake.clear()
                self._look(loop.time())
                while self._writing < WRITERS and (uid := self._pace.pick(loop.time())):
                    self._writing += 1
                    group.create_task(self._write(self._subjects[uid]))
                await self._rest(self._pace.wait_s(loop.time()) if self._writing < WRITERS else None)

    async def _rest(self, limit_s: float | None) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await self._wake.wait()
        except TimeoutError:
            return

    def _look(self, now_s: float) -> None:
        """Take in what a listing or a refresh has brought."""
        if not self._board.is_settled:  # what is not known yet must not replace what was written by our predecessor
            return
        if self._objects is not self._controller.objects:
            self._objects = self._controller.objects
            self._take_listing()
        if self._analysers is not self._board.analysers:
            self._analysers = self._board.analysers
            for uid, subject in self._subjects.items():
                if uid in self._analysers:
                    subject.wanted = build_document(self._analysers[uid])
                    self._offer(subject, now_s)

    def _take_listing(self) -> None:
        for uid in self._subjects.keys() - self._objects.keys():
            del self._subjects[uid]
            self._pace.forget(uid)
            self._teller.forget(uid)
            self._troubles.pop(uid, None)
        for uid, item in self._objects.items():
            subject = self._subjects.get(uid)
            if subject is None:
                written = ours(item.status)
                self._subjects[uid] = _Subject(item, written=written, told=told_by(written))
                continue
            if item.status != subject.item.status:  # by us or by others; the object itself is the truth
                subject.written = ours(item.status)
            subject.item, subject.is_gone = item, False

    def _offer(self, subject: _Subject, now_s: float) -> None:
        if subject.wanted and not subject.is_gone:
            self._pace.offer(subject.item.uid, change_between(subject.written, subject.wanted), now_s)

    async def _write(self, subject: _Subject) -> None:
        item, document = subject.item, subject.wanted
        try:
            await asyncio.to_thread(apply_status, self._kube, item, document)
        except KubeError as error:
            self._failed(subject, error)
        else:
            self._succeeded(subject, document)
        finally:
            self._writing -= 1
            self._pace.settle(item.uid)
            self._wake.set()
        if self._subjects.get(item.uid) is subject:
            self._offer(subject, asyncio.get_running_loop().time())

    def _succeeded(self, subject: _Subject, document: Json) -> None:
        item = subject.item
        for scope in ("", item.namespace, item.uid):
            trouble = self._troubles.pop(scope, None)
            if trouble and trouble.failures > 1:
                log.info("status is written again: %s/%s", item.namespace, item.name)
        subject.written = document
        turns, subject.told = tell(subject.told, document)
        for turn in turns:
            self._teller.tell(subject.item, turn)

    def _failed(self, subject: _Subject, error: KubeError) -> None:
        item = subject.item
        if error.status in {404, 409}:
            log.debug("status of %s/%s was not written, it is gone: %s", item.namespace, item.name, error)
            subject.is_gone = True
            self._pace.forget(item.uid)
        elif error.status in {0, 429} or error.status >= 500:
            self._pace.pause(self._put_off("", 0, f"status cannot be written, tried again: {error}"))
        elif error.status in {401, 403}:
            advice = "grant `patch` on analysers/status (manifests/operator-rbac.yaml)"
            until_s = self._put_off(item.namespace, error.status, f"status cannot be written; {advice}: {error}")
            for other in self._subjects.values():
                if other.item.namespace == item.namespace:
                    self._pace.rest(other.item.uid, until_s)
        else:
            advice = "is the CRD older than the operator? Apply manifests/crd.yaml"
            until_s = self._put_off(item.uid, error.status, f"status cannot be written; {advice}: {error}")
            self._pace.rest(item.uid, until_s)

    def _put_off(self, scope: str, status: int, message: str) -> float:
        """Return until when; each time longer. Logged once it has failed twice: a server that starts refuses much."""
        now_s = asyncio.get_running_loop().time()
        trouble = self._troubles.setdefault(scope, _Trouble(status))
        if now_s < trouble.until_s:
            return trouble.until_s  # it was under way when another failed
        trouble.failures += 1
        if trouble.failures == 2 and not any(
            other.status == status and other.failures > 1 for other in self._troubles.values() if other is not trouble
        ):
            log.warning("%s", message)
        rest_s = min(REST_MAX_S, 2.0 ** min(trouble.failures, 10)) if status else backoff_s(trouble.failures, _jitter())
        trouble.until_s = now_s + rest_s
        return trouble.until_s


def apply_status(kube: Kube, item: AnalyserObject, document: Json) -> None:
    """Write the status. Raises KubeError; 409 when the object is no more, and another has its name.

    The API server does not mind whose uid a status is for, so what went to another object is taken back.
    """
    path = crd.api_path(item.namespace, item.name, "status")
    metadata = {"name": item.name, "namespace": item.namespace}
    body = {"apiVersion": crd.API_VERSION, "kind": crd.KIND, "metadata": metadata, "status": document}
    found = kube.apply(path, body)["metadata"]["uid"]
    if found != item.uid:
        kube.apply(path, {**body, "status": {"delivered": 0}})  # the server takes no empty one
        raise KubeError(409, f"{item.namespace}/{item.name} is another object now, {found}")


def _jitter() -> float:
    return random.random()  # noqa: S311  nothing secret
