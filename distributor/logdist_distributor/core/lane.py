"""One endpoint's lane: what has been dealt to it and not yet sent, and when the next batch may leave.

Whatever has gathered leaves when nothing is in flight; beside a request in flight only a full batch does, so that
batches grow while an analyser works and no timer is needed.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from logdist_distributor.core.deal import Share
from logdist_distributor.core.packet import Batch, Packet, payload_bytes
from logdist_distributor.core.registry import AnalyserEntry
from logdist_distributor.core.standing import Standing

if TYPE_CHECKING:
    from logdist_distributor.core.fleet import Analyser

SATURATED_S: Final = 0.1  # a full lane whose oldest packet is older is not keeping up
BURST_BATCHES: Final = 8  # what a lane holds of a burst, at most


class Lane:
    """Dealt packets of one endpoint, in order. The fleet decides who is dealt to; the runner sends what it takes."""

    __slots__ = (
        "analyser",
        "bytes_max",
        "delivered",
        "endpoint",
        "entry",
        "failures",
        "in_flight",
        "is_retired",
        "last_error",
        "packets_max",
        "ramp_from_s",
        "share",
        "since_s",
        "split",
        "standing",
        "waiting",
        "waiting_bytes",
    )

    def __init__(self, endpoint: str, analyser: "Analyser", now_s: float) -> None:
        self.endpoint = endpoint
        self.analyser = analyser
        self.waiting: list[Packet] = []
        self.waiting_bytes = 0
        self.split: deque[list[Packet]] = deque()  # parts of a refused batch, to be sent first to find the culprit
        self.in_flight: list[Batch] = []
        self.delivered = 0
        self.failures = 0
        self.last_error = ""
        self.is_retired = False  # left the registry; lives until its last request is answered
        self.since_s = now_s  # when its standing last changed
        self.ramp_from_s: float | None = None  # slow start: when it was admitted again
        self.share: Share[Lane] = Share(self, 1)  # its part of what the analyser gets
        self.standing = Standing()
        self.configure(analyser.entry)

    def configure(self, entry: AnalyserEntry) -> None:
        """Take over new limits; what has been dealt stays."""
        self.entry = entry
        self.packets_max = 1 if entry.protocol == "packet" else entry.batch.max_packets
        self.bytes_max = entry.batch.max_bytes
        check = entry.health_check
        self.standing.set_thresholds(check.unhealthy_threshold, check.healthy_threshold)

    @property
    def is_full(self) -> bool:
        """A whole batch waits."""
        return len(self.waiting) >= self.packets_max or self.waiting_bytes >= self.bytes_max

    def is_saturated(self, now_s: float) -> bool:
        """A whole batch waits and does not get away: deal to others.

        A burst is no saturation: skipping a lane that is about to be emptied would cost the analyser its share.
        """
        if not self.is_full:
            return False
        bytes_max, packets_max = self.bytes_max * BURST_BATCHES, self.packets_max * BURST_BATCHES
        is_burst = len(self.waiting) < packets_max and self.waiting_bytes < bytes_max
        return not is_burst or now_s - self.waiting[0].accepted_s > SATURATED_S

    @property
    def waiting_packets(self) -> int:
        return len(self.waiting) + sum(map(len, self.split))

    @property
    def in_flight_packets(self) -> int:
        return sum(len(batch.packets) for batch in self.in_flight)

    @property
    def oldest_s(self) -> float | None:
        """When its oldest unsettled packet was accepted."""
        heads = [self.waiting, *self.split, *(batch.packets for batch in self.in_flight)]
        return min((packets[0].accepted_s for packets in heads if packets), default=None)

    def take(self) -> Batch | None:
        """The next batch, now in flight; None when nothing may leave yet."""
        if len(self.in_flight) >= self.entry.max_in_flight:
            return None
        if self.split:
            packets = self.split.popleft()
            return self._fly(Batch(self, packets, payload_bytes(packets)))
        if not self.waiting or (self.in_flight and not self.is_full):
            return None
        packets, size_bytes = self.waiting, self.waiting_bytes
        if len(packets) > self.packets_max or size_bytes > self.bytes_max:
            packets, size_bytes = self._front()
            self.waiting = self.waiting[len(packets) :]
        else:
            self.waiting = []
        self.waiting_bytes -= size_bytes
        return self._fly(Batch(self, packets, size_bytes))

    def clear(self) -> list[Packet]:
        """Give back everything that has not been sent, in order."""
        packets = [packet for part in self.split for packet in part] + self.waiting
        self.split.clear()
        self.waiting, self.waiting_bytes = [], 0
        return packets

    def _fly(self, batch: Batch) -> Batch:
        self.in_flight.append(batch)
        return batch

    def _front(self) -> tuple[list[Packet], int]:
        """As many packets as a batch may hold, at least one."""
        taken: list[Packet] = []
        size_bytes = 0
        for packet in self.waiting[: self.packets_max]:
            size = len(packet.body or b"")
            if taken and size_bytes + size > self.bytes_max:
                break
            taken.append(packet)
            size_bytes += size
        return taken, size_bytes
