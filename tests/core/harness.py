"""Engines, packets and senders for the tests of the core."""

from dataclasses import dataclass, field

from logdist_distributor.core.commits import Group, SpoolState
from logdist_distributor.core.engine import SPOOL_AFTER_S, Engine
from logdist_distributor.core.packet import Packet
from logdist_distributor.core.registry import AnalyserEntry, BatchLimits, HealthCheck, Snapshot
from logdist_distributor.errors import LogdistError

LATER_S = SPOOL_AFTER_S * 2


@dataclass
class Sender:
    """Counts its answers."""

    settled: int = 0
    refusals: list[LogdistError] = field(default_factory=list)

    def settle(self) -> None:
        self.settled += 1

    def refuse(self, error: LogdistError) -> None:
        self.refusals.append(error)


def packet(name: object, size: int = 10) -> Packet:
    return Packet(str(name), b"x" * size, 1)


def packets(*names: object) -> list[Packet]:
    return [packet(name) for name in names]


def engine(
    *, memory_bytes: int = 1 << 20, spool_bytes: int = 1 << 20, is_safe: bool = True, state: SpoolState | None = None
) -> Engine:
    return Engine(is_safe=is_safe, memory_bytes=memory_bytes, spool_bytes=spool_bytes, state=state or SpoolState())


def entry(name: str, weight: int = 1, endpoints: int = 1, *, packets_max: int = 1000, **more: object) -> AnalyserEntry:
    return AnalyserEntry(
        uid=name,
        name=name,
        namespace="default",
        endpoints=[f"http://{name}:{number}" for number in range(endpoints)],
        weight=weight,
        batch=BatchLimits(max_packets=packets_max),
        health_check=HealthCheck(unhealthy_threshold=1, healthy_threshold=1, slow_start_ms=10_000),
        **more,  # type: ignore[arg-type]
    )


def registry(generation: int, *entries: AnalyserEntry, allow_shrink: bool = False) -> Snapshot:
    return Snapshot(generation, f"digest {generation}", list(entries), allow_shrink)


def written(engine: Engine, now_s: float, *, packets: int = 0) -> Group:
    """Take the next group and report it as on disk."""
    group = engine.next_group(now_s)
    assert group is not None
    engine.committed(group, SpoolState(packets=packets, next_seq=engine.commits.next_seq))
    return group


def balances(engine: Engine) -> bool:
    return engine.imbalance() == 0
