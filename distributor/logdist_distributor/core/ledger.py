"""What became of every packet: accepted + restored = delivered + queued + in flight + dead, at every instant.

`queued` and `in_flight` are counted where the packets are, the others as events, so the identity is a real check.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Ledger:
    """Events since the start, in packets, `messages` apart."""

    accepted: int = 0
    messages: int = 0  # in the packets accepted; not part of the identity
    restored: int = 0  # read back from the spool at start, dead letters included
    delivered: int = 0
    dead: int = 0  # dead letters made or restored, less those sent again
    repeats: int = 0  # sent again by senders and not delivered again; not part of the identity
    requeued: int = 0  # taken back from an analyser that failed; not part of the identity

    def owed(self) -> int:
        """Packets that must be queued or in flight now."""
        return self.accepted + self.restored - self.delivered - self.dead
