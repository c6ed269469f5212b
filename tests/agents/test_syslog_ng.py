"""syslog-ng's http() destination needs nothing but the address, and an analyser of plain records gets what it sent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_distributor import Distributor, Json, entry
from loopback_site import Site
from loopback_wait import until
from recording_sink import RecordingSink
from syslog_ng import SyslogNg

Start = Callable[[Distributor], SyslogNg]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Start]:
    started: list[SyslogNg] = []

    def start(distributor: Distributor) -> SyslogNg:
        try:
            started.append(SyslogNg(tmp_path, f"http://127.0.0.1:{distributor.port}/v1/ingest"))
        except FileNotFoundError as error:
            pytest.skip(str(error))
        return started[-1]

    yield start
    for agent in started:
        agent.close()


@pytest.fixture
def sink() -> Iterator[RecordingSink]:
    sink = RecordingSink()
    yield sink
    sink.close()


def records(sink: RecordingSink, name: str = "records") -> Json:
    return entry(name, sink.url, protocol="ndjson", path="/", timeoutMs=10_000)


def test_every_line_arrives_with_its_level_and_time(site: Site, sink: RecordingSink, agent: Start) -> None:
    distributor = site.distributor()
    distributor.register(records(sink))
    texts = [f"line {number}" for number in range(1_000)]
    agent(distributor).log(*texts)
    until("every line has come", lambda: len(sink.records) >= len(texts))
    assert sink.texts == texts
    assert (sink.records[0]["level"], sink.records[0]["host"]) == ("warning", "web-1")
    assert sink.records[0]["timestamp"].startswith("2026-01-02T")
    assert distributor.ledger()["messages"] == len(texts)


def test_it_waits_for_a_full_distributor_and_loses_nothing(site: Site, sink: RecordingSink, agent: Start) -> None:
    distributor = site.distributor("--spool-bytes", "1")
    texts = [f"line {number}" for number in range(500)]
    agent(distributor).log(*texts)
    until("a request is refused", lambda: 'reason="SpoolFull"} 0' not in distributor.call("GET", "/metrics")[1])
    distributor.close()
    site.distributor(port=distributor.held_port, spool="roomy").register(records(sink))
    until("every line has come", lambda: set(sink.texts) == set(texts))


def test_an_analyser_that_dies_costs_nothing(site: Site, sink: RecordingSink, agent: Start) -> None:
    distributor, other = site.distributor(), RecordingSink()
    distributor.register(records(sink), records(other, "other"))
    syslog = agent(distributor)
    texts = [f"line {number}" for number in range(1_000)]
    syslog.log(*texts[:500])
    until("the first half has come", lambda: len(sink.records) + len(other.records) >= 500)
    sink.is_dead = True
    syslog.log(*texts[500:])
    until("every line has come", lambda: set(sink.texts) | set(other.texts) == set(texts))
    other.close()
