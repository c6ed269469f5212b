"""OTLP log requests: read from protobuf or JSON, checked, and made fit to be kept and joined.

The bytes a sender gives are kept as they are: protobuf joins two requests into one when their bytes are joined, so a
receiver of OTLP gets them without another decoding. Source: OTLP 1.x, https://opentelemetry.io/docs/specs/otlp/
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from logdist_distributor.errors import MalformedBody

RECORDS_MAX: Final = 10_000  # in one packet, as in a JSON packet
FIRST_FIELD: Final = b"\n"
HEX_FIELDS: Final = frozenset({"traceId", "spanId", "trace_id", "span_id"})  # hex in OTLP's JSON, not base64


def parse(body: bytes) -> ExportLogsServiceRequest:
    """Decode protobuf. Raises MalformedBody."""
    try:
        return ExportLogsServiceRequest.FromString(body)
    except DecodeError as error:
        raise MalformedBody(f"the body is no OTLP log request: {error}") from error


def parse_json(body: bytes) -> ExportLogsServiceRequest:
    """Decode OTLP's JSON. Raises MalformedBody."""
    try:
        fields = msgspec.json.decode(body)
        if not isinstance(fields, dict):
            raise MalformedBody("the body is no OTLP log request: it must be a JSON object")
        return ParseDict(_with_base64_ids(fields), ExportLogsServiceRequest(), ignore_unknown_fields=True)
    except (msgspec.DecodeError, ParseError, UnicodeError, RecursionError, ValueError, TypeError) as error:
        raise MalformedBody(f"the body is no OTLP log request: {error}") from error


def records(request: ExportLogsServiceRequest) -> Iterator[LogRecord]:
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            yield from scope.log_records


def count(request: ExportLogsServiceRequest) -> int:
    """Its log records."""
    return sum(len(scope.log_records) for resource in request.resource_logs for scope in resource.scope_logs)


def packets(request: ExportLogsServiceRequest, body: bytes | None, *, now_ns: int) -> list[tuple[bytes, int]]:
    """The packets of a request: encoded bytes, and how many records are in them. None for a request without records.

    `body` is what it was decoded from, where that was protobuf, and is kept as it is if it can be. A record without
    any time gets `now_ns` as the time it was observed, as the specification asks of the first to receive it, so that
    two packets with the same bytes are the same packet sent twice.
    """
    total = count(request)
    if not total:
        return []
    if _set_observed(request, now_ns) or body is None or not body.startswith(FIRST_FIELD):
        body = request.SerializeToString()
    if total <= RECORDS_MAX:
        return [(body, total)]
    return [(part.SerializeToString(), count(part)) for part in _split(request)]


def rejection(body: bytes) -> tuple[int, str]:
    """What a receiver says of a request it has taken: how many records it will never take, and why.

    Raises MalformedBody.
    """
    try:
        partial = ExportLogsServiceResponse.FromString(body).partial_success
    except DecodeError as error:
        raise MalformedBody(f"the answer is no OTLP answer: {error}") from error
    return partial.rejected_log_records, partial.error_message


def _set_observed(request: ExportLogsServiceRequest, now_ns: int) -> bool:
    """Whether any record had to be given a time."""
    timeless = [record for record in records(request) if not (record.time_unix_nano or record.observed_time_unix_nano)]
    for record in timeless:
        record.observed_time_unix_nano = now_ns
    return bool(timeless)


def _split(request: ExportLogsServiceRequest) -> Iterator[ExportLogsServiceRequest]:
    """The same records in requests of RECORDS_MAX at most, each with its resource and scope."""
    part, room = ExportLogsServiceRequest(), RECORDS_MAX
    for resource in request.resource_logs:
        for scope in resource.scope_logs:
            at = 0
            while at < len(scope.log_records):
                into = part.resource_logs.add(resource=resource.resource, schema_url=resource.schema_url)
                taken = scope.log_records[at : at + room]
                into.scope_logs.add(scope=scope.scope, schema_url=scope.schema_url, log_records=taken)
                at, room = at + len(taken), room - len(taken)
                if not room:
                    yield part
                    part, room = ExportLogsServiceRequest(), RECORDS_MAX
    if part.resource_logs:
        yield part


def _with_base64_ids(fields: Any) -> Any:
    """Trace and span ids as protobuf's JSON wants them. Raises ValueError for what is no hex."""
    if isinstance(fields, list):
        return [_with_base64_ids(value) for value in fields]
    if not isinstance(fields, dict):
        return fields
    return {
        name: _base64_of_hex(value) if name in HEX_FIELDS else _with_base64_ids(value) for name, value in fields.items()
    }


def _base64_of_hex(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([0-9a-fA-F]{2})*", value):
        raise ValueError(f"a trace or span id must be hex: {value!r:.40}")
    return b64encode(binascii.unhexlify(value)).decode()
