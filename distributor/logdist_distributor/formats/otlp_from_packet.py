"""A JSON packet as an encoded OTLP request, for analysers that read OTLP. Nothing is dropped.

Fields that OTLP has go where they belong; all others, and what the sender's original record holds, become attributes.
"""

from typing import Any, Final

import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs

from logdist_distributor.formats.levels import UNSPECIFIED, severity_of

NS_PER_MS: Final = 1_000_000
UINT32_MAX: Final = (1 << 32) - 1
UINT64_MAX: Final = (1 << 64) - 1
INT64_MAX: Final = (1 << 63) - 1
PACKET_ID: Final = "logdist.packet.id"  # by which a receiver can tell a repeat
_decode = msgspec.json.Decoder().decode


def request_of(body: bytes) -> bytes:
    """The request, encoded. `body` is a valid packet."""
    packet: dict[str, Any] = _decode(body)
    request = ExportLogsServiceRequest()
    common = {name: value for name, value in packet.items() if name not in {"id", "timestamp", "messages"}}
    place: tuple[Any, Any] | None = None
    for message in packet["messages"]:
        asked = (message.get("resource"), message.get("scope"))
        if place != asked:
            place = asked
            into = _scope_logs(request, *asked)
        record = into.log_records.add()
        _fill(record, message, packet["timestamp"] * NS_PER_MS)
        _add(record.attributes, common | {PACKET_ID: packet["id"]})
    return request.SerializeToString()


def _scope_logs(request: ExportLogsServiceRequest, resource: Any, scope: Any) -> ScopeLogs:
    from_resource: ResourceLogs = request.resource_logs.add()
    from_resource.resource.SetInParent()
    if isinstance(resource, dict):
        resource = dict(resource)
        from_resource.schema_url = str(resource.pop("schemaUrl", ""))
        _add(from_resource.resource.attributes, resource)
    into: ScopeLogs = from_resource.scope_logs.add()
    if isinstance(scope, dict):
        into.scope.name = str(scope.get("name", ""))
        into.scope.version = str(scope.get("version", ""))
        into.schema_url = str(scope.get("schemaUrl", ""))
        attributes = scope.get("attributes")
        _add(into.scope.attributes, attributes if isinstance(attributes, dict) else {})
    return into


def _fill(record: LogRecord, message: dict[str, Any], packet_ns: int) -> None:
    rest = dict(message)
    level, text = rest.pop("level"), rest.pop("message")
    resource, scope = rest.pop("resource", None), rest.pop("scope", None)
    record.severity_text = "" if level == UNSPECIFIED else level
    record.severity_number = _number(rest, "severityNumber", 24) or severity_of(level)  # type: ignore[assignment]  # an enum's number
    record.time_unix_nano = _number(rest, "timeUnixNano", UINT64_MAX) or packet_ns
    record.observed_time_unix_nano = _number(rest, "observedTimeUnixNano", UINT64_MAX)
    record.flags = _number(rest, "flags", UINT32_MAX)
    record.dropped_attributes_count = _number(rest, "droppedAttributesCount", UINT32_MAX)
    record.trace_id = _hex(rest, "traceId", 16)
    record.span_id = _hex(rest, "spanId", 8)
    if isinstance(rest.get("eventName"), str):
        record.event_name = rest.pop("eventName")
    body = rest.pop("body", None)
    set_value(record.body, text if body is None else body)
    for name in ("attributes", "record"):
        if isinstance(rest.get(name), dict):
            _add(record.attributes, rest.pop(name))
    odd = {"resource": resource, "scope": scope}
    rest |= {name: value for name, value in odd.items() if value is not None and not isinstance(value, dict)}
    _add(record.attributes, rest)


def _number(fields: dict[str, Any], name: str, most: int) -> int:
    """Take a number, or its decimal digits; what is neither stays among the fields. 0 for none."""
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        return 0
    del fields[name]
    return value


def _hex(fields: dict[str, Any], name: str, size: int) -> bytes:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) != 2 * size:
        return b""
    try:
        plain = bytes.fromhex(value)
    except ValueError:
        return b""
    del fields[name]
    return plain if len(plain) == size else b""


def _add(pairs: Any, fields: dict[str, Any]) -> None:  # a repeated field's type has no public name
    for key, value in fields.items():
        pair = pairs.add()
        pair.key = key
        set_value(pair.value, value)


def set_value(into: AnyValue, value: Any) -> None:
    """Set an AnyValue from JSON. A whole number beyond 64 bits becomes its digits."""
    match value:
        case None:
            pass
        case str():
            into.string_value = value
        case bool():
            into.bool_value = value
        case int():
            if -INT64_MAX - 1 <= value <= INT64_MAX:
                into.int_value = value
            else:
                into.string_value = str(value)
        case float():
            into.double_value = value
        case list():
            into.array_value.SetInParent()
            for element in value:
                set_value(into.array_value.values.add(), element)
        case dict():
            into.kvlist_value.SetInParent()
            _add(into.kvlist_value.values, value)
