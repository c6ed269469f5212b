"""What waits to be dealt: a queue in memory, and behind it a tail that is only on disk.

Payload in memory is bounded. Once it is over the limit, what arrives goes to the tail as soon as it is on disk, and is
read back in order when there is room. The tail is always younger than the queue.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from logdist_distributor.core.packet import Packet, payload_bytes

READ_BYTES: Final = 4 << 20  # one read of the tail, at most; also at most a quarter of the memory allowed


class Backlog:
    """Queue, tail and the bytes they hold. `memory_bytes` bounds the payload of queue, lanes and requests in flight."""

    def __init__(self, *, memory_bytes: int, tail_packets: int = 0, tail_bytes: int = 0) -> None:
        self.memory_bytes = memory_bytes
        self.queue: deque[Packet] = deque()
        self.held_bytes = 0  # payload in memory, whatever its state
        self.held_spooled_bytes = 0  # of it, what is on disk too
        self.tail_packets = tail_packets
        self.tail_bytes = tail_bytes
        self.tail_from = 0  # the spool's sequence number from which the tail is read
        self.overflowing = 0  # packets on their way to the tail: in memory until they are on disk
        self.overflowing_bytes = 0
        self.is_reading = False

    @property
    def read_bytes(self) -> int:
        return max(1, min(READ_BYTES, self.memory_bytes // 4))

    @property
    def overflows(self) -> bool:
        """Does what arrives now have to go behind the tail?"""
        return bool(self.tail_packets or self.overflowing) or self.held_bytes > self.memory_bytes

    def enqueue(self, packets: list[Packet]) -> None:
        """Behind all that waits: into the queue, or on the way to the tail."""
        if not self.overflows:
            self.queue.extend(packets)
            return
        self.overflowing += len(packets)
        self.overflowing_bytes += payload_bytes(packets)
        for packet in packets:
            packet.is_overflow = True

    def requeue(self, packets: Iterable[Packet]) -> None:
        """Back to the front, in their order."""
        self.queue.extendleft(reversed(list(packets)))

    def overflowed(self, packet: Packet, size: int) -> None:
        """An overflowing packet is on disk: from here on it is only there."""
        if not self.tail_packets:
            self.tail_from = packet.seq
        self.tail_packets += 1
        self.tail_bytes += size
        self.overflowing -= 1
        self.overflowing_bytes -= size
        self.held_bytes -= size

    def keep(self, packets: list[Packet]) -> None:
        """These cannot go to the tail, for the disk fails: as long as there is no tail, they need not wait for it."""
        if self.tail_packets:
            return
        for packet in packets:
            if packet.is_overflow:
                packet.is_overflow = False
                self.overflowing -= 1
                self.overflowing_bytes -= len(packet.body or b"")
                self.queue.append(packet)

    def wants_reading(self) -> bool:
        """Is there room for the front of the tail? What waits for a failing disk must not keep it from draining."""
        dealable_bytes = self.held_bytes - self.overflowing_bytes
        return bool(self.tail_packets) and not self.is_reading and dealable_bytes <= self.memory_bytes // 2

    def refill(self, packets: list[Packet]) -> None:
        """The front of the tail, read back."""
        size = payload_bytes(packets)
        self.is_reading = False
        self.queue.extend(packets)
        self.held_bytes += size
        self.held_spooled_bytes += size
        self.tail_packets -= len(packets)
        self.tail_bytes -= size
        self.tail_from = packets[-1].seq + 1
