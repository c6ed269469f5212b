"""Prometheus metrics, made of the engine's plain integers at the moment of a scrape: the hot path pays nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from logdist_distributor.control.process import ProcessCollector
from logdist_distributor.control.registry import RegistryKeeper
from logdist_distributor.control.status import build_ledger, build_queue, build_shares
from logdist_distributor.core.engine import Engine
from logdist_distributor.core.histogram import Histogram
from logdist_distributor.core.standing import State
from logdist_distributor.spool.writer import Writer

ANALYSER = ["namespace", "analyser"]


@dataclass(frozen=True)
class Sources:
    """Where the numbers stand. `connections` counts those of senders; `now` is the loop's clock in seconds.

    `refusals`: requests of senders that were not taken, by reason.
    """

    version: str
    engine: Engine
    keeper: RegistryKeeper
    writer: Writer
    batch_packets: Histogram
    delivery_s: Histogram
    connections: Callable[[], int]
    refusals: Mapping[str, int]
    now: Callable[[], float]


class EngineCollector(Collector):
    """Every metric of a distributor, in the order of docs/operations.md."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def collect(self) -> Iterator[Metric]:
        yield from self._ledger()
        yield from self._queue()
        yield from self._analysers()
        yield from self._spool()
        yield from self._registry()
        yield histogram("batch_packets", "Packets in a request to an analyser", self.sources.batch_packets)
        yield histogram("delivery_seconds", "From sending a request to its outcome", self.sources.delivery_s)
        yield gauge("connections", "Open connections of senders", self.sources.connections())
        yield self._refused()
        yield InfoMetricFamily("logdist_build", "Which version runs", value={"version": self.sources.version})

    def _ledger(self) -> Iterator[Metric]:
        ledger = build_ledger(self.sources.engine)
        yield counter("accepted", "Packets accepted from senders", ledger["accepted"])
        yield counter("restored", "Packets read back from the spool at start", ledger["restored"])
        yield counter("delivered", "Packets an analyser has taken", ledger["delivered"])
        yield counter("repeats", "Packets sent again by senders and not delivered again", ledger["repeats"])
        yield counter("requeued", "Packets taken back from an analyser that failed", ledger["requeued"])
        yield gauge("packets_dead", "Packets that became dead letters, less those replayed", ledger["dead"])
        yield gauge("packets_queued", "Packets accepted and not yet sent", ledger["queued"])
        yield gauge("packets_in_flight", "Packets sent and not yet answered", ledger["inFlight"])
        yield gauge("ledger_imbalance", "Packets by which the ledger is off: always 0", self.sources.engine.imbalance())

    def _queue(self) -> Iterator[Metric]:
        queue = build_queue(self.sources.engine, self.sources.now())
        yield gauge("queue_bytes", "Payload waiting or in flight, in memory and on disk", queue["bytes"])
        yield gauge("queue_memory_bytes", "Payload held in memory", queue["memoryBytes"])
        yield gauge("queue_oldest_age_seconds", "Age of the oldest packet in memory", queue["oldestAgeSeconds"])

    def _analysers(self) -> Iterator[Metric]:
        delivered = CounterMetricFamily("logdist_analyser_delivered", "Packets delivered", labels=ANALYSER)
        requeued = CounterMetricFamily("logdist_analyser_requeued", "Packets taken back", labels=ANALYSER)
        dead = CounterMetricFamily("logdist_analyser_dead", "Packets it refused for good", labels=ANALYSER)
        wanted = GaugeMetricFamily("logdist_analyser_share_wanted_ratio", "Share by weight", labels=ANALYSER)
        got = GaugeMetricFamily("logdist_analyser_share_got_ratio", "Share of the last minute", labels=ANALYSER)
        in_flight = GaugeMetricFamily("logdist_analyser_in_flight", "Packets in flight", labels=ANALYSER)
        waiting = GaugeMetricFamily("logdist_analyser_waiting", "Packets dealt, not yet sent", labels=ANALYSER)
        standing = GaugeMetricFamily(
            "logdist_endpoint_standing", "1 for the endpoint's standing", labels=[*ANALYSER, "endpoint", "standing"]
        )
        engine = self.sources.engine
        for analyser, share in zip(engine.fleet.analysers.values(), build_shares(engine), strict=True):
            labels = [analyser.entry.namespace, analyser.entry.name]
            lanes = list(analyser.lanes.values())
            delivered.add_metric(labels, analyser.delivered)
            requeued.add_metric(labels, analyser.requeued)
            dead.add_metric(labels, analyser.dead)
            wanted.add_metric(labels, share["wanted"] / 100)
            got.add_metric(labels, share["got"] / 100)
            in_flight.add_metric(labels, sum(lane.in_flight_packets for lane in lanes))
            waiting.add_metric(labels, sum(lane.waiting_packets for lane in lanes))
            for lane in lanes:
                for state in State:
                    standing.add_metric([*labels, lane.endpoint, state.value], lane.standing.state is state)
        yield from (delivered, requeued, dead, wanted, got, in_flight, waiting, standing)

    def _spool(self) -> Iterator[Metric]:
        writer, state = self.sources.writer, self.sources.engine.commits.state
        yield gauge("spool_packets", "Packets on disk", state.packets)
        yield gauge("spool_bytes", "Payload on disk", state.bytes)
        yield gauge("spool_limit_bytes", "Payload the spool may hold", self.sources.engine.admission.spool_bytes_max)
        yield gauge("spool_dead_letters", "Dead letters on disk", state.dead)
        yield counter("spool_commit_failures", "Commits the disk refused", writer.commit_failures_total)
        yield histogram("spool_commit_seconds", "Time of a commit, with its fsync", writer.commit_s)

    def _refused(self) -> Metric:
        refused = CounterMetricFamily("logdist_refused", "Requests of senders refused, by reason", labels=["reason"])
        for reason, count in self.sources.refusals.items():
            refused.add_metric([reason], count)
        return refused

    def _registry(self) -> Iterator[Metric]:
        keeper = self.sources.keeper
        yield gauge("registry_generation", "Generation of the registry in use", keeper.held.generation)
        yield counter("registry_rejections", "Snapshots refused", keeper.rejected)
        if keeper.taken_s is not None:
            yield gauge("registry_age_seconds", "Since the registry was taken", self.sources.now() - keeper.taken_s)


def build_metrics(sources: Sources) -> CollectorRegistry:
    """A registry with the distributor's metrics and those of its process."""
    registry = CollectorRegistry()
    registry.register(EngineCollector(sources))
    registry.register(ProcessCollector())
    return registry


def counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(f"logdist_{name}", about, value=value)


def gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"logdist_{name}", about, value=value)


def histogram(name: str, about: str, source: Histogram) -> Metric:
    cumulative, buckets = 0, []
    for bound, count in zip((*source.bounds, float("inf")), source.counts, strict=True):
        cumulative += count
        buckets.append(("+Inf" if bound == float("inf") else f"{bound:g}", cumulative))
    return HistogramMetricFamily(f"logdist_{name}", about, buckets=buckets, sum_value=source.total)
