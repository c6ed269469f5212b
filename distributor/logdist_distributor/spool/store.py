"""What a spool is: a small interface, so that a replicated log can stand in for the embedded store.

Every call blocks and is made from one thread at a time; spool/writer.py keeps them off the event loop.
"""

from typing import Protocol

from logdist_distributor.core.commits import DeadLetter, Group, SpoolState


class Spool(Protocol):
    """Packets at rest, in order, and the dead letters."""

    def state(self) -> SpoolState:
        """What is on disk now."""

    def commit(self, group: Group) -> SpoolState:
        """Write the whole group or nothing of it; on return it survives a crash. Raises SpoolFailed."""

    def read(self, from_seq: int, bytes_max: int) -> list[tuple[int, bytes]]:
        """Packets in order from `from_seq` on: one if there is any, then up to `bytes_max`. Raises SpoolFailed."""

    def recent_bodies(self, packets_max: int) -> list[bytes]:
        """The youngest packets, oldest first: what the window of recent ids is filled from at start."""

    def dead_letters(self, after: int, limit: int) -> list[DeadLetter]:
        """Dead letters in order of their key, those above `after`."""

    def dead_letter(self, key: int) -> DeadLetter | None:
        """One dead letter."""

    def close(self) -> None:
        """Let go of the store."""
