"""Keeps the status of every Analyser object in the cluster at what the board says, and tells the turns as Events.

A write that fails leaves nothing behind but the knowledge that the object differs; the newest content goes out later:

    404, 409             the object is gone, or another of its name has come: not before it is listed again
    no answer, 429, 5xx  nothing is written for a while
    401, 403             its namespace rests for a minute, somebody must grant the right
    anything else        the object rests for a minute, somebody must apply a newer CRD
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

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
REST_S: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subject:
    """One object, as it is, as it should be, and as far as its story is told."""

    item: AnalyserObject
    wanted: Json = field(default_factory=dict)
    written: Json = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    is_gone: bool = False


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
        self._outages = 0  # failures in a row to reach the API server
        self._complaints: dict[str, int] = {}  # HTTP status by what cannot be written: all (empty), a namespace, a uid
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
            self._complaints.pop(uid, None)
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
        path = crd.api_path(item.namespace, item.name, "status")
        try:
            await asyncio.to_thread(self._kube.apply, path, build_body(item, document))
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
        item, self._outages = subject.item, 0
        for scope in ("", item.namespace, item.uid):
            if self._complaints.pop(scope, None) is not None:
                log.info("status is written again: %s/%s", item.namespace, item.name)
        subject.written = document
        turns, subject.told = tell(subject.told, document)
        for turn in turns:
            self._teller.tell(subject.item, turn)

    def _failed(self, subject: _Subject, error: KubeError) -> None:
        now_s, item = asyncio.get_running_loop().time(), subject.item
        if error.status in {404, 409}:
            log.debug("status of %s/%s was not written, it is gone: %s", item.namespace, item.name, error)
            subject.is_gone = True
            self._pace.forget(item.uid)
        elif error.status in {0, 429} or error.status >= 500:
            self._complain("", 0, f"status cannot be written, tried again: {error}")
            self._outages += 1
            self._pace.pause(now_s + backoff_s(self._outages, random.random()))  # noqa: S311  nothing secret
        elif error.status in {401, 403}:
            advice = "grant `patch` on analysers/status (manifests/operator-rbac.yaml)"
            self._complain(item.namespace, error.status, f"status cannot be written; {advice}: {error}")
            for other in self._subjects.values():
                if other.item.namespace == item.namespace:
                    self._pace.rest(other.item.uid, now_s + REST_S)
        else:
            advice = "is the CRD older than the operator? Apply manifests/crd.yaml"
            self._complain(item.uid, error.status, f"status cannot be written; {advice}: {error}")
            self._pace.rest(item.uid, now_s + REST_S)

    def _complain(self, scope: str, status: int, message: str) -> None:
        """Log it, unless the same is the matter already."""
        if status not in self._complaints.values():
            log.warning("%s", message)
        self._complaints[scope] = status


def build_body(item: AnalyserObject, document: Json) -> dict[str, Any]:
    """Build what is applied. By its uid the API server refuses to write to another object of the same name."""
    return {
        "apiVersion": crd.API_VERSION,
        "kind": crd.KIND,
        "metadata": {"name": item.name, "namespace": item.namespace, "uid": item.uid},
        "status": document,
    }
