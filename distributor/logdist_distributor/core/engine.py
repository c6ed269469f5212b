"""From accepted to settled: the one place where a packet changes hands.

    accept -> backlog -> deal -> lane -> batch -> delivered | refused | failed (back to the front)
       '-------> commits -> spool (what is not delivered in time)

Pure: no clock, no IO, no logging. Time enters as `now_s`. delivery/ sends the batches that `dispatch` returns and
reports what became of them; spool/ writes the groups of `next_group`. Choosing, charging and reserving is one
synchronous step.
"""

from collections.abc import Iterable
from typing import Final

from logdist_distributor.core.admission import Admission
from logdist_distributor.core.backlog import Backlog
from logdist_distributor.core.commits import Commits, DeadLetter, Group, SpoolState
from logdist_distributor.core.fleet import Fleet
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.ledger import Ledger
from logdist_distributor.core.packet import Batch, Packet, Waiter
from logdist_distributor.core.registry import Snapshot, check_succession, inherit
from logdist_distributor.core.standing import Event, State
from logdist_distributor.errors import LogdistError, NoLane

SPOOL_AFTER_S: Final = 0.005


class Engine:
    """All packets between a sender and an analyser.

    With `is_safe` a sender is answered once its packet is delivered or on disk; without, at once.
    """

    def __init__(
        self, *, is_safe: bool, memory_bytes: int, spool_bytes: int, state: SpoolState, known_ids: Iterable[str] = ()
    ) -> None:
        self.is_safe = is_safe
        self.now_s = 0.0
        self.backlog = Backlog(memory_bytes=memory_bytes, tail_packets=state.packets, tail_bytes=state.bytes)
        self.commits = Commits(state, spool_after_s=SPOOL_AFTER_S)
        self.fleet = Fleet()
        self.ledger = Ledger(restored=state.packets + state.dead, dead=state.dead)
        self.admission = Admission(self.backlog, self.ledger, is_safe=is_safe, spool_bytes_max=spool_bytes)
        self.admission.spool_holds(state.bytes + state.dead_bytes)
        self.touched: list[Lane] = []  # lanes that may have something to send
        for packet_id in known_ids:
            self.admission.recent.remember(packet_id, None)

    # ---- from senders

    def accept(self, packets: list[Packet], waiter: Waiter) -> None:
        """Take these packets, all or none; see Admission.accept."""
        self.admission.accept(packets, waiter)

    # ---- to analysers

    def dispatch(self, now_s: float) -> list[Batch]:
        """Deal what is queued; gives the batches to send now."""
        self.take_in(now_s)
        batches: list[Batch] = []
        while True:
            departing = self._deal() + self._departures()
            batches += departing
            if not departing or not self.backlog.queue:
                return batches

    def take_in(self, now_s: float) -> None:
        """Queue what was accepted since the last time."""
        self.now_s = now_s
        if not self.admission.fresh:
            return
        fresh = self.admission.take()
        self.ledger.accepted += len(fresh)
        messages = 0
        for packet in fresh:
            packet.accepted_s = now_s
            messages += packet.messages
        self.ledger.messages += messages
        self.backlog.enqueue(fresh)
        if self.is_safe:
            self.commits.gather(self.now_s, fresh)
        else:
            for packet in fresh:
                _settle(packet)

    def _deal(self) -> list[Batch]:
        """Deal until the queue is empty or nobody can take more; whole batches leave at once."""
        queue, fleet, touched = self.backlog.queue, self.fleet, self.touched
        batches: list[Batch] = []
        for lane in fleet.probing:
            if queue and not lane.in_flight and lane.analyser.wanted_weight:
                lane.split.append([queue.popleft()])
                touched.append(lane)
        pick = fleet.pick
        try:
            while queue:
                packet = queue[0]
                lane = pick(packet.cost)
                waiting = lane.waiting
                if not waiting:
                    touched.append(lane)
                waiting.append(queue.popleft())
                # What is queued has its body; asking would cost something for each packet.
                lane.waiting_bytes = waiting_bytes = lane.waiting_bytes + len(packet.body)  # type: ignore[arg-type]
                if len(waiting) >= lane.packets_max or waiting_bytes >= lane.bytes_max:
                    batch = lane.take()
                    if batch is not None:
                        batches.append(batch)
                    elif lane.is_saturated(self.now_s):
                        fleet.hold(lane)
        except NoLane:
            pass
        return batches

    def _departures(self) -> list[Batch]:
        batches: list[Batch] = []
        for lane in self.touched:
            while (batch := lane.take()) is not None:
                batches.append(batch)
            if lane.share.is_held and not lane.is_full:
                self.fleet.release(lane)
        self.touched.clear()
        return batches

    def delivered(self, batch: Batch, rejected: dict[str, str], now_s: float) -> None:
        """The analyser has the batch, but for those it rejected for good: id -> error."""
        lane = self._landed(batch, now_s)
        analyser = lane.analyser
        packets = batch.packets
        if rejected:
            packets = [packet for packet in packets if packet.id not in rejected]
            for packet in batch.packets:
                if packet.id in rejected:
                    self._bury(packet, lane, rejected[packet.id])
        cost = 0
        for packet in packets:
            cost += packet.cost
            if packet.seq >= 0:
                self._forget(packet)
            packet.body = None
            packet.lane = lane
            waiter = packet.waiter
            if waiter is not None:
                packet.waiter = None
                waiter.settle()
        self.backlog.held_bytes -= batch.size_bytes
        self.ledger.delivered += len(packets)
        analyser.delivered += len(packets)
        lane.delivered += len(packets)
        analyser.cost_delivered += cost
        if not lane.standing.is_beyond_doubt:
            self._feed(lane, Event.DELIVERED, "", now_s)

    def refused(self, batch: Batch, error: str, now_s: float) -> None:
        """The analyser calls the request bad for good: halve it to find the culprit, which becomes a dead letter."""
        lane = self._landed(batch, now_s)
        packets = batch.packets
        if len(packets) == 1:
            self.backlog.held_bytes -= batch.size_bytes
            self._bury(packets[0], lane, error)
        elif lane.is_retired or lane.standing.state is not State.ADMITTED:
            self.backlog.requeue(packets)
        else:
            middle = len(packets) // 2
            lane.split.extendleft((packets[middle:], packets[:middle]))

    def failed(self, batch: Batch, event: Event, reason: str, now_s: float) -> None:
        """The request failed, or nobody knows: its packets go back to the front and are dealt to others."""
        lane = self._landed(batch, now_s)
        self.ledger.requeued += len(batch.packets)
        lane.analyser.requeued += len(batch.packets)
        returned = self.fleet.feed(lane, event, reason, now_s)
        self.backlog.requeue(batch.packets + returned)

    def checked(self, lane: Lane, problem: str, now_s: float) -> None:
        """An active check passed (no problem) or failed."""
        self._feed(lane, Event.CHECK_FAILED if problem else Event.CHECK_PASSED, problem, now_s)

    def apply(self, snapshot: Snapshot, now_s: float) -> None:
        """Replace the registry. Raises StaleGeneration or RegistryRefused; then the last good one stays."""
        held = self.fleet.snapshot
        check_succession(held, snapshot)
        snapshot = inherit(snapshot, held)
        if (snapshot.digest, snapshot.credentials) != (held.digest, held.credentials) or not held.digest:
            self.backlog.requeue(self.fleet.apply(snapshot, now_s))
            self.touched.extend(self.fleet.lanes())
        self.fleet.snapshot = snapshot

    # ---- to and from the spool

    def next_group(self, now_s: float, *, everything: bool = False) -> Group | None:
        """What to write now, or None. One group at a time: report `committed` or `commit_failed`."""
        return self.commits.next_group(now_s, everything=everything)

    def committed(self, group: Group, state: SpoolState) -> None:
        """The group is on disk: answer those who waited for that."""
        self.commits.written(state)
        self.admission.spool_holds(state.bytes + state.dead_bytes)
        for packet, (_, body) in zip(group.packets, group.puts, strict=True):
            packet.is_spooled = True
            if packet.body is None or packet.is_dying:
                continue  # settled meanwhile: its removal is in the next group
            if packet.is_overflow:
                self.backlog.overflowed(packet, len(body))
                packet.body = None
            else:
                self.backlog.held_spooled_bytes += len(body)
            _settle(packet)
        for packet in group.dying:
            packet.body = None
            _settle(packet)

    def commit_failed(self, group: Group, error: LogdistError, now_s: float) -> None:
        """The disk refused the group. Senders are told; the packets stay, and a repeat of one waits for it."""
        self.commits.failed(group, now_s)
        self.backlog.keep(group.packets)
        for packet in group.packets + group.dying:
            if packet.waiter is not None:
                packet.waiter.refuse(error)
                packet.waiter = None

    def refill(self, packets: list[Packet], now_s: float) -> None:
        """The front of the tail, read back from the spool in order."""
        for packet in packets:
            packet.accepted_s = now_s
            packet.is_spooled = True
        self.backlog.refill(packets)

    def replay(self, letter: DeadLetter, packet: Packet, now_s: float) -> None:
        """Send a dead letter again."""
        self.ledger.dead -= 1
        packet.accepted_s = now_s
        self.backlog.held_bytes += len(letter.body)
        self.backlog.enqueue([packet])
        self.commits.exhume(letter.key, now_s, packet)

    def discard(self, key: int) -> None:
        """Delete a dead letter. It stays counted as dead."""
        self.commits.deletions.append(key)

    # ---- what is where

    def queued(self) -> int:
        """Packets not yet sent: in the queue, the tail, on their way to it, and dealt to lanes."""
        backlog = self.backlog
        dealt = sum(lane.waiting_packets for lane in self.fleet.lanes())
        return len(backlog.queue) + backlog.tail_packets + backlog.overflowing + dealt

    def in_flight(self) -> int:
        """Packets sent and not yet answered."""
        lanes = (*self.fleet.lanes(), *self.fleet.retired)
        return sum(lane.in_flight_packets for lane in lanes)

    def imbalance(self) -> int:
        """By how many packets the ledger is off: 0 at every instant, or a packet was lost or counted twice."""
        return self.ledger.owed() - self.queued() - self.in_flight()

    def oldest_s(self) -> float | None:
        """When the oldest unsettled packet in memory was accepted."""
        heads = [lane.oldest_s for lane in (*self.fleet.lanes(), *self.fleet.retired)]
        if self.backlog.queue:
            heads.append(self.backlog.queue[0].accepted_s)
        return min((head for head in heads if head is not None), default=None)

    def _landed(self, batch: Batch, now_s: float) -> Lane:
        self.now_s = now_s
        lane = batch.lane
        lane.in_flight.remove(batch)
        if lane.is_retired and not lane.in_flight:
            self.fleet.forget(lane)
        self.touched.append(lane)
        return lane

    def _feed(self, lane: Lane, event: Event, reason: str, now_s: float) -> None:
        returned = self.fleet.feed(lane, event, reason, now_s)
        if returned:
            self.backlog.requeue(returned)

    def _bury(self, packet: Packet, lane: Lane, error: str) -> None:
        self.ledger.dead += 1
        lane.analyser.dead += 1
        self.commits.bury(packet, lane.analyser.entry.uid, error)
        packet.is_dying = True
        packet.lane = lane
        if packet.seq >= 0:
            self._forget(packet)

    def _forget(self, packet: Packet) -> None:
        """A packet that is, or is about to be, on disk is settled: it may be removed there."""
        size = len(packet.body or b"")
        if packet.is_spooled:
            self.backlog.held_spooled_bytes -= size
        self.commits.removals.append((packet.seq, size))


def _settle(packet: Packet) -> None:
    if packet.waiter is not None:
        packet.waiter.settle()
        packet.waiter = None
