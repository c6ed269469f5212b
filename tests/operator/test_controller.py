"""The path behind a source: nothing is published that is not committed, and nothing can keep a change waiting."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import pytest
from operator_harness import FakeDistributor, until

from logdist_operator import crd
from logdist_operator.commit import Record, next_record
from logdist_operator.compile import compile_listing
from logdist_operator.errors import CommitConflict, CommitFailed, SourceUnavailable
from logdist_operator.http import Client
from logdist_operator.model import AnalyserObject, Listing
from logdist_operator.spine import Spine

pytestmark = pytest.mark.anyio


class FakeSource:
    """A source of another kind: what it has is `weights`, and None is unavailable."""

    location = "memory"
    namespace = "logs"
    list_age_max_s: float | None = None

    def __init__(self, **weights: int) -> None:
        self.weights: dict[str, int] | None = weights
        self.mark_dirty: Callable[[], None] = lambda: None

    async def watch(self, mark_dirty: Callable[[], None]) -> None:
        self.mark_dirty = mark_dirty
        await asyncio.Event().wait()

    async def read(self) -> Listing:
        if self.weights is None:
            raise SourceUnavailable("the API server is away")
        specs = {name: crd.with_defaults({"endpoint": "http://a", "weight": w}) for name, w in self.weights.items()}
        return Listing(tuple(AnalyserObject(f"u-{name}", name, "logs", spec) for name, spec in specs.items()))


class FakeFence:
    def __init__(self) -> None:
        self.committed: list[Record] = []
        self.is_broken = False
        self.conflicts = 0  # how many commits come second

    def read(self) -> Record:
        return self.committed[-1] if self.committed else Record()

    def commit(self, record: Record) -> None:
        if self.is_broken:
            raise CommitFailed("the disk is full")
        if self.conflicts:
            self.conflicts -= 1
            raise CommitConflict("another was first")
        self.committed.append(record)


@contextlib.asynccontextmanager
async def operating_on(source: FakeSource, fence: FakeFence, distributor: FakeDistributor) -> AsyncIterator[Spine]:
    async with Client() as client:
        spine = Spine(source, fence, Record(), [distributor.url], client)
        task = asyncio.create_task(spine.run())
        yield spine
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_source_of_any_kind_takes_the_same_path(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1, b=2), FakeFence()
    async with operating_on(source, fence, distributor):
        await until(lambda: distributor.weights == {"a": 1, "b": 2})
        source.weights = {"b": 3}
        source.mark_dirty()
        await until(lambda: distributor.weights == {"b": 3})
    assert [record.generation for record in fence.committed] == [1, 2]


async def test_what_is_not_committed_is_not_published_and_is_tried_again(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    fence.is_broken = True
    async with operating_on(source, fence, distributor) as spine:
        await until(lambda: [problem.message for problem in spine.controller.problems] == ["the disk is full"])
        assert distributor.pushed == []
        assert spine.controller.record.generation == 0
        fence.is_broken = False
        await until(lambda: distributor.weights == {"a": 1})
        assert spine.controller.problems == ()


async def test_a_source_that_goes_away_changes_nothing_until_it_is_back(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    async with operating_on(source, fence, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 1})
        source.weights = None
        source.mark_dirty()
        await until(lambda: spine.controller.problems)
        source.weights = {"a": 2}
        await until(lambda: distributor.weights == {"a": 2})
        assert spine.controller.problems == ()


async def test_changes_without_a_pause_cannot_keep_a_change_waiting(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    async with operating_on(source, fence, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        source.weights = {"a": 2}

        def is_there() -> bool:
            source.mark_dirty()
            return distributor.weights == {"a": 2}

        await until(is_there)


async def test_many_changes_at_once_are_one_generation(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    async with operating_on(source, fence, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        assert source.weights is not None
        for number in range(500):
            source.weights[f"b{number}"] = 1
            source.mark_dirty()
        await until(lambda: len(distributor.weights) == 501)
    assert len(fence.committed) == 2


async def test_a_probe_fails_when_a_listing_is_too_old_where_a_restart_may_help(distributor: FakeDistributor) -> None:
    source = FakeSource(a=1)
    async with operating_on(source, FakeFence(), distributor) as spine:
        await until(lambda: distributor.weights == {"a": 1})
        assert spine.controller.why_stuck() == ""
        spine.controller.listed_at_s = time.monotonic() - 200
        assert spine.controller.why_stuck() == ""
        source.list_age_max_s = 180.0
        assert "last listed 200 s ago" in spine.controller.why_stuck()
        spine.controller.tried_at_s = time.monotonic() - 300
        assert "last looked at 300 s ago" in spine.controller.why_stuck()


async def test_what_another_operator_committed_is_taken_over_and_published(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    async with operating_on(source, fence, distributor):
        await until(lambda: distributor.weights == {"a": 1})
        theirs = compile_listing(await FakeSource(a=1, b=7).read(), {})
        fence.committed.append(next_record(fence.committed[-1], theirs, is_settled=True, now_ms=0))
        source.weights = {"a": 1, "b": 7}
        source.mark_dirty()
        await until(lambda: distributor.weights == {"a": 1, "b": 7})
    assert [record.generation for record in fence.committed] == [1, 2]


async def test_a_commit_that_comes_second_looks_again(distributor: FakeDistributor) -> None:
    source, fence = FakeSource(a=1), FakeFence()
    async with operating_on(source, fence, distributor) as spine:
        await until(lambda: distributor.weights == {"a": 1})
        fence.conflicts = 2
        source.weights = {"a": 5}
        source.mark_dirty()
        await until(lambda: distributor.weights == {"a": 5})
        assert spine.controller.problems == ()
    assert [record.generation for record in fence.committed] == [1, 2]
