"""The state as a stream of events: built once a second for all who watch, and only while somebody does.

A watcher waits for a newer state than the one it has, so one that is slow skips some, and no queue grows.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from logdist_operator.api import models
from logdist_operator.api.problems import TOLD

PERIOD_S: Final = 1.0
RETRY_MS: Final = 2000  # how soon a browser connects again

log = logging.getLogger(__name__)
router = APIRouter()
# Spelled out, for FastAPI takes every answer of this route for a stream of events.
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {
        "description": TOLD[status],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }
    for status in (401, 403)
}
EVENT: Final[dict[str, Any]] = {
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"const": "state"},
        "data": {"contentMediaType": "application/json", "contentSchema": {"$ref": "#/components/schemas/State"}},
    },
}


class Feed:
    """The latest state, as JSON. A new one replaces it when anything but the age of the listing has changed."""

    def __init__(self, build: Callable[[], models.State]) -> None:
        self._build = build
        self._state: models.State | None = None  # without the age of the listing
        self._latest = ""
        self._news = asyncio.Event()
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    async def watch(self) -> AsyncGenerator[str, None]:
        """Give the state now, and again whenever it has changed. Ends when the feed is closed."""
        self._watchers += 1
        if self._watchers == 1:
            self._look()
            self._task = asyncio.create_task(self._run())
        sent = ""
        try:
            while not self._is_closed:
                if self._latest is not sent:
                    sent = self._latest
                    yield sent
                else:
                    await self._news.wait()
        finally:
            self._watchers -= 1
            if not self._watchers and self._task:
                self._task.cancel()

    def close(self) -> None:
        """End every stream, now and later."""
        self._is_closed = True
        self._tell()

    async def _run(self) -> None:
        while not self._is_closed:
            await asyncio.sleep(PERIOD_S)
            try:
                self._look()
            except Exception:
                log.exception("the state cannot be built")

    def _look(self) -> None:
        state = self._build()
        ageless = state.model_copy(update={"source": state.source.model_copy(update={"list_age_seconds": None})})
        if ageless != self._state:
            self._state, self._latest = ageless, state.model_dump_json(by_alias=True)
            self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


@router.get(
    "/events",
    tags=["state"],
    summary="The state as server-sent events",
    response_class=EventSourceResponse,
    responses=REFUSED,
    response_description="Events named `state`; the data of each is the answer of GET /api/v1/state.",
    openapi_extra={"responses": {"200": {"content": {"text/event-stream": {"itemSchema": EVENT}}}}},
)
async def events(request: Request) -> AsyncIterator[ServerSentEvent]:
    """Send the whole state at once, then whenever it has changed, at most once a second.

    The age of the last listing alone is no change. A comment every 15 s keeps the connection up. `id` counts the events
    of this stream: 1 is the state now, and nothing is resumed, for each is whole.
    """
    feed: Feed = request.app.state.reach.feed
    async with aclosing(feed.watch()) as states:
        number = 0
        async for state in states:
            number += 1
            yield ServerSentEvent(event="state", id=str(number), raw_data=state, retry=RETRY_MS)
