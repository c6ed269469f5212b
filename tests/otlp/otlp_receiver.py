"""A receiver of OTLP logs whose other end is the test: it records what it took, and answers as it is told."""

import gzip
from collections.abc import Callable
from typing import Any, Final

from loopback_distributor import Distributor, Json, entry
from loopback_http import Answer, HttpServer
from loopback_wait import until
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

GZIP: Final = b"\x1f\x8b"


def take(_request: ExportLogsServiceRequest) -> Answer:
    return 200, b""


def status(code: int) -> Callable[[ExportLogsServiceRequest], Answer]:
    return lambda _request: (code, b"told to")


def partly(rejected: int) -> Callable[[ExportLogsServiceRequest], Answer]:
    """Success for all but so many records."""
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = rejected
    answer.partial_success.error_message = "not these"
    return lambda _request: (200, answer.SerializeToString())


def records_of(request: ExportLogsServiceRequest) -> list[LogRecord]:
    return [record for group in request.resource_logs for scope in group.scope_logs for record in scope.log_records]


class Receiver(HttpServer):
    """`requests` are those it took, `bodies` the texts of their records in order."""

    def __init__(self) -> None:
        self.requests: list[ExportLogsServiceRequest] = []
        self.script = take
        super().__init__(self.answer, "application/x-protobuf")

    @property
    def bodies(self) -> list[str]:
        return [record.body.string_value for request in self.requests for record in records_of(request)]

    def answer(self, body: bytes) -> Answer:
        """What a request gets; what it takes is recorded before the answer leaves."""
        request = ExportLogsServiceRequest.FromString(gzip.decompress(body) if body.startswith(GZIP) else body)
        code, answer = self.script(request)
        if code == 200 and not answer:
            self.requests.append(request)
        return code, answer


def otlp(receiver: Receiver, name: str = "otlp", **more: Any) -> Json:
    """Its entry in a registry."""
    return entry(name, receiver.url, protocol="otlp", **{"path": "/v1/logs", "timeoutMs": 10_000, **more})


def until_refused(distributor: Distributor, reason: str) -> int:
    """Wait until a request was refused for this reason; how many were."""
    series = f'logdist_refused_total{{reason="{reason}"}} '

    def refused() -> int:
        _, text = distributor.call("GET", "/metrics")
        return next((int(float(line[len(series) :])) for line in text.splitlines() if line.startswith(series)), 0)

    return until(f"a request is refused by {reason}", refused)
