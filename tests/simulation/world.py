"""The whole core on simulated time, disk, senders and analysers, driven by one seed.

The four promises are checked after every step: nothing acknowledged is lost, shares are exact, failures are boring
(everything is delivered once the world is healthy again), and the ledger balances.
"""

import heapq
import itertools
import random
from collections.abc import Callable

import msgspec
from actors import HABITS, Sender, SimulatedEndpoint

from logdist_distributor.core.commits import Group
from logdist_distributor.core.engine import Engine
from logdist_distributor.core.packet import Packet, payload_bytes
from logdist_distributor.core.registry import AnalyserEntry, BatchLimits, HealthCheck, Snapshot
from logdist_distributor.errors import SpoolFailed
from logdist_distributor.spool.memory import MemorySpool

TURMOIL_S = 3.0
HEALING_S = 60.0
ROUNDING = 1e-6


class World:
    """One simulation. `run` raises AssertionError when a promise is broken."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.now_s = 0.0
        self.packets_a_sender = 40
        self.is_calm = False
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.disk = MemorySpool()
        self.is_disk_broken = False
        self.writing: Group | None = None
        self.acknowledged: set[str] = set()
        self.received: set[str] = set()
        self.dead: set[str] = set()
        self.endpoints: dict[str, SimulatedEndpoint] = {}
        self.generation = 0
        self.weights: dict[str, int] = {"a": 1, "b": self.random.choice((1, 6)), "c": 3}
        self.memory_bytes = self.random.choice((300, 3_000, 1 << 20))
        self.spool_bytes = self.random.choice((2_000, 1 << 20))
        self.life = 0
        self.senders = [Sender(self, str(number)) for number in range(self.random.randint(1, 8))]
        self.start()
        for sender in self.senders:
            self.later(self.random.uniform(0, 0.1), sender.send)
        self.later(0.05, self.trouble)

    # ---- time

    def later(self, delay_s: float, action: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (self.now_s + delay_s, next(self.order), action))

    def later_in_life(self, delay_s: float, action: Callable[[], None]) -> None:
        """The same, unless the process has crashed by then."""
        life = self.life
        self.later(delay_s, lambda: action() if self.life == life else None)

    def run(self) -> None:
        while self.agenda and self.now_s < TURMOIL_S + HEALING_S:
            self.now_s, _, action = heapq.heappop(self.agenda)
            if self.now_s > TURMOIL_S and not self.is_calm:
                self.heal()
            action()
            self.check()
            if self.is_calm and self.is_done():
                return
        raise AssertionError(f"not everything was delivered: {self.engine.queued()} queued at the end")

    def is_done(self) -> bool:
        engine = self.engine
        all_sent = all(sender.sent >= self.packets_a_sender and not sender.outstanding for sender in self.senders)
        moving = engine.queued() or engine.in_flight() or engine.admission.fresh
        return all_sent and not moving and not self.disk.packets  # what is delivered leaves the disk too

    # ---- the process

    def start(self) -> None:
        """A process starts on whatever the disk holds."""
        state = self.disk.state()
        known_ids = [msgspec.json.decode(body)["id"] for body in self.disk.recent_bodies(1000)]
        self.engine = Engine(
            is_safe=True,
            memory_bytes=self.memory_bytes,
            spool_bytes=self.spool_bytes,
            state=state,
            known_ids=known_ids,
        )
        self.publish()
        self.later_in_life(0.001, self.look_at_disk)
        self.later_in_life(1.0, self.tick)
        self.later_in_life(0.1, self.check_health)

    def crash(self) -> None:
        """Killed between any two steps. A commit under way is on disk whole, or not at all."""
        if self.writing is not None and self.random.random() < 0.5:
            self.disk.commit(self.writing)
        self.writing = None
        self.life += 1
        self.start()
        for sender in self.senders:
            if sender.outstanding:
                sender.retry_later()

    def wake(self) -> None:
        self.later_in_life(0, self.dispatch)

    def dispatch(self) -> None:
        for batch in self.engine.dispatch(self.now_s):
            self.endpoints[batch.lane.endpoint].answer(self, batch)

    def tick(self) -> None:
        self.engine.fleet.tick(self.now_s)
        self.later_in_life(1.0, self.tick)

    def check_health(self) -> None:
        for lane in list(self.engine.fleet.lanes()):
            self.engine.checked(lane, self.endpoints[lane.endpoint].problem(), self.now_s)
        self.wake()
        self.later_in_life(0.1, self.check_health)

    def publish(self) -> None:
        self.generation += 1
        check = HealthCheck(interval_ms=100, unhealthy_threshold=2, healthy_threshold=1, slow_start_ms=500)
        limits = BatchLimits(max_packets=self.random.choice((1, 3, 10)), max_bytes=1000)
        entries = []
        for name, weight in self.weights.items():
            urls = [f"http://{name}:{number}" for number in range(self.random.choice((1, 1, 2)))]
            for url in urls:
                self.endpoints.setdefault(url, SimulatedEndpoint(self.random))
            entries.append(
                AnalyserEntry(
                    uid=name, name=name, namespace="d", endpoints=urls, weight=weight, batch=limits, health_check=check
                )
            )
        snapshot = Snapshot(self.generation, str(self.generation), entries, allow_shrink=True)
        self.engine.apply(snapshot, self.now_s)
        self.wake()

    # ---- the disk

    def look_at_disk(self) -> None:
        self.later_in_life(0.005, self.look_at_disk)
        group = self.engine.next_group(self.now_s)
        if group is not None:
            self.writing = group
            self.later_in_life(self.random.choice((0.001, 0.02)), lambda: self.finish_commit(group))
        backlog = self.engine.backlog
        if backlog.wants_reading():
            backlog.is_reading = True
            self.later_in_life(0.002, self.finish_read)

    def finish_commit(self, group: Group) -> None:
        self.writing = None
        if self.is_disk_broken:
            self.engine.commit_failed(group, SpoolFailed("no space left"), self.now_s)
        else:
            for seq, size in group.removals:
                body = self.disk.packets.get(seq)
                if body is not None:
                    assert len(body) == size
                    packet_id = msgspec.json.decode(body)["id"]
                    assert packet_id in self.received or packet_id in self.dead | {dead.id for dead in group.dead}
            self.dead |= {letter.id for letter in group.dead}
            self.engine.committed(group, self.disk.commit(group))
        self.wake()

    def finish_read(self) -> None:
        packets = []
        for seq, body in self.disk.read(self.engine.backlog.tail_from, self.engine.backlog.read_bytes):
            packet = self.make_packet(msgspec.json.decode(body)["id"])
            packet.seq = seq
            packets.append(packet)
        before = [packet.seq for packet in self.engine.backlog.queue if packet.is_spooled]
        assert packets, "the tail is not on disk"
        assert [packet.seq for packet in packets] == sorted(packet.seq for packet in packets)
        assert not {packet.seq for packet in packets} & set(before), "a packet was read back twice"
        self.engine.refill(packets, self.now_s)
        self.wake()

    def make_packet(self, packet_id: str) -> Packet:
        return Packet(packet_id, msgspec.json.encode({"id": packet_id, "pad": "x" * (len(packet_id) % 7)}), 1)

    # ---- trouble

    def trouble(self) -> None:
        if self.is_calm:
            return
        choice = self.random.random()
        if choice < 0.15:
            self.crash()
        elif choice < 0.55:
            endpoint = self.random.choice(list(self.endpoints.values()))
            endpoint.habit = self.random.choice(HABITS)
        elif choice < 0.65:
            self.is_disk_broken = not self.is_disk_broken
        elif choice < 0.85:
            self.weights[self.random.choice(["a", "b", "c", "d"])] = self.random.choice((0, 1, 2, 6))
            self.publish()
        elif len(self.weights) > 1:
            del self.weights[self.random.choice(list(self.weights))]
            self.publish()
        self.later(self.random.uniform(0.001, 0.3), self.trouble)

    def heal(self) -> None:
        self.is_calm = True
        self.is_disk_broken = False
        for endpoint in self.endpoints.values():
            endpoint.habit = "healthy"
        self.weights["a"] = 1
        self.publish()

    # ---- the promises

    def must_be_safe(self, packet_id: str) -> None:
        """Called at every 202."""
        on_disk = any(msgspec.json.decode(body)["id"] == packet_id for body in self.disk.packets.values())
        assert on_disk or packet_id in self.received or packet_id in self.dead, f"{packet_id} was acknowledged unsafe"

    def check(self) -> None:
        engine = self.engine
        assert engine.imbalance() == 0, "the ledger does not balance"
        deal = engine.fleet.deal
        never_held = not any(share.is_held or share.lag or share.left_at for share in deal.shares)
        if deal.weight and never_held:  # a hold leaves a debt, which is paid later
            for share in deal.shares:
                deficit = share.sent - deal.total * share.weight / deal.weight
                assert abs(deficit) <= deal.largest + ROUNDING, "a share is off"
        in_memory = self.packets_in_memory()
        assert engine.backlog.held_bytes == payload_bytes(in_memory), "memory is not accounted for"
        spooled = [packet for packet in in_memory if packet.is_spooled]
        assert engine.backlog.held_spooled_bytes == payload_bytes(spooled), "the disk is not accounted for"

    def packets_in_memory(self) -> list[Packet]:
        engine = self.engine
        packets = [*engine.backlog.queue, *engine.admission.fresh]
        for lane in (*engine.fleet.lanes(), *engine.fleet.retired):
            packets += lane.waiting
            packets += [
                packet for part in (*lane.split, *(batch.packets for batch in lane.in_flight)) for packet in part
            ]
        unsafe = [packet for _, group in engine.commits.unsafe for packet in group]
        writing = engine.commits.writing.packets if engine.commits.writing else []
        overflowing = {id(packet): packet for packet in (*unsafe, *writing) if packet.is_overflow}
        packets += overflowing.values()
        return packets
