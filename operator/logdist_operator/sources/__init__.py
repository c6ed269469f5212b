"""Where analysers come from. Everything behind `Source` is one code path (controller.py)."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from logdist_operator.model import Listing


class Source(Protocol):
    """A place that holds Analyser objects. Events may be missed, so watching only says *that* something changed."""

    @property
    def location(self) -> str:
        """Return where the objects are, for people."""
        ...

    @property
    def namespace(self) -> str:
        """Return where an object belongs that does not say."""
        ...

    @property
    def list_age_max_s(self) -> float | None:
        """Return how old the last listing may be before a restart is worth trying; None: it would mend nothing."""
        ...

    async def watch(self, mark_dirty: Callable[[], None]) -> None:
        """Call `mark_dirty` whenever something may have changed. Runs until it is cancelled."""
        ...

    async def read(self) -> Listing:
        """Return all objects, read afresh. Raises SourceUnavailable when that is not possible."""
        ...

    async def create(self, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        """Make a new object. Raises ObjectExists, or EditRefused when it would be invalid."""
        ...

    async def change(self, namespace: str, name: str, fields: Mapping[str, Any]) -> None:
        """Set fields of the object's `spec`, leave the others. Raises ObjectMissing or EditRefused."""
        ...

    async def delete(self, namespace: str, name: str) -> None:
        """Remove the object. Raises ObjectMissing."""
        ...
