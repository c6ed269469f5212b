"""The analysers of the current registry, their lanes, and who is dealt to.

Two deals nested: among analysers by weight, and within an analyser evenly among its endpoints, so that scaling an
analyser keeps its share. Only admitted endpoints take part; an analyser takes part while one of its endpoints does.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from logdist_distributor.core.deal import Deal, Share
from logdist_distributor.core.histogram import DELIVERY_BOUNDS_S, Lately
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.packet import Packet
from logdist_distributor.core.registry import EMPTY, AnalyserEntry, Credentials, Snapshot
from logdist_distributor.core.standing import Event, State

FULL_PERCENT: Final = 100
RAMP_START_PERCENT: Final = 10
SHARE_WINDOW_S: Final = 60
DELIVERY_TURN_S: Final = 30
WAITS: Final = "waits for its credentials from the operator"


class Analyser:
    """One analyser and its lanes. Counters are of this process's life; `cost_*` is in the unit of the deal."""

    def __init__(self, entry: AnalyserEntry) -> None:
        self.entry = entry
        self.credentials: Credentials | None = None  # None: it asks for none, or waits for them
        self.is_waiting = False  # for its credentials; until then it gets nothing and is not checked
        self.lanes: dict[str, Lane] = {}
        self.deal: Deal[Lane] = Deal()
        self.sole: Lane | None = None  # the only lane dealt to: the usual case needs no second deal
        self.share: Share[Analyser] = Share(self, 1)
        self.delivered = 0
        self.cost_delivered = 0
        self.requeued = 0
        self.dead = 0
        self.delivery_s = Lately(DELIVERY_BOUNDS_S)  # from sending a request to its outcome
        self.cost_history: deque[int] = deque([0], maxlen=SHARE_WINDOW_S + 1)  # one sample a second

    @property
    def wanted_weight(self) -> int:
        return 0 if self.entry.suspend else self.entry.weight

    @property
    def cost_in_window(self) -> int:
        """Cost delivered in the last SHARE_WINDOW_S."""
        return self.cost_delivered - self.cost_history[0]

    @property
    def standing(self) -> State:
        """The best standing among its endpoints; ejected when it has none."""
        states = {lane.standing.state for lane in self.lanes.values()}
        return next((state for state in (State.ADMITTED, State.PROBING) if state in states), State.EJECTED)


