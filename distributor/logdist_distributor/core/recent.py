"""The window of recent packet ids: how a sender's repeat is recognised. Bounded to twice `size` ids."""

from typing import Final

from logdist_distributor.core.packet import Packet

WINDOW_IDS: Final = 65_536


class RecentIds:
    """The last `size` to `2 * size` ids. Two generations, so that forgetting costs one assignment a generation."""

    __slots__ = ("older", "size", "younger")

    def __init__(self, size: int = WINDOW_IDS) -> None:
        self.size = size
        self.younger: dict[str, Packet | None] = {}
        self.older: dict[str, Packet | None] = {}

    def __contains__(self, packet_id: str) -> bool:
        return packet_id in self.younger or packet_id in self.older

    def __getitem__(self, packet_id: str) -> Packet | None:
        """The packet first seen with this id; None when all that is known is that it is on disk."""
        return self.younger[packet_id] if packet_id in self.younger else self.older[packet_id]

    def remember(self, packet_id: str, packet: Packet | None) -> None:
        self.younger[packet_id] = packet
        if len(self.younger) >= self.size:
            self.turn()

    def turn(self) -> None:
        """Forget the older generation."""
        self.older = self.younger
        self.younger = {}
