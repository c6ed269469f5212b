"""Who stands around the core in a simulation: senders and analysers, with all their bad habits."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logdist_distributor.core.packet import Batch, Packet
from logdist_distributor.core.standing import Event
from logdist_distributor.errors import LogdistError

if TYPE_CHECKING:
    from world import World

HABITS = ("healthy", "healthy", "healthy", "slow", "down", "stalls", "refuses", "takes and breaks", "lies", "rejects")
POISON = "poison"


@dataclass(eq=False)
class Sender:
    """Sends requests of a few packets, and sends each again until it is acknowledged."""

    world: World
    name: str
    sent: int = 0
    outstanding: list[str] = field(default_factory=list)
    life: int = 0  # answers of a process that has crashed reach nobody

    def send(self) -> None:
        if not self.outstanding:
            if self.sent >= self.world.packets_a_sender:
                return
            count = min(self.world.random.choice((1, 1, 1, 2, 5)), self.world.packets_a_sender - self.sent)
            self.outstanding = [self._new_id() for _ in range(count)]
        self.life += 1
        waiter = Answer(self, self.life)
        try:
            self.world.engine.accept([self.world.make_packet(packet_id) for packet_id in self.outstanding], waiter)
        except LogdistError:
            self.retry_later()
        else:
            self.world.wake()

    def retry_later(self) -> None:
        self.life += 1
        self.world.later(self.world.random.uniform(0.05, 0.5), self.send)

    def acknowledged(self) -> None:
        for packet_id in self.outstanding:
            self.world.must_be_safe(packet_id)
            self.world.acknowledged.add(packet_id)
        self.outstanding = []
        self.world.later(self.world.random.uniform(0, 0.01), self.send)

    def _new_id(self) -> str:
        self.sent += 1
        flavour = POISON if self.world.random.random() < 0.01 else "packet"
        return f"{flavour}-{self.name}-{self.sent}"


@dataclass(eq=False)
class Answer:
    """One request's waiter."""

    sender: Sender
    life: int

    def settle(self) -> None:
        assert self.life == self.sender.life or self.life < self.sender.life
        if self.life == self.sender.life:
            self.sender.life += 1  # a second answer to the same request would be a defect: see the assertion below
            self.sender.acknowledged()

    def refuse(self, _: LogdistError) -> None:
        if self.life == self.sender.life:
            self.sender.retry_later()


@dataclass(eq=False)
class SimulatedEndpoint:
    """What answers at one URL. Its habit changes while the simulation runs."""

    random: random.Random
    habit: str = "healthy"
    received: dict[str, int] = field(default_factory=dict)

    def answer(self, world: World, batch: Batch) -> None:
        """Decide what becomes of a batch, and when the distributor hears of it."""
        habit, delay = self.habit, self.random.uniform(0.0005, 0.004)
        if habit in ("healthy", "slow", "rejects"):
            delay += 0.3 * (habit == "slow")
            poisoned = [packet for packet in batch.packets if packet.id.startswith(POISON)]
            if poisoned and habit == "rejects":
                world.later_in_life(delay, lambda: self._take_all_but(world, batch, poisoned))
            elif poisoned:
                world.later_in_life(delay, lambda: world.engine.refused(batch, "400: poison", world.now_s))
            else:
                world.later_in_life(delay, lambda: self._take_all_but(world, batch, []))
        elif habit == "takes and breaks":
            self._receive(world, batch.packets)
            world.later_in_life(delay, lambda: self._fail(world, batch, Event.FAILED, "broken"))
        elif habit == "stalls":
            world.later_in_life(0.5, lambda: self._fail(world, batch, Event.TIMED_OUT, "no answer"))
        else:
            world.later_in_life(delay, lambda: self._fail(world, batch, Event.FAILED, habit))

    def problem(self) -> str:
        """What an active check finds. A liar's checks are always fine."""
        return "down" if self.habit in ("down", "stalls") else ""

    def _receive(self, world: World, packets: list[Packet]) -> None:
        for packet in packets:
            assert packet.body is not None, "a settled packet moved again"
            self.received[packet.id] = self.received.get(packet.id, 0) + 1
            world.received.add(packet.id)

    def _take_all_but(self, world: World, batch: Batch, rejected: list[Packet]) -> None:
        self._receive(world, [packet for packet in batch.packets if packet not in rejected])
        world.engine.delivered(batch, {packet.id: "poison" for packet in rejected}, world.now_s)

    def _fail(self, world: World, batch: Batch, event: Event, reason: str) -> None:
        world.engine.failed(batch, event, reason, world.now_s)
