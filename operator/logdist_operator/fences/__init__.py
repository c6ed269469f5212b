"""Where the committed record is kept: durable before any distributor sees it, one writer at a time."""

from typing import Protocol

from logdist_operator.commit import Record


class Fence(Protocol):
    """Blocking: called off the loop. Both raise CommitFailed."""

    def read(self) -> Record:
        """Return what was committed last, by whomever; the empty record when there is none."""
        ...

    def commit(self, record: Record) -> None:
        """Make `record` the next one. Raises CommitConflict when another one was committed since `read`."""
        ...