class Fleet:
    """Who is dealt to, and how much."""

    def __init__(self) -> None:
        self.snapshot: Snapshot = EMPTY
        self.analysers: dict[str, Analyser] = {}
        self.retired: set[Lane] = set()  # gone from the registry, their last requests still in flight
        self.probing: set[Lane] = set()
        self.ramping: set[Lane] = set()
        self.deal: Deal[Analyser] = Deal()
        self.ticks = 0

    @property
    def has_taker(self) -> bool:
        """Whether anybody is dealt to at present."""
        return bool(self.deal.shares)

    def lanes(self) -> Iterator[Lane]:
        """Every lane of the registry."""
        for analyser in self.analysers.values():
            yield from analyser.lanes.values()

    def apply(self, snapshot: Snapshot, now_s: float) -> list[Packet]:
        """Take over a snapshot. Lanes that stay keep what they hold; gives back what the others had not sent."""
        analysers, returned = {}, []
        for entry in snapshot.analysers:
            analyser = self.analysers.get(entry.uid) or Analyser(entry)
            analyser.entry = entry
            analysers[entry.uid] = analyser
            returned += self._set_endpoints(analyser, now_s)
            returned += self._entrust(analyser, snapshot.credentials.get(entry.uid), now_s)
        for uid, analyser in self.analysers.items():
            if uid not in analysers:
                returned += [packet for lane in analyser.lanes.values() for packet in self._retire(lane)]
        self.snapshot, self.analysers = snapshot, analysers
        returned += [packet for lane in self.lanes() if not lane.analyser.wanted_weight for packet in lane.clear()]
        self.refresh(now_s)
        return returned

    def feed(self, lane: Lane, event: Event, reason: str, now_s: float) -> list[Packet]:
        """Tell a lane's standing what happened. Gives back its unsent packets when the lane was ejected."""
        if reason:
            lane.failures += 1
            lane.last_error = reason
        if lane.is_retired or not lane.standing.feed(event):
            return []
        lane.since_s = now_s
        lane.ramp_from_s = now_s if lane.standing.state is State.ADMITTED else None
        self.refresh(now_s)
        return lane.clear() if lane.standing.state is State.EJECTED else []

    def refresh(self, now_s: float) -> None:
        """Deal afresh, level, to those who may be dealt to now. O(endpoints)."""
        self.probing = {lane for lane in self.lanes() if lane.standing.state is State.PROBING}
        self.ramping = {lane for lane in self.lanes() if lane.ramp_from_s is not None}
        shares = []
        for analyser in self.analysers.values():
            for lane in analyser.lanes.values():
                lane.share.weight = ramp_percent(lane, now_s)
                lane.share.is_held = lane.is_saturated(now_s)
            lanes = [lane for lane in analyser.lanes.values() if lane.standing.state is State.ADMITTED]
            analyser.share.is_held = False
            if not lanes or not analyser.wanted_weight:
                continue
            analyser.sole = lanes[0] if len(lanes) == 1 else None
            analyser.deal.rebase([lane.share for lane in lanes])
            analyser.share.weight = analyser.wanted_weight * max(lane.share.weight for lane in lanes)
            analyser.share.is_held = not analyser.deal.weight
            shares.append(analyser.share)
        self.deal.rebase(shares)

    def pick(self, cost: int) -> Lane:
        """The lane for a packet of this cost, charged. Raises NoLane."""
        analyser = self.deal.pick(cost).target
        return analyser.sole or analyser.deal.pick(cost).target

    def hold(self, lane: Lane) -> None:
        """This lane is full: deal to others."""
        analyser = lane.analyser
        analyser.deal.hold(lane.share)
        if not analyser.deal.weight:
            self.deal.hold(analyser.share)

    def release(self, lane: Lane) -> None:
        """This lane has room again."""
        if lane.share.is_held and not lane.is_retired and lane.standing.state is State.ADMITTED:
            lane.analyser.deal.release(lane.share)
            self.deal.release(lane.analyser.share)

    def tick(self, now_s: float) -> None:
        """Once a second: sample the shares, forget old delivery times, and go up the ramps of returning endpoints."""
        self.ticks += 1
        for analyser in self.analysers.values():
            analyser.cost_history.append(analyser.cost_delivered)
            if self.ticks % DELIVERY_TURN_S == 0:
                analyser.delivery_s.turn()
        if self.ramping:
            self.refresh(now_s)
            for lane in self.ramping:
                if lane.share.weight == FULL_PERCENT:
                    lane.ramp_from_s = None

    def forget(self, lane: Lane) -> None:
        """A retired lane had its last request answered."""
        self.retired.discard(lane)

    def _set_endpoints(self, analyser: Analyser, now_s: float) -> list[Packet]:
        endpoints = analyser.entry.endpoints
        gone = [lane for url, lane in analyser.lanes.items() if url not in endpoints]
        analyser.lanes = {
            endpoint: analyser.lanes.get(endpoint) or Lane(endpoint, analyser, now_s) for endpoint in endpoints
        }
        for lane in analyser.lanes.values():
            lane.configure(analyser.entry)
        return [packet for lane in gone for packet in self._retire(lane)]

    def _entrust(self, analyser: Analyser, given: Credentials | None, now_s: float) -> list[Packet]:
        """Take over its credentials: new ones are tried at once, without those it asks for it gets nothing."""
        is_news = analyser.is_waiting or given != analyser.credentials
        analyser.credentials = given
        analyser.is_waiting = bool(analyser.entry.credentials) and given is None
        if not (is_news or analyser.is_waiting):
            return []
        returned = []
        for lane in analyser.lanes.values():
            lane.last_error = WAITS if analyser.is_waiting else ""
            if lane.standing.feed(Event.WITHHELD if analyser.is_waiting else Event.GRANTED):
                lane.since_s, lane.ramp_from_s = now_s, None
                returned += lane.clear()
        return returned

    def _retire(self, lane: Lane) -> list[Packet]:
        lane.is_retired = True
        if lane.in_flight:
            self.retired.add(lane)
        return lane.clear()


def ramp_percent(lane: Lane, now_s: float) -> int:
    """How much of its share a lane gets now: all of it, or a growing part after its return."""
    slow_start_ms = lane.entry.health_check.slow_start_ms
    if lane.ramp_from_s is None or not slow_start_ms:
        return FULL_PERCENT
    passed = (now_s - lane.ramp_from_s) * 1000 / slow_start_ms
    return min(FULL_PERCENT, RAMP_START_PERCENT + int((FULL_PERCENT - RAMP_START_PERCENT) * passed))
