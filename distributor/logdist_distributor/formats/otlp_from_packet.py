"""A JSON packet as an encoded OTLP request, for analysers that read OTLP. Nothing is dropped.

Fields that OTLP has go where they belong if they are what OTLP takes; all others, and what the sender's original record
holds, become attributes.
"""

from typing import Any, Final

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from logdist_distributor.formats.levels import UNSPECIFIED, severity_of

NS_PER_MS: Final = 1_000_000
SEVERITY_MAX: Final = 24
UINT32_MAX: Final = (1 << 32) - 1
UINT64_MAX: Final = (1 << 64) - 1
INT64_MAX: Final = (1 << 63) - 1
PACKET_ID: Final = "logdist.packet.id"  # by which a receiver can tell a repeat
PLACE: Final = ("resource", "resourceSchemaUrl", "resourceDroppedAttributesCount", "scope")
_decode = msgspec.json.Decoder().decode

Fields = dict[str, Any]


def request_of(body: bytes) -> bytes:
    """The request, encoded. `body` is a valid packet."""
    packet: Fields = _decode(body)
    request = ExportLogsServiceRequest()
    known = ("id", "timestamp", "messages")
    common = {name: value for name, value in packet.items() if name not in known} | {PACKET_ID: packet["id"]}
    place: Fields | None = None
    for message in packet["messages"]:
        asked = {name: message.pop(name) for name in PLACE if name in message}
        if place != asked:
            place = asked
            into = _scope_logs(request, dict(asked))
        record = into.log_records.add()
        _fill(record, message, packet["timestamp"] * NS_PER_MS)
        _add(record.attributes, common)
    return request.SerializeToString()


def _scope_logs(request: ExportLogsServiceRequest, place: Fields) -> ScopeLogs:
    """Where the records of messages with this resource and scope go."""
    group: ResourceLogs = request.resource_logs.add()
    group.schema_url = _text(place, "resourceSchemaUrl")
    group.resource.dropped_attributes_count = _number(place, "resourceDroppedAttributesCount", UINT32_MAX)
    resource, scope = _object(place, "resource"), _object(place, "scope")
    into: ScopeLogs = group.scope_logs.add()
    into.scope.name, into.scope.version = _text(scope, "name"), _text(scope, "version")
    into.scope.dropped_attributes_count = _number(scope, "droppedAttributesCount", UINT32_MAX)
    into.schema_url = _text(scope, "schemaUrl")
    _add(into.scope.attributes, _object(scope, "attributes") | scope)
    _add(group.resource.attributes, resource | place)
    return into


def _fill(record: LogRecord, fields: Fields, packet_ns: int) -> None:
    """Each of these takes its field out of `fields`; what is left in the end becomes attributes."""
    level, text = fields.pop("level"), fields.pop("message")
    record.severity_text = "" if level == UNSPECIFIED else level
    number = _number(fields, "severityNumber", SEVERITY_MAX) or severity_of(level)
    record.severity_number = number  # type: ignore[assignment]  # an enum's number
    record.time_unix_nano = _number(fields, "timeUnixNano", UINT64_MAX)
    record.observed_time_unix_nano = _number(fields, "observedTimeUnixNano", UINT64_MAX)
    if not record.time_unix_nano and not record.observed_time_unix_nano:
        record.time_unix_nano = packet_ns
    record.flags = _number(fields, "flags", UINT32_MAX)
    record.dropped_attributes_count = _number(fields, "droppedAttributesCount", UINT32_MAX)
    record.trace_id = _hex(fields, "traceId", 16)
    record.span_id = _hex(fields, "spanId", 8)
    record.event_name = _text(fields, "eventName")
    body = fields.pop("body", None)
    _set(record.body, text if body is None else body)
    _add(record.attributes, _object(fields, "attributes") | _object(fields, "record") | fields)


def _text(fields: Fields, name: str) -> str:
    return fields.pop(name) if isinstance(fields.get(name), str) else ""


def _object(fields: Fields, name: str) -> Fields:
    return fields.pop(name) if isinstance(fields.get(name), dict) else {}


def _number(fields: Fields, name: str, most: int) -> int:
    """A number, or its decimal digits. 0 for none."""
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        return 0
    del fields[name]
    return value


def _hex(fields: Fields, name: str, size: int) -> bytes:
    value = fields.get(name)
    try:
        plain = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return b""
    if len(plain) != size:
        return b""
    del fields[name]
    return plain


def _add(pairs: Any, fields: Fields) -> None:  # a repeated field's type has no public name
    for key, value in fields.items():
        pair = pairs.add()
        pair.key = key
        _set(pair.value, value)


def _set(into: AnyValue, value: Any) -> None:
    """A value as JSON has it. A whole number beyond 64 bits becomes its digits."""
    match value:
        case None:
            pass
        case str():
            into.string_value = value
        case bool():
            into.bool_value = value
        case int() if -INT64_MAX - 1 <= value <= INT64_MAX:
            into.int_value = value
        case int():
            into.string_value = str(value)
        case float():
            into.double_value = value
        case list():
            into.array_value.SetInParent()
            for element in value:
                _set(into.array_value.values.add(), element)
        case dict():
            into.kvlist_value.SetInParent()
            _add(into.kvlist_value.values, value)
