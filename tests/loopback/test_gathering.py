"""Packets that come one after the other leave together, and none waits for long: turns of the loop are counted."""

import asyncio

import pytest

from logdist_distributor.core.commits import SpoolState
from logdist_distributor.core.engine import Engine
from logdist_distributor.core.packet import Batch, Packet
from logdist_distributor.delivery.runner import TURNS_MAX, Runner
from logdist_distributor.errors import LogdistError


class Recorded(Engine):
    """Tells how many packets each dispatch found."""

    def __init__(self) -> None:
        super().__init__(is_safe=True, memory_bytes=1 << 20, spool_bytes=1 << 20, state=SpoolState())
        self.found: list[int] = []

    def dispatch(self, now_s: float) -> list[Batch]:
        self.found.append(len(self.admission.fresh))
        return super().dispatch(now_s)


class Sender:
    def settle(self) -> None:
        """Nothing is delivered here."""

    def refuse(self, error: LogdistError) -> None:
        raise error


async def send(packets_a_turn: list[int]) -> list[int]:
    """So many packets come in one turn of the loop after the other; gives what each dispatch found until then."""
    engine = Recorded()
    runner = Runner(engine)
    for turn, packets in enumerate(packets_a_turn):
        for number in range(packets):
            engine.accept([Packet(f"{turn}-{number}", b"{}", 1)], Sender())
            runner.wake()
        await asyncio.sleep(0)  # one turn
    return engine.found[:]


@pytest.mark.parametrize("turns", [2, 5, TURNS_MAX])
def test_packets_that_keep_coming_are_dealt_together(turns: int) -> None:
    found = asyncio.run(send([3] * turns + [0] * 3))
    assert found == [3 * turns]


def test_a_packet_alone_is_dealt_in_the_turn_after_the_next() -> None:
    assert asyncio.run(send([1])) == []
    assert asyncio.run(send([1, 0])) == [1]


def test_a_stream_without_end_is_dealt_every_few_turns() -> None:
    found = asyncio.run(send([1] * 20 * TURNS_MAX))
    assert len(found) >= 16
    assert max(found) <= TURNS_MAX + 2
