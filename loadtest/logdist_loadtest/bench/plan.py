"""What is run, in which order: a round is every cell once, so that whatever disturbs the machine disturbs all."""

from dataclasses import dataclass
from enum import StrEnum

from logdist_loadtest.bench.contenders import ENVOY, FSYNCED, HAPROXY, MEMORY, NGINX, SAFE, Contender
from logdist_loadtest.bench.wrk import Load

CONNECTIONS = (32, 256)
NDJSON_PACKETS = 1000


class Scenario(StrEnum):
    """Why a cell is run."""

    SIDE_BY_SIDE = "side by side"
    NEW_HEADS = "heads that never repeat"
    NDJSON = "NDJSON requests of 1,000 packets"
    FLOOD = "more NDJSON requests than the lanes hold"
    FSYNCED = "every packet fsynced"
    CHAIN = "the sample analyser receives"


# Lanes fill up in these, and a full lane is skipped: the share is shown, and not promised.
SATURATING = frozenset({Scenario.FLOOD, Scenario.FSYNCED})


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of one round."""

    scenario: Scenario
    contender: Contender
    load: Load

    @property
    def is_once(self) -> bool:
        """The chain is a picture, not a budget: the first round is enough."""
        return self.scenario is Scenario.CHAIN

    def __str__(self) -> str:
        return f"{self.scenario}: {self.contender.title}, {self.load.connections} connections"


def build_round(number: int) -> list[Cell]:
    """The cells of round `number`, counted from 1."""
    side_by_side = [
        Cell(Scenario.SIDE_BY_SIDE, contender, Load(connections))
        for connections in CONNECTIONS
        for contender in (SAFE, MEMORY, NGINX, HAPROXY, ENVOY)
    ]
    others = [
        Cell(Scenario.NEW_HEADS, SAFE, Load(256, "traceparent.lua")),
        Cell(Scenario.NDJSON, SAFE, Load(4, packets_per_request=NDJSON_PACKETS)),
        Cell(Scenario.FLOOD, SAFE, Load(32, packets_per_request=NDJSON_PACKETS)),
        Cell(Scenario.FSYNCED, FSYNCED, Load(256)),
        Cell(Scenario.CHAIN, SAFE, Load(32)),
        Cell(Scenario.CHAIN, NGINX, Load(32)),
    ]
    return [*side_by_side, *(cell for cell in others if number == 1 or not cell.is_once)]
