"""Where a recent packet is, by its id: the window in which repeats are recognised knows it anyway."""

from enum import StrEnum
from typing import NamedTuple

from logdist_distributor.core.lane import Lane
from logdist_distributor.core.recent import RecentIds


class Place(StrEnum):
    WAITING = "waiting"  # accepted, and at no analyser yet
    DELIVERED = "delivered"
    DEAD = "dead"  # refused for good: a dead letter
    SPOOLED = "spooled"  # went to disk for want of memory, or before this process; it is not followed from there


class Whereabouts(NamedTuple):
    place: Place
    lane: Lane | None  # that delivered it or was refused


def find(recent: RecentIds, packet_id: str) -> Whereabouts | None:
    """None: not among the last 65,536 to 131,072 packets."""
    if packet_id not in recent.younger and packet_id not in recent.older:
        return None
    packet = recent.older.get(packet_id) or recent.younger.get(packet_id)
    if packet is None or packet.is_overflow:
        return Whereabouts(Place.SPOOLED, None)
    if packet.is_dying:
        return Whereabouts(Place.DEAD, packet.lane)
    return Whereabouts(Place.DELIVERED if packet.lane else Place.WAITING, packet.lane)
