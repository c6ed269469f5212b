"""An OpenTelemetry Collector on either side: as a sender, and as an analyser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback_distributor import entry
from loopback_sender import Client
from loopback_site import Site
from loopback_wait import until
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_collector import Collector
from otlp_receiver import Receiver, otlp, until_refused

Start = Callable[..., Collector]


@pytest.fixture
def collect(collector_program: Path) -> Iterator[Start]:
    started: list[Collector] = []

    def start(**exporter: Any) -> Collector:
        started.append(Collector(collector_program, **exporter))
        return started[-1]

    yield start
    for collector in started:
        collector.close()


def request(*texts: str) -> bytes:
    made = ExportLogsServiceRequest()
    logs = made.resource_logs.add().scope_logs.add()
    for number, text in enumerate(texts):
        logs.log_records.add(time_unix_nano=1_700_000_000_000_000_000 + number).body.string_value = text
    return made.SerializeToString()


@pytest.mark.parametrize("encoding", ["proto", "json"])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd", "snappy", "deflate"])
def test_a_collector_sends_in_every_encoding_it_has(
    site: Site, receiver: Receiver, collect: Start, encoding: str, compression: str
) -> None:
    distributor = site.distributor()
    distributor.register(otlp(receiver))
    endpoint = f"http://127.0.0.1:{distributor.port}/v1/logs"
    collect(logs_endpoint=endpoint, encoding=encoding, compression=compression).post(request("one", "two"))
    until("both records have come", lambda: receiver.bodies == ["one", "two"])


def test_a_collector_waits_for_a_full_distributor_and_loses_nothing(
    site: Site, receiver: Receiver, collect: Start
) -> None:
    distributor = site.distributor("--spool-bytes", "1")
    collector = collect(logs_endpoint=f"http://127.0.0.1:{distributor.port}/v1/logs")
    texts = [f"line {number}" for number in range(50)]
    for text in texts:
        collector.post(request(text))
    assert until_refused(distributor, "SpoolFull") >= 1
    distributor.close()
    site.distributor(port=distributor.held_port, spool="roomy").register(otlp(receiver))
    until("every line has come", lambda: sorted(receiver.bodies) == sorted(texts))


def test_a_collector_is_an_analyser(site: Site, receiver: Receiver, collect: Start) -> None:
    distributor = site.distributor()
    collector = collect(logs_endpoint=f"{receiver.url}/v1/logs", compression="none")
    check = {"path": "", "intervalMs": 100, "unhealthyThreshold": 3, "healthyThreshold": 2, "slowStartMs": 0}
    distributor.register(
        entry("collector", collector.url, protocol="otlp", path="/v1/logs", compression="gzip", healthCheck=check)
    )
    sender = collect(logs_endpoint=f"http://127.0.0.1:{distributor.port}/v1/logs")
    texts = [f"line {number}" for number in range(100)]
    for text in texts:
        sender.post(request(text))
    until("every line has come", lambda: sorted(receiver.bodies) == sorted(texts))
    packet = b'{"id":"p-1","timestamp":1700000000000,"messages":[{"level":"INFO","message":"from a packet"}]}'
    assert site.loop.run(Client(distributor.port).post(packet)).status == 202
    until("the packet has come as a record", lambda: "from a packet" in receiver.bodies)
    assert distributor.until_settled()["dead"] == 0


def test_a_collector_that_dies_and_comes_back_costs_nothing(site: Site, receiver: Receiver, collect: Start) -> None:
    distributor, other = site.distributor(), Receiver()
    collector = collect(logs_endpoint=f"{receiver.url}/v1/logs")
    distributor.register(
        entry("collector", collector.url, protocol="otlp", path="/v1/logs", healthCheck={"path": ""}),
        otlp(other, "other"),
    )
    sender = collect(logs_endpoint=f"http://127.0.0.1:{distributor.port}/v1/logs")
    texts = [f"line {number}" for number in range(100)]
    for text in texts[:50]:
        sender.post(request(text))
    collector.close()
    for text in texts[50:]:
        sender.post(request(text))
    until("every line has come", lambda: set(receiver.bodies) | set(other.bodies) >= set(texts))
    other.close()
