"""An application that logs by OpenTelemetry's SDK needs nothing but the address."""

from collections.abc import Callable

import pytest
from loopback_distributor import Distributor, entry
from loopback_site import Site
from loopback_wait import until
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from otlp_receiver import Receiver, otlp, partly, status, until_refused


class Application:
    """Logs by the SDK. `failures` are what its exporter complained of."""

    def __init__(self, distributor: Distributor, compression: Compression = Compression.NoCompression) -> None:
        endpoint = f"http://127.0.0.1:{distributor.port}/v1/logs"
        self.exporter = OTLPLogExporter(endpoint, compression=compression, timeout=30)
        self.provider = LoggerProvider(Resource({"service.name": "shop"}))
        self.provider.add_log_record_processor(BatchLogRecordProcessor(self.exporter, schedule_delay_millis=50))
        self.logger = self.provider.get_logger("test")

    def log(self, *texts: str) -> None:
        for text in texts:
            self.logger.emit(
                body=text, severity_number=SeverityNumber.WARN, severity_text="WARN", attributes={"host": "web-1"}
            )

    def flush(self) -> None:
        assert self.provider.force_flush(30_000)


@pytest.mark.parametrize("compression", list(Compression))
def test_every_record_arrives_whole_at_an_analyser_of_otlp(
    site: Site, receiver: Receiver, compression: Compression
) -> None:
    distributor = site.distributor()
    distributor.register(otlp(receiver))
    application = Application(distributor, compression)
    texts = [f"line {number}" for number in range(2_000)]
    application.log(*texts)
    application.flush()
    until("every record has come", lambda: sorted(receiver.bodies) == sorted(texts))
    [group] = receiver.requests[0].resource_logs
    attributes = {pair.key: pair.value.string_value for pair in group.resource.attributes}
    record = group.scope_logs[0].log_records[0]
    assert attributes["service.name"] == "shop"
    assert (record.severity_text, record.attributes[0].key) == ("WARN", "host")
    assert distributor.ledger()["messages"] == 2_000


def test_an_analyser_of_packets_gets_the_same_records_as_packets(site: Site) -> None:
    distributor, analyser = site.distributor(), site.analyser("packets")
    distributor.register(entry("packets", analyser.url))
    application = Application(distributor)
    application.log("one", "two")
    application.flush()
    assert len(analyser.order) == distributor.until_settled()["delivered"] >= 1


def test_a_full_distributor_makes_the_sdk_wait_and_loses_nothing(site: Site, receiver: Receiver) -> None:
    distributor = site.distributor("--spool-bytes", "1")
    application = Application(distributor)
    application.log("waits for room")
    refusals = until_refused(distributor, "SpoolFull")
    assert refusals >= 1
    distributor.close()
    roomy = site.distributor(port=distributor.held_port, spool="roomy")
    roomy.register(otlp(receiver))
    until("the record has come", lambda: receiver.bodies == ["waits for room"])


@pytest.mark.parametrize("failing", [status(503), status(429), status(500)])
def test_a_failing_analyser_of_otlp_costs_nothing(
    site: Site, receiver: Receiver, failing: Callable[..., tuple[int, bytes]]
) -> None:
    distributor, other = site.distributor(), Receiver()
    receiver.script = failing
    distributor.register(otlp(receiver), otlp(other, "other"))
    application = Application(distributor)
    for number in range(20):
        application.log(f"line {number}")
        application.flush()
    until("all are at the other", lambda: sorted(other.bodies) == sorted(f"line {number}" for number in range(20)))
    other.close()


def test_partial_success_makes_dead_letters_that_tell_of_it(site: Site, receiver: Receiver) -> None:
    distributor = site.distributor()
    receiver.script = partly(1)
    distributor.register(otlp(receiver))
    application = Application(distributor)
    application.log("good", "bad")
    application.flush()
    [letter] = until("there is a dead letter", distributor.dead_letters)
    assert letter["error"] == "partial success: 1 of the 2 records in this request were rejected: not these"
    _, shown = distributor.call("GET", f"/control/v1/dead-letters/{letter['key']}")
    assert '"message":"bad"' in shown["packet"]
    receiver.script = lambda _request: (200, b"")
    assert distributor.call("POST", f"/control/v1/dead-letters/{letter['key']}/replay")[0] == 202
    until("the dead letter was sent again", lambda: receiver.bodies == ["good", "bad"])


def test_what_waits_on_disk_is_sent_after_a_crash(site: Site, receiver: Receiver) -> None:
    distributor = site.distributor()
    application = Application(distributor)
    application.log("kept")
    application.flush()  # safe, with nobody to take it
    distributor.kill()
    distributor.start()
    distributor.generation = 0
    distributor.register(otlp(receiver))
    until("the record has come", lambda: receiver.bodies == ["kept"])
