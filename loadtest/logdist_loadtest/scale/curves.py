"""Which points the curves have, as tables. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from logdist_loadtest.bench.contenders import HAPROXY, NGINX, PEERS, SAFE, Contender
from logdist_loadtest.bench.sinks import WEIGHTS
from logdist_loadtest.bench.wrk import EMPTY_MESSAGE_BYTES, EMPTY_PACKET_BYTES, Content, Load

CONNECTIONS: Final = 64  # where they are not what is varied
TEXT_BYTES: Final = 40  # of a message, where messages are counted
EVERYBODY: Final = (SAFE, *PEERS)


class Curve(StrEnum):
    """What is varied, by the name its axis has."""

    CONNECTIONS = "connections"
    SIZE = "bytes a packet"
    MESSAGES = "messages a packet"
    ANALYSERS = "analysers"
    PODS = "processes behind one port"


@dataclass(frozen=True, slots=True)
class Point:
    """One run of one server."""

    curve: Curve
    x: int
    contender: Contender
    load: Load
    analysers: int = len(WEIGHTS)
    workers: int = 1  # processes of the distributor or nginx, threads of the others

    def __str__(self) -> str:
        return f"{self.x:,} {self.curve}, {self.contender.title}"


STEPS: Final[dict[Curve, tuple[int, ...]]] = {
    Curve.CONNECTIONS: (8, 32, 128, 512, 1024),
    Curve.SIZE: (100, 1 << 10, 4 << 10, 16 << 10, 64 << 10),
    Curve.MESSAGES: (1, 10, 100, 1000),
    Curve.ANALYSERS: (1, 10, 100, 1000, 3000),  # two connections each, and their sinks share three ports
    Curve.PODS: (1, 2, 3, 4),
}
BACKLOGS: Final = (100_000, 300_000, 1_000_000, 3_000_000)  # packets in the spool when the process is killed
PICKS: Final = 100_000
PICK_ANALYSERS: Final = (1, 3, 10, 100, 1000, 10_000)
ABLE: Final[dict[Curve, tuple[Contender, ...]]] = {
    # Envoy takes an address once: many analysers behind few ports are few analysers to it
    Curve.ANALYSERS: (SAFE, NGINX, HAPROXY),
}


def picture_of(curve: str) -> str:
    """The file name of a curve's picture, or of the backlogs'."""
    return f"scale-{curve.split(maxsplit=1)[0]}.svg"


def build_points() -> list[Point]:
    """Every point once: what a round is. Servers take turns at each step."""
    return [
        _build(curve, x, contender)
        for curve, steps in STEPS.items()
        for x in steps
        for contender in ABLE.get(curve, EVERYBODY)
    ]


def _build(curve: Curve, x: int, contender: Contender) -> Point:
    usual = Load(CONNECTIONS)
    match curve:
        case Curve.CONNECTIONS:
            return Point(curve, x, contender, Load(x))
        case Curve.SIZE:
            content = Content(1, x - EMPTY_PACKET_BYTES - EMPTY_MESSAGE_BYTES)
            return Point(curve, x, contender, Load(CONNECTIONS, content=content))
        case Curve.MESSAGES:
            return Point(curve, x, contender, Load(CONNECTIONS, content=Content(x, TEXT_BYTES)))
        case Curve.ANALYSERS:
            return Point(curve, x, contender, usual, analysers=x)
        case Curve.PODS:
            return Point(curve, x, contender, usual, workers=x)
