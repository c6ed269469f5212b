"""What the spool is to write next: the packets that were not delivered in time, and what may be forgotten.

A packet not delivered within `spool_after_s` joins the next group. One group is written at a time, and what comes
meanwhile gathers for the next: group commit. Sequence numbers grow in the order of arrival.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from logdist_distributor.core.packet import Packet

REMOVALS_REST_S: Final = 0.2  # removals alone are in no hurry: at worst a crash delivers those packets again
BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)  # after the first, second, ... commit in a row that failed


class DeadLetter(msgspec.Struct, frozen=True):
    """A packet that an analyser refused for good, and why. `died_ms` is wall time, set when it is written."""

    key: int
    id: str
    analyser: str
    error: str
    body: bytes
    died_ms: int = 0


Removal = tuple[int, int]  # of a settled packet: its sequence number, and the bytes that are free then


class Group(msgspec.Struct, eq=False):
    """One transaction. `puts` carries the bytes, for a packet may be delivered while the group is written."""

    packets: list[Packet]
    puts: list[tuple[int, bytes]]
    removals: list[Removal]
    dying: list[Packet]
    dead: list[DeadLetter]
    deletions: list[int]

    @property
    def is_empty(self) -> bool:
        return self.is_only_removals and not self.removals

    @property
    def is_only_removals(self) -> bool:
        return not (self.puts or self.dead or self.deletions)


class SpoolState(msgspec.Struct, frozen=True):
    """What is on disk after the last commit."""

    packets: int = 0
    bytes: int = 0  # payload of the packets
    dead: int = 0
    dead_bytes: int = 0  # payload of the dead letters, which take room too
    next_seq: int = 0
    next_dead: int = 0


class Commits:
    """Gathers the next group."""

    def __init__(self, state: SpoolState, *, spool_after_s: float) -> None:
        self.state = state
        self.spool_after_s = spool_after_s
        self.next_seq = state.next_seq
        self.next_dead = state.next_dead
        self.unsafe: deque[tuple[float, list[Packet]]] = deque()
        self.removals: list[Removal] = []
        self.dying: list[tuple[Packet, DeadLetter]] = []
        self.deletions: list[int] = []
        self.writing: Group | None = None
        self.failures = 0
        self.not_before_s = 0.0
        self.is_urgent = False
        self.removals_not_before_s = 0.0

    @property
    def is_waiting(self) -> bool:
        """Is there anything to write, now or soon?"""
        return bool(self.unsafe or self.removals or self.dying or self.deletions)

    def gather(self, now_s: float, packets: list[Packet]) -> None:
        """These arrived; each needs the disk unless it is delivered first."""
        self.unsafe.append((now_s, packets))

    def bury(self, packet: Packet, analyser: str, error: str) -> None:
        """Make a dead letter of a packet, and forget the packet."""
        letter = DeadLetter(self.next_dead, packet.id, analyser, error, packet.body or b"")
        self.next_dead += 1
        self.dying.append((packet, letter))

    def exhume(self, key: int, now_s: float, packet: Packet) -> None:
        """A dead letter becomes a packet again: both must be in one group, so the next takes everything."""
        self.deletions.append(key)
        self.unsafe.append((now_s, [packet]))
        self.is_urgent = True

    def next_group(self, now_s: float, *, everything: bool = False) -> Group | None:
        """The group to write now; None while one is being written, while the disk is given a rest, or for nothing."""
        if self.writing is not None or now_s < self.not_before_s:
            return None
        everything = everything or self.is_urgent
        packets = list(self._due(float("inf") if everything else now_s - self.spool_after_s))
        for packet in packets:
            if packet.seq < 0:
                packet.seq = self.next_seq
                self.next_seq += 1
        group = Group(
            packets=packets,
            puts=[(packet.seq, packet.body) for packet in packets if packet.body is not None],
            removals=self.removals,
            dying=[packet for packet, _ in self.dying],
            dead=[letter for _, letter in self.dying],
            deletions=self.deletions,
        )
        if group.is_empty or (group.is_only_removals and now_s < self.removals_not_before_s and not everything):
            return None
        self.removals_not_before_s = now_s + REMOVALS_REST_S
        self.removals, self.dying, self.deletions, self.is_urgent = [], [], [], False
        self.writing = group
        return group

    def written(self, state: SpoolState) -> None:
        self.writing = None
        self.failures = 0
        self.state = state

    def failed(self, group: Group, now_s: float) -> None:
        """Nothing of the group is known to be on disk. All of it is tried again, after a rest."""
        self.writing = None
        self.not_before_s = now_s + BACKOFF_S[min(self.failures, len(BACKOFF_S) - 1)]
        self.failures += 1
        self.unsafe.appendleft((0.0, group.packets))
        self.removals = group.removals + self.removals
        self.dying = list(zip(group.dying, group.dead, strict=True)) + self.dying
        self.deletions = group.deletions + self.deletions
        self.is_urgent = bool(self.deletions)

    def _due(self, until_s: float) -> Iterator[Packet]:
        unsafe = self.unsafe
        while unsafe and unsafe[0][0] <= until_s:
            for packet in unsafe.popleft()[1]:
                if packet.body is not None and not packet.is_spooled and not packet.is_dying:
                    yield packet
