"""Waiting for a condition with a limit, ports that stay free, and an event loop in a thread beside the test."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import uvloop

LIMIT_S: Final = 40.0  # generous: a limit is there to end a broken run, not to time a good one
LOOK_S: Final = 0.02

Result = TypeVar("Result")


def until(what: str, condition: Callable[[], Result], *, limit_s: float = LIMIT_S) -> Result:
    """Look until the condition gives something true, and return that. A failed assertion counts as not yet."""
    deadline_s = time.monotonic() + limit_s
    while True:
        try:
            result, problem = condition(), ""
        except AssertionError as error:
            result, problem = None, str(error)  # type: ignore[assignment]
        if result:
            return result
        if time.monotonic() > deadline_s:
            raise AssertionError(f"not within {limit_s:g} s: {what} {problem}")
        time.sleep(LOOK_S)


class HeldPort:
    """A port that stays ours while nobody listens on it: bound without listening, so that a server can come and go."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.number: int = self.socket.getsockname()[1]

    def close(self) -> None:
        self.socket.close()


class LoopThread:
    """An event loop beside the test, which itself is plain and synchronous."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result], *, limit_s: float = LIMIT_S) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(limit_s)

    def close(self) -> None:
        self.run(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT_S)
        self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
