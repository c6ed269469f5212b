"""What travels through the core: packets, the senders that wait for them, and the batches they leave in."""

from typing import TYPE_CHECKING, Protocol

import msgspec

from logdist_distributor.errors import LogdistError

if TYPE_CHECKING:
    from logdist_distributor.core.lane import Lane


class Waiter(Protocol):
    """A sender waiting for its answer."""

    def settle(self) -> None:
        """The packet is safe: delivered, or fsynced."""

    def refuse(self, error: LogdistError) -> None:
        """The packet could not be made safe; the sender must send it again."""


class Packet(msgspec.Struct, gc=False, eq=False):
    """One packet, from its arrival until it is settled. `body` is the JSON it came in, and None once settled.

    Not tracked by the garbage collector (hundreds of thousands live in the window of recent ids), so whoever
    settles a packet must also drop its waiter.
    """

    id: str
    body: bytes | None
    cost: int
    messages: int = 0
    accepted_s: float = 0
    waiter: Waiter | None = None
    seq: int = -1  # its place in the spool; -1 before it is given one
    is_spooled: bool = False  # on disk, and so safe
    is_overflow: bool = False  # memory is full: leaves memory once it is on disk
    is_dying: bool = False  # refused for good, its dead letter not yet on disk
    lane: "Lane | None" = None  # that settled it; set no earlier, for a lane holds packets and a cycle would leak


class Ticket:
    """A request of several packets: answered once all of them are safe, or with the first refusal."""

    __slots__ = ("pending", "waiter")

    def __init__(self, packets: int, waiter: Waiter) -> None:
        self.pending = packets
        self.waiter: Waiter | None = waiter

    def settle(self) -> None:
        self.pending -= 1
        if not self.pending and self.waiter is not None:
            self.waiter.settle()

    def refuse(self, error: LogdistError) -> None:
        if self.waiter is not None:
            self.waiter.refuse(error)
            self.waiter = None


class Crowd:
    """Several waiters for the same packet: the later ones sent a repeat before the first was answered.

    A flat list, for they may be thousands.
    """

    __slots__ = ("waiters",)

    def __init__(self, *waiters: Waiter) -> None:
        self.waiters = list(waiters)

    def settle(self) -> None:
        for waiter in self.waiters:
            waiter.settle()

    def refuse(self, error: LogdistError) -> None:
        for waiter in self.waiters:
            waiter.refuse(error)


class Batch(msgspec.Struct, eq=False):
    """What leaves in one request. `size_bytes` counts payload."""

    lane: "Lane"
    packets: list[Packet]
    size_bytes: int


def payload_bytes(packets: list[Packet]) -> int:
    """Bytes of payload these packets still hold."""
    return sum([len(packet.body or b"") for packet in packets])  # a list is quicker than a generator
