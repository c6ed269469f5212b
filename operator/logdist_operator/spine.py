"""All parts between a source and the distributors, put together. `__main__` adds the source, the fence and the API."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from logdist_operator.commit import Record
from logdist_operator.controller import Controller
from logdist_operator.fences import Fence
from logdist_operator.http import Client
from logdist_operator.metrics import Metrics
from logdist_operator.observe import Observer
from logdist_operator.publish import Publisher
from logdist_operator.sample import Sampler
from logdist_operator.sources import Source
from logdist_operator.status import Board


class Spine:
    """One source, any number of distributors. `record` is what the fence committed last.

    `distributors`: their control URLs, where the source does not tell them.
    """

    def __init__(
        self, source: Source, fence: Fence, record: Record, distributors: Iterable[str], client: Client
    ) -> None:
        self.source, self.client = source, client
        self.metrics = Metrics()
        self.controller = Controller(
            source, fence, record, on_pass=lambda: self.board.refresh(datetime.now(UTC)), on_distributors=self._follow
        )
        self.publisher = Publisher(client, self.metrics, on_newer=self.controller.rise_above)
        self.observer = Observer(client, self.publisher.notice)
        self._follow(distributors)
        self.board = Board(self.controller, self.publisher, self.observer)
        self.sampler = Sampler(self.board, self.observer)
        self.metrics.watch(lambda: self.controller.record.generation, self.publisher.states, self.controller.list_age_s)

    async def run(self) -> None:
        """Run until cancelled. A part that breaks ends all the others, and raises."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.source.watch(self.controller.mark_dirty))
            group.create_task(self.controller.run(self.publisher))
            group.create_task(self.publisher.run())
            group.create_task(self.observer.run())
            group.create_task(self.board.run())
            group.create_task(self.sampler.run())

    def _follow(self, distributors: Iterable[str]) -> None:
        urls = tuple(distributors)
        self.publisher.follow(urls)
        self.observer.follow(urls)
