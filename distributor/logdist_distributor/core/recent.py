"""The window of recent packet ids: how a sender's repeat is recognised. Bounded to twice `size` ids."""

from typing import Final

from logdist_distributor.core.packet import Packet

WINDOW_IDS: Final = 65_536


class RecentIds:
    """The last `size` to `2 * size` ids, each with the packet first seen with it, or None when only the disk has that.

    Two generations, so that forgetting costs one assignment a generation.
    """

    __slots__ = ("older", "size", "younger")

    def __init__(self, size: int = WINDOW_IDS) -> None:
        self.size = size
        self.younger: dict[str, Packet | None] = {}
        self.older: dict[str, Packet | None] = {}

    def remember(self, packet_id: str, packet: Packet | None) -> None:
        self.younger[packet_id] = packet
        self.turn_when_full()

    def turn_when_full(self) -> None:
        """Forget the older generation when the younger is complete."""
        if len(self.younger) >= self.size:
            self.older = self.younger
            self.younger = {}
