"""Deficit weighted round robin: who gets the next packet. Called by the fleet, once a packet.

`deficit = sent - expected` and `expected = total * weight / sum(weights)`. A packet goes to a share that is behind
once this packet counts in `expected`, and among those to the one whose next packet is due first. Two heaps make it
O(log n): *waiting* by the moment a share falls behind (`sent / weight`), *eligible* by deadline.

A heap entry is valid only while its share still points at it, so leaving a heap costs nothing.
Pure: no clock, no IO.
"""

from heapq import heapify, heappop, heappush, heappushpop
from typing import Final, Generic, TypeVar

from logdist_distributor.errors import NoLane

CATCH_UP_PACKETS: Final = 1000  # what a saturated share may claim later, in packets of the largest cost
RENORMALISE_ABOVE: Final = 2.0**40  # `sent` shrinks by whole rounds before a float could lose a unit

Target = TypeVar("Target")
Entry = tuple[float, int, "Share[Target]"]


class Share(Generic[Target]):
    """One receiver's part of the deal. `weight` is at least 1; `target` is whatever the caller deals to."""

    __slots__ = ("entry", "is_held", "lag", "left_at", "sent", "target", "tie", "weight")

    def __init__(self, target: Target, weight: int) -> None:
        self.target = target
        self.weight = weight
        self.sent: float = 0  # relative to the last rebase
        self.tie = 0
        self.entry: Entry[Target] | None = None
        self.is_held = False
        self.lag: float = 0  # cost it was behind when it was last held or released
        self.left_at: float = 0  # while held: `dealt` at that moment


class Deal(Generic[Target]):
    """Deals costs to shares by weight.

    While the set is unchanged and no share is held, no share is ever more than the largest cost away from its part.
    Source: Tijdeman 1980 (the bound); Stoica and Abdel-Wahab 1995 (eligible earliest deadline first).
    """

    def __init__(self) -> None:
        self.rebase([])

    def rebase(self, shares: list[Share[Target]]) -> None:
        """Start level with these shares: history never turns into a flood. Held shares stay held. O(n)."""
        self.shares = shares
        self.dealt: float = 0
        self.largest: int = 1
        self.total: float = 0
        self.weight_all = sum(share.weight for share in shares)
        self.weight = sum(share.weight for share in shares if not share.is_held)
        for tie, share in enumerate(shares):
            share.tie, share.sent, share.lag, share.left_at = tie, 0, 0, 0
        self._rebuild()

    def pick(self, cost: int) -> Share[Target]:
        """Choose the share for a packet of `cost` units and charge it. O(log n).

        Raises NoLane when every share is held or there is none; then nothing is charged.
        """
        if cost > self.largest:
            self.largest = cost  # every deadline moves; seldom, since only a record does this
            self._rebuild()
        if not self.weight:
            raise NoLane
        total = self.total + cost
        virtual = total / self.weight
        waiting, eligible = self.waiting, self.eligible
        entry = None  # the last to fall behind: pushed in the same step as the choice is popped
        while waiting and waiting[0][0] < virtual:
            behind = heappop(waiting)
            share = behind[2]
            if share.entry is behind:
                if entry is not None:
                    heappush(eligible, entry)
                share.entry = entry = ((share.sent + self.largest) / share.weight, share.tie, share)
        entry = heappop(eligible) if entry is None else heappushpop(eligible, entry)
        share = entry[2]
        while share.entry is not entry or share.sent / share.weight >= virtual:
            if share.entry is entry:  # no longer behind: a hold or a release moved the others
                self._wait(share)
            entry = heappop(eligible)
            share = entry[2]
        self.total = total
        self.dealt += cost
        share.sent += cost
        share.entry = entry = (share.sent / share.weight, share.tie, share)
        heappush(waiting, entry)
        if total > RENORMALISE_ABOVE:
            self._renormalise()
        return share

    def hold(self, share: Share[Target]) -> None:
        """Skip this share until it is released (its lane is full). The others' bound holds among themselves."""
        if share.is_held:
            return
        share.is_held = True
        share.lag = self.total / self.weight * share.weight - share.sent
        share.left_at = self.dealt
        share.entry = None
        self.total -= share.sent
        self.weight -= share.weight

    def release(self, share: Share[Target]) -> None:
        """Deal to this share again. What it missed is owed to it, up to CATCH_UP_PACKETS of the largest cost."""
        if not share.is_held:
            return
        share.is_held = False
        missed = (self.dealt - share.left_at) * share.weight / self.weight_all
        share.lag = min(share.lag + missed, CATCH_UP_PACKETS * self.largest)
        level = self.total / self.weight if self.weight else 0.0
        share.sent = level * share.weight - share.lag
        self.total += share.sent
        self.weight += share.weight
        self._wait(share)

    def _wait(self, share: Share[Target]) -> None:
        share.entry = entry = (share.sent / share.weight, share.tie, share)
        heappush(self.waiting, entry)

    def _rebuild(self) -> None:
        self.eligible: list[Entry[Target]] = []
        self.waiting: list[Entry[Target]] = []
        for share in self.shares:
            if not share.is_held:
                share.entry = entry = (share.sent / share.weight, share.tie, share)
                self.waiting.append(entry)
        heapify(self.waiting)

    def _renormalise(self) -> None:
        """Take whole rounds off everybody: every deficit stays as it is."""
        rounds = int(self.total / self.weight)
        for share in self.shares:
            if not share.is_held:
                share.sent -= rounds * share.weight
        self.total -= rounds * self.weight
        self._rebuild()
