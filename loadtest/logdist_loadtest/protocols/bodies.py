"""Requests of 1,000 log records in each protocol, all saying the same; no two requests alike."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

RECORDS: Final = 1_000
NS: Final = 1_700_000_000_000_000_000
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Sender:
    """How a protocol's client asks: the path, the type, and the body of request `number`."""

    title: str
    path: str
    content_type: str
    body: Callable[[int], bytes]


def _text(number: int, record: int) -> str:
    return f"GET /cart/{number}/{record} 200 in 12 ms from 10.0.{record % 250}.7"


def _packets(number: int) -> bytes:
    lines = []
    for record in range(RECORDS):
        messages = [{"level": "info", "message": _text(number, record)}]
        lines.append(json.dumps({"id": f"{number}-{record}", "timestamp": NS // 1_000_000, "messages": messages}))
    return "\n".join(lines).encode()


def _one_packet(number: int) -> bytes:
    messages = [{"level": "info", "message": _text(number, record)} for record in range(RECORDS)]
    return json.dumps({"id": str(number), "timestamp": NS // 1_000_000, "messages": messages}).encode()


def _otlp(number: int) -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.add(key="service.name").value.string_value = "shop"
    logs = group.scope_logs.add()
    for record in range(RECORDS):
        log = logs.log_records.add(time_unix_nano=NS + number * RECORDS + record, severity_text="INFO")
        log.severity_number = 9  # type: ignore[assignment]  # an enum's number
        log.body.string_value = _text(number, record)
        log.attributes.add(key="host").value.string_value = "web-1"
    return request.SerializeToString()


def _records(number: int) -> bytes:
    return "\n".join(json.dumps(_record(number, record)) for record in range(RECORDS)).encode()


def _record(number: int, record: int) -> dict[str, Any]:
    return {"@timestamp": "2023-11-14T22:13:20Z", "level": "info", "message": _text(number, record), "host": "web-1"}


def _loki(number: int) -> bytes:
    values = [[str(NS + number * RECORDS + record), _text(number, record)] for record in range(RECORDS)]
    return json.dumps({"streams": [{"stream": {"service": "shop", "level": "info"}, "values": values}]}).encode()


def _hec(number: int) -> bytes:
    return "".join(
        json.dumps({"time": NS // 10**9, "host": "web-1", "event": _record(number, record)})
        for record in range(RECORDS)
    ).encode()


def _bulk(number: int) -> bytes:
    action = json.dumps({"create": {"_index": "logs"}})
    return "".join(f"{action}\n{json.dumps(_record(number, record))}\n" for record in range(RECORDS)).encode()


OTLP: Final = Sender("OTLP, protobuf", "/v1/logs", "application/x-protobuf", _otlp)
PACKETS: Final = Sender("packets of one message", "/v1/packets", NDJSON, _packets)
ONE_PACKET: Final = Sender("one packet", "/v1/packets", JSON, _one_packet)
SENDERS: Final = (
    ONE_PACKET,
    PACKETS,
    OTLP,
    Sender("records of any shape", "/v1/ingest", NDJSON, _records),
    Sender("Loki, JSON", "/loki/api/v1/push", JSON, _loki),
    Sender("Splunk HEC", "/services/collector/event", JSON, _hec),
    Sender("Elasticsearch bulk", "/_bulk", NDJSON, _bulk),
)
