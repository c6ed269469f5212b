"""An OTLP request as one JSON packet, for analysers that read packets or plain records. Nothing is dropped."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from logdist_distributor.formats.levels import level_of
from logdist_distributor.formats.messages import Message, Packet

NS_PER_MS: Final = 1_000_000
_encode = msgspec.json.Encoder(order=None).encode


def packet_of(packet_id: str, request: ExportLogsServiceRequest) -> bytes:
    """The packet on one line. Its timestamp is its first record's."""
    messages = list(messages_of(request))
    first = messages[0].time_unix_nano or messages[0].observed_time_unix_nano if messages else ""
    return _encode(Packet(packet_id, int(first or 0) // NS_PER_MS, messages))


def messages_of(request: ExportLogsServiceRequest) -> Iterable[Message]:
    for group in request.resource_logs:
        resource = attributes_of(group.resource.attributes)
        for scope_logs in group.scope_logs:
            scope = _scope_of(scope_logs.scope, scope_logs.schema_url)
            for record in scope_logs.log_records:
                message = _message_of(record)
                message.scope, message.resource = scope, resource
                message.resource_schema_url = group.schema_url
                message.resource_dropped_attributes_count = group.resource.dropped_attributes_count
                yield message


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: AnyValue) -> Any:
    """As JSON has it; bytes, which JSON has not, are base64. A number that is none is its name in words."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value_of(element) for element in value.array_value.values]
    if kind == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    plain = getattr(value, kind)
    if kind == "bytes_value":
        return b64encode(plain).decode()
    if kind == "double_value" and plain - plain != 0:
        return str(plain)
    return plain


def _message_of(record: LogRecord) -> Message:
    body = value_of(record.body)
    return Message(
        level=level_of(record.severity_number, record.severity_text),
        message=body if isinstance(body, str) else _text_of(body),
        time_unix_nano=str(record.time_unix_nano or ""),
        observed_time_unix_nano=str(record.observed_time_unix_nano or ""),
        severity_number=record.severity_number,
        event_name=record.event_name,
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        flags=record.flags,
        attributes=attributes_of(record.attributes) if record.attributes else {},
        dropped_attributes_count=record.dropped_attributes_count,
        body=None if isinstance(body, str) else body,
    )


def _text_of(body: Any) -> str:
    return "" if body is None else _encode(body).decode()


def _scope_of(scope: InstrumentationScope, schema_url: str) -> dict[str, Any]:
    fields = {
        "name": scope.name,
        "version": scope.version,
        "attributes": attributes_of(scope.attributes),
        "droppedAttributesCount": scope.dropped_attributes_count,
        "schemaUrl": schema_url,
    }
    return {name: value for name, value in fields.items() if value}
