"""The loop that writes, on a stand-in for the API server: whatever fails in between, it is written in the end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from operator_harness import until
from writeback_harness import a_document, a_status, an_item

from logdist_operator.kube import KubeError
from logdist_operator.model import AnalyserObject
from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback import writer
from logdist_operator.writeback.writer import Writeback


class FakeKube:
    """Keeps what is applied. `failures` are the HTTP statuses of the next writes."""

    def __init__(self) -> None:
        self.applied: list[tuple[str, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.failures: list[int] = []
        self.event_failure: int | None = None
        self.during: Callable[[], None] = lambda: None
        self.uids: dict[str, str] = {}  # by name, where it is not uid-<name>

    def apply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.during()
        if self.failures:
            raise KubeError(self.failures.pop(0), "no")
        self.applied.append((path, body))
        name = body["metadata"]["name"]
        return {"metadata": {"uid": self.uids.get(name, f"uid-{name}")}}

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.event_failure is not None:
            raise KubeError(self.event_failure, "no")
        self.events.append(body)
        return body

    def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.create(path, body)

    @property
    def delivered(self) -> list[int]:
        return [body["status"]["delivered"] for _, body in self.applied]

    @property
    def reasons(self) -> list[str]:
        return [event["reason"] for event in self.events]


class Cluster:
    """A board and a listing of our making, and the write-back that follows them."""

    def __init__(self) -> None:
        self.kube = FakeKube()
        self.controller = SimpleNamespace(objects={})
        self.board = SimpleNamespace(is_settled=True, analysers={}, listen=self._listen)
        self.writeback = Writeback(self.kube, self.board, self.controller)  # type: ignore[arg-type]

    def _listen(self, listener: Callable[[], None]) -> None:
        self._listener = listener

    def have(self, *items: AnalyserObject) -> None:
        self.controller.objects = {item.uid: item for item in items}

    def show(self, *statuses: AnalyserStatus) -> None:
        self.board.analysers = dict(zip(self.controller.objects, statuses, strict=True))
        self._listener()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    cluster.have(an_item())
    running = asyncio.create_task(cluster.writeback.run())
    yield cluster
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


pytestmark = pytest.mark.anyio


async def test_a_status_is_applied_and_its_turns_are_told(cluster: Cluster) -> None:
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    path, body = cluster.kube.applied[0]
    assert path == "/apis/logdist.io/v1alpha1/namespaces/logs/analysers/a/status"
    assert body["metadata"] == {"name": "a", "namespace": "logs"}
    assert body["status"] == a_document()
    await until(lambda: cluster.kube.reasons == ["Registered", "Ready"])


async def test_nothing_is_written_when_nothing_changed(cluster: Cluster) -> None:
    for _ in range(5):
        cluster.show(a_status())
        await asyncio.sleep(0.02)
    assert len(cluster.kube.applied) == 1


async def test_a_restarted_operator_writes_and_tells_nothing_anew(cluster: Cluster) -> None:
    cluster.have(an_item(status=a_document()))
    cluster.show(a_status())
    await asyncio.sleep(0.1)
    assert (cluster.kube.applied, cluster.kube.events) == ([], [])


async def test_before_the_distributors_are_heard_nothing_is_written(cluster: Cluster) -> None:
    cluster.board.is_settled = False
    cluster.show(a_status(Healthy="NoReport"))
    await asyncio.sleep(0.05)
    assert cluster.kube.applied == []
    cluster.board.is_settled = True
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)


async def test_what_somebody_else_did_to_our_status_is_put_right(cluster: Cluster) -> None:
    cluster.show(a_status())
    await until(lambda: len(cluster.kube.applied) == 1)
    cluster.have(an_item(status=a_document(Healthy="Sabotaged")))
    cluster.show(a_status())
    await until(lambda: len(cluster.kube.applied) == 2)


@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_after_an_outage_only_the_newest_is_written(cluster: Cluster, status: int) -> None:
    shown = 0

    def show_more() -> None:
        nonlocal shown
        shown += 1

    cluster.kube.during = show_more
    cluster.kube.failures = [status, status]
    cluster.show(a_status(delivered=1))
    await until(lambda: shown)
    cluster.show(a_status(delivered=2))
    cluster.show(a_status(delivered=3))
    await until(lambda: cluster.kube.applied)
    assert cluster.kube.delivered == [3]
    assert cluster.kube.failures == []


@pytest.mark.parametrize("status", [404, 409])
async def test_an_object_that_is_gone_is_left_alone_until_it_is_listed_again(cluster: Cluster, status: int) -> None:
    cluster.kube.failures = [status]
    cluster.show(a_status())
    await until(lambda: not cluster.kube.failures)
    cluster.show(a_status(delivered=5))
    await asyncio.sleep(0.05)
    assert cluster.kube.applied == []
    cluster.have(an_item())
    cluster.show(a_status(delivered=6))
    await until(lambda: cluster.kube.delivered == [6])


async def test_an_object_that_goes_while_it_is_written_is_forgotten(cluster: Cluster) -> None:
    def go() -> None:
        cluster.have()
        cluster.show()

    loop = asyncio.get_running_loop()
    cluster.kube.during = lambda: asyncio.run_coroutine_threadsafe(_called(go), loop).result()
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    cluster.kube.during = lambda: None
    cluster.have(an_item())
    cluster.show(a_status(delivered=9))
    await until(lambda: cluster.kube.delivered == [0, 9])


async def test_what_went_to_another_object_of_the_same_name_is_taken_back(cluster: Cluster) -> None:
    cluster.kube.uids = {"a": "another"}
    cluster.show(a_status())
    await until(lambda: [body["status"] for _, body in cluster.kube.applied] == [a_document(), {"delivered": 0}])
    cluster.have(replace(an_item(), uid="another"))
    cluster.show(a_status())
    await until(lambda: cluster.kube.reasons == ["Registered", "Ready"])
    assert {event["involvedObject"]["uid"] for event in cluster.kube.events} == {"another"}


async def _called(act: Callable[[], None]) -> None:
    act()
    await asyncio.sleep(0.05)


async def test_a_missing_right_is_told_once_and_tried_again_later(
    cluster: Cluster, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", logger="logdist_operator")
    monkeypatch.setattr(writer, "REST_MAX_S", 0.2)
    cluster.have(*(an_item(str(number)) for number in range(10)))
    cluster.kube.failures = [403] * 12  # three rounds of as many writers as there are
    cluster.show(*(a_status() for _ in range(10)))
    await until(lambda: len(cluster.kube.applied) == 10)
    said = [record.getMessage() for record in caplog.records]
    assert sum("grant `patch` on analysers/status" in message for message in said) == 1
    assert sum("written again" in message for message in said) == 1


async def test_one_object_that_cannot_be_written_holds_up_no_other(cluster: Cluster) -> None:
    cluster.have(*(an_item(str(number)) for number in range(5)))
    cluster.kube.failures = [422]
    cluster.show(*(a_status() for _ in range(5)))
    await until(lambda: len(cluster.kube.applied) == 4)


async def test_events_that_cannot_be_posted_are_dropped(cluster: Cluster) -> None:
    cluster.kube.event_failure = 403
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    await asyncio.sleep(0.05)
    cluster.kube.event_failure = None
    cluster.show(a_status(Healthy="Ejected", Ready="Ejected"))
    await until(lambda: cluster.kube.events)
    assert cluster.kube.reasons == ["Ejected"]


async def test_an_analyser_that_flaps_is_counted_in_few_events(cluster: Cluster) -> None:
    for _ in range(5):
        for status in (a_status(), a_status(Healthy="Ejected", Ready="Ejected")):
            before = len(cluster.kube.applied)
            cluster.show(status)
            await until(lambda before=before: len(cluster.kube.applied) > before)
    await until(lambda: len(cluster.kube.events) == 2 + 5 + 4)
    assert len({event["metadata"]["name"] for event in cluster.kube.events}) == 4
    assert cluster.kube.events[-1]["count"] == 5
