"""Prometheus metrics, read from plain integers when scraped: counting costs the packets nothing."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from logdist_analyser.analyser import Analyser


class AnalyserCollector(Collector):
    """Reads one analyser at scrape time."""

    def __init__(self, analyser: Analyser) -> None:
        self._analyser = analyser

    def collect(self) -> Iterator[Metric]:
        analyser, analysis = self._analyser, self._analyser.analysis
        yield InfoMetricFamily("logdist_analyser", "Which analyser this is", value={"app": analyser.name})
        yield GaugeMetricFamily(
            "logdist_analyser_alive", "0 while the fail drill is on", value=not analyser.drills.failing
        )
        yield CounterMetricFamily(
            "logdist_analyser_packets", "Packets analysed, each id once", value=analysis.packets_total
        )
        messages = CounterMetricFamily("logdist_analyser_messages", "Messages analysed by level", labels=["level"])
        for level, count in analysis.levels.items():
            messages.add_metric([level], count)
        yield messages
        yield CounterMetricFamily(
            "logdist_analyser_repeats",
            "Packets dropped because their id had come in before",
            value=analyser.repeats_total,
        )
        yield CounterMetricFamily(
            "logdist_analyser_rejected", "Packets refused as malformed", value=analyser.rejected_total
        )
        yield CounterMetricFamily(
            "logdist_analyser_drilled", "Packet requests answered 503 by a drill", value=analyser.drilled_total
        )
        yield GaugeMetricFamily(
            "logdist_analyser_window_ids", "Packet ids remembered to recognise repeats", value=len(analyser.received)
        )
        yield analyser.handling.family(
            "logdist_analyser_handling_seconds", "From a packet request's body to its answer, drills included"
        )


def build_registry(analyser: Analyser) -> CollectorRegistry:
    """The analyser's metrics with those of the process and the Python platform."""
    registry = CollectorRegistry()
    registry.register(AnalyserCollector(analyser))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry
