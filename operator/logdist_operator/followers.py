"""One running task for each of a changing set of names. Held by publish.py and observe.py."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable


class Followers:
    """Runs `work(name)`, which never ends, for each name; a task that breaks ends `run`, and raises."""

    def __init__(self, work: Callable[[str], Coroutine[None, None, None]]) -> None:
        self._work = work
        self._names: tuple[str, ...] = ()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    def follow(self, names: Iterable[str]) -> None:
        """Have a task for each of `names`, and no others. Before `run`, only take note of them."""
        self._names = tuple(names)
        if self._group is None:
            return
        for name in self._tasks.keys() - set(self._names):
            self._tasks.pop(name).cancel()
        for name in self._names:
            if name not in self._tasks:
                self._tasks[name] = self._group.create_task(self._work(name))

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            self.follow(self._names)
            await asyncio.Event().wait()
