"""The way in: is there room for these packets, and have they been here before?

Called for every request; what enters waits in `fresh` until the engine takes it in.
"""

from logdist_distributor.core.backlog import Backlog
from logdist_distributor.core.ledger import Ledger
from logdist_distributor.core.packet import Crowd, Packet, Ticket, Waiter, payload_bytes
from logdist_distributor.core.recent import RecentIds
from logdist_distributor.errors import SpoolBehind, SpoolFull


class Admission:
    """Takes whole requests or nothing of them. `spooled_bytes` is what the spool holds, dead letters included."""

    def __init__(self, backlog: Backlog, ledger: Ledger, *, is_safe: bool, spool_bytes_max: int) -> None:
        self.backlog = backlog
        self.ledger = ledger
        self.is_safe = is_safe
        self.spool_bytes_max = spool_bytes_max
        self.recent = RecentIds()
        self.fresh: list[Packet] = []
        self.spooled_bytes = 0
        self.plenty_bytes = 0  # payload in memory below which there is room without a closer look
        self.spool_holds(0)

    def spool_holds(self, spooled_bytes: int) -> None:
        """Tell what is on disk now."""
        self.spooled_bytes = spooled_bytes
        self.plenty_bytes = min(self.backlog.memory_bytes, self.spool_bytes_max - spooled_bytes)

    def accept(self, packets: list[Packet], waiter: Waiter) -> None:
        """Take these packets, all or none; `waiter` is settled once all of them are safe.

        A repeat of a recent packet is not delivered again: it waits for what became of the first.
        Raises SpoolFull or SpoolBehind; then nothing was taken.
        """
        size = payload_bytes(packets)
        self.check_room(size)
        self.backlog.held_bytes += size
        if len(packets) > 1:
            waiter = Ticket(len(packets), waiter)
        first_with, older, enter = self.recent.younger.setdefault, self.recent.older, self.fresh.append
        for packet in packets:
            packet.waiter = waiter
            if first_with(packet.id, packet) is packet and packet.id not in older:
                enter(packet)
            else:
                self._repeat(packet)

    def accept_one(self, packet: Packet) -> None:
        """The same for one packet that knows its waiter: what the fast lane does ten thousand times a second."""
        size = len(packet.body)  # type: ignore[arg-type]  # a packet that arrives has its body
        if self.backlog.held_bytes + size > self.plenty_bytes:
            self.check_room(size)
        self.backlog.held_bytes += size
        if self.recent.younger.setdefault(packet.id, packet) is packet and packet.id not in self.recent.older:
            self.fresh.append(packet)
        else:
            self._repeat(packet)

    def check_room(self, size: int) -> None:
        """Raises SpoolFull or SpoolBehind where so many bytes more could not be taken now."""
        backlog = self.backlog
        unsafe = backlog.held_bytes - backlog.held_spooled_bytes + size
        limit = self.spool_bytes_max if self.is_safe else backlog.memory_bytes
        if self.spooled_bytes + unsafe > limit:
            raise SpoolFull(used_bytes=self.spooled_bytes + unsafe - size, limit_bytes=limit)
        if unsafe > backlog.memory_bytes and unsafe > size:
            raise SpoolBehind(unsafe_bytes=unsafe - size, limit_bytes=backlog.memory_bytes)

    def take(self) -> list[Packet]:
        """What has entered since the last call."""
        fresh, self.fresh = self.fresh, []
        self.recent.turn_when_full()
        return fresh

    def _repeat(self, packet: Packet) -> None:
        self.ledger.repeats += 1
        self.backlog.held_bytes -= len(packet.body or b"")
        waiter, recent = packet.waiter, self.recent
        first = recent.older.get(packet.id, recent.younger[packet.id])
        recent.younger[packet.id] = first
        if waiter is None:
            return
        if first is None or first.body is None or first.is_spooled or not self.is_safe:
            waiter.settle()
        elif isinstance(first.waiter, Crowd):
            first.waiter.waiters.append(waiter)
        else:
            first.waiter = Crowd(first.waiter, waiter) if first.waiter is not None else waiter
