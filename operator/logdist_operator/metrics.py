"""The operator's Prometheus metrics. Counters are counted where things happen; gauges are read when somebody asks."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

PROPAGATION_BUCKETS_S: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """All of them, in a registry of their own, so that tests and a second operator in one process do not collide."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series beside every counter that no dashboard reads
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        Info("logdist_build", "Which version runs.", registry=self._registry).info(
            {"version": version("logdist-operator")}
        )
        self.pushes = Counter(
            "logdist_registry_push",
            "Pushes of the registry to a distributor, by result.",
            ["result"],
            registry=self._registry,
        )
        self.propagation = Histogram(
            "logdist_registry_propagation_seconds",
            "From the oldest change in a generation to each distributor's acknowledgement.",
            buckets=PROPAGATION_BUCKETS_S,
            registry=self._registry,
        )

    def watch(
        self,
        generation: Callable[[], int],
        pod_states: Callable[[], Tally[str]],
        list_age_s: Callable[[], float | None],
    ) -> None:
        """Read the gauges from these at scrape time."""
        self._registry.register(_Gauges(generation, pod_states, list_age_s))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Gauges(Collector):
    def __init__(
        self,
        generation: Callable[[], int],
        pod_states: Callable[[], Tally[str]],
        list_age_s: Callable[[], float | None],
    ) -> None:
        self._generation, self._pod_states, self._list_age_s = generation, pod_states, list_age_s

    def collect(self) -> Iterable[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "logdist_registry_generation", "Generation of the registry last committed.", value=self._generation()
        )
        pods = GaugeMetricFamily(
            "logdist_registry_pods", "Distributors, by what became of the last push.", labels=["state"]
        )
        for state, count in self._pod_states().items():
            pods.add_metric([state], count)
        yield pods
        age_s = self._list_age_s()
        if age_s is not None:
            yield GaugeMetricFamily(
                "logdist_list_age_seconds", "Since the analysers were last listed with success.", value=age_s
            )
