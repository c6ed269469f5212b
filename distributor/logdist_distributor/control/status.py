"""What this process reports: the ledger, the queue, and every analyser's share and standing."""

from dataclasses import dataclass
from typing import Any

from logdist_distributor.control.registry import RegistryKeeper
from logdist_distributor.core.engine import Engine
from logdist_distributor.core.fleet import Analyser
from logdist_distributor.core.histogram import Lately
from logdist_distributor.core.lane import Lane
from logdist_distributor.core.standing import State


@dataclass(frozen=True)
class Identity:
    """Who reports. `started_s` is on the loop's clock."""

    version: str
    ack: str
    balance_by: str
    started_s: float


def build_status(engine: Engine, keeper: RegistryKeeper, identity: Identity, now_s: float) -> dict[str, Any]:
    """The answer of GET /control/v1/status."""
    return {
        "instanceId": keeper.instance_id,
        "version": identity.version,
        "uptimeSeconds": round(now_s - identity.started_s, 3),
        "ready": keeper.is_ready,
        "ack": identity.ack,
        "balanceBy": identity.balance_by,
        "registry": {
            "generation": keeper.held.generation,
            "digest": keeper.held.digest,
            "ageSeconds": None if keeper.taken_s is None else round(now_s - keeper.taken_s, 3),
            "rejected": keeper.rejected,
        },
        "ledger": build_ledger(engine),
        "queue": build_queue(engine, now_s),
        "analysers": [
            build_analyser(analyser, share, now_s)
            for analyser, share in zip(engine.fleet.analysers.values(), build_shares(engine), strict=True)
        ],
    }


def build_ledger(engine: Engine) -> dict[str, int]:
    """Holds at every instant: accepted + restored = delivered + queued + inFlight + dead."""
    ledger = engine.ledger
    return {
        "accepted": ledger.accepted,
        "messages": ledger.messages,
        "restored": ledger.restored,
        "delivered": ledger.delivered,
        "queued": engine.queued(),
        "inFlight": engine.in_flight(),
        "dead": ledger.dead,
        "repeats": ledger.repeats,
        "requeued": ledger.requeued,
    }


def build_queue(engine: Engine, now_s: float) -> dict[str, Any]:
    """What waits, in memory and on disk."""
    backlog, spool, oldest_s = engine.backlog, engine.commits.state, engine.oldest_s()
    return {
        "packets": engine.queued(),
        "bytes": backlog.held_bytes + backlog.tail_bytes,
        "oldestAgeSeconds": 0.0 if oldest_s is None else round(max(0.0, now_s - oldest_s), 3),
        "memoryBytes": backlog.held_bytes,
        "spoolPackets": spool.packets,
        "spoolBytes": spool.bytes,
        "spoolLimitBytes": engine.admission.spool_bytes_max,
        "deadLetters": spool.dead,
    }


def build_shares(engine: Engine) -> list[dict[str, float]]:
    """Percent wanted by weight, and got of what was delivered in the last minute; in the order of the analysers."""
    analysers = engine.fleet.analysers.values()
    weight = sum(analyser.wanted_weight for analyser in analysers) or 1
    cost = sum(analyser.cost_in_window for analyser in analysers) or 1
    return [
        {
            "wanted": round(100 * analyser.wanted_weight / weight, 2),
            "got": round(100 * analyser.cost_in_window / cost, 2),
        }
        for analyser in analysers
    ]


def build_analyser(analyser: Analyser, share: dict[str, float], now_s: float) -> dict[str, Any]:
    entry, lanes = analyser.entry, analyser.lanes.values()
    return {
        "uid": entry.uid,
        "name": entry.name,
        "namespace": entry.namespace,
        "weight": entry.weight,
        "suspend": entry.suspend,
        "standing": analyser.standing.value,
        "share": share,
        "delivered": analyser.delivered,
        "requeued": analyser.requeued,
        "dead": analyser.dead,
        "inFlight": sum(lane.in_flight_packets for lane in lanes),
        "waiting": sum(lane.waiting_packets for lane in lanes),
        "delivery": build_delivery(analyser.delivery_s),
        "endpoints": [build_endpoint(lane, now_s) for lane in lanes],
    }


def build_delivery(lately: Lately) -> dict[str, int | float | None]:
    """How long requests took in the last minute, failed ones too."""
    return {
        "requests": lately.count,
        **{f"p{part:g}Seconds": _rounded(lately.quantile(part / 100)) for part in (50, 99)},
    }


def build_endpoint(lane: Lane, now_s: float) -> dict[str, Any]:
    return {
        "url": lane.endpoint,
        "standing": lane.standing.state.value,
        "since": round(now_s - lane.since_s, 3),
        "reason": "" if lane.standing.state is State.ADMITTED else lane.last_error,
        "inFlight": lane.in_flight_packets,
        "waiting": lane.waiting_packets,
        "delivered": lane.delivered,
        "failures": lane.failures,
        "lastError": lane.last_error,
    }


def _rounded(value_s: float | None) -> float | None:
    return None if value_s is None else round(value_s, 6)
