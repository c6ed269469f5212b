"""Between OTLP and packets nothing is dropped, and between OTLP and OTLP nothing is touched."""

import contextlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from logdist_distributor.errors import MalformedBody, Unconvertible
from logdist_distributor.formats import otlp, outgoing, stored
from logdist_distributor.formats.otlp_from_packet import PACKET_ID
from logdist_distributor.formats.packets_from_otlp import attributes_of, value_of
from logdist_distributor.wire import read_envelope

NOW_NS = 1_700_000_000_000_000_000
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
numbers = st.integers(0, (1 << 63) - 1)
plain = st.one_of(
    st.none(),
    texts,
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.recursive(
    plain, lambda of: st.one_of(st.lists(of, max_size=3), st.dictionaries(texts, of, max_size=3)), max_leaves=6
)
fields = st.dictionaries(texts, values, max_size=3)


def fill(pairs: Any, attributes: dict[str, Any]) -> None:
    for key, value in attributes.items():
        pair = pairs.add(key=key)
        pair.value.SetInParent()
        set_value(pair.value, value)


def set_value(into: Any, value: Any) -> None:
    if isinstance(value, bool):
        into.bool_value = value
    elif isinstance(value, int):
        into.int_value = value
    elif isinstance(value, float):
        into.double_value = value
    elif isinstance(value, str):
        into.string_value = value
    elif isinstance(value, list):
        into.array_value.SetInParent()
        for element in value:
            set_value(into.array_value.values.add(), element)
    elif isinstance(value, dict):
        into.kvlist_value.SetInParent()
        fill(into.kvlist_value.values, value)


@st.composite
def requests(draw: st.DrawFn) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    for _ in range(draw(st.integers(1, 3))):
        group = request.resource_logs.add(schema_url=draw(texts))
        group.resource.dropped_attributes_count = draw(st.integers(0, 9))
        fill(group.resource.attributes, draw(fields))
        for _ in range(draw(st.integers(1, 2))):
            scope = group.scope_logs.add(schema_url=draw(texts))
            scope.scope.name, scope.scope.version = draw(texts), draw(texts)
            fill(scope.scope.attributes, draw(fields))
            for _ in range(draw(st.integers(1, 3))):
                record = scope.log_records.add(
                    time_unix_nano=draw(numbers),
                    observed_time_unix_nano=draw(numbers.filter(bool)),
                    severity_number=draw(st.integers(0, 24)),  # type: ignore[arg-type]
                    severity_text=draw(texts),
                    event_name=draw(texts),
                    flags=draw(st.integers(0, 255)),
                    dropped_attributes_count=draw(st.integers(0, 9)),
                    trace_id=draw(st.sampled_from([b"", b"\x01" * 16])),
                    span_id=draw(st.sampled_from([b"", b"\x02" * 8])),
                )
                set_value(record.body, draw(values))
                fill(record.attributes, draw(fields))
    return request


def flat(request: ExportLogsServiceRequest) -> list[Any]:
    """All that a request says of each record, whatever way its records stand together."""
    return [
        (
            attributes_of(group.resource.attributes),
            group.schema_url,
            group.resource.dropped_attributes_count,
            (scope.scope.name, scope.scope.version, attributes_of(scope.scope.attributes), scope.schema_url),
            record.time_unix_nano,
            record.observed_time_unix_nano,
            record.severity_number,
            record.event_name,
            record.trace_id,
            record.span_id,
            record.flags,
            record.dropped_attributes_count,
            value_of(record.body) or "",
            {key: value for key, value in attributes_of(record.attributes).items() if key != PACKET_ID},
        )
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


@given(requests())
def test_otlp_made_a_packet_and_otlp_again_says_the_same(request: ExportLogsServiceRequest) -> None:
    body = request.SerializeToString()
    packet = outgoing.as_packet(body)
    assert b"\n" not in packet
    assert len(read_envelope(packet).messages) == otlp.count(request)
    back = otlp.parse(outgoing.as_otlp(packet))
    assert flat(back) == flat(request)


@given(requests(), requests())
def test_requests_of_otlp_are_joined_without_being_touched(
    one: ExportLogsServiceRequest, other: ExportLogsServiceRequest
) -> None:
    bodies = [one.SerializeToString(), other.SerializeToString()]
    joined = outgoing.body_for("otlp", bodies)
    assert joined == b"".join(bodies)
    assert flat(otlp.parse(joined)) == flat(one) + flat(other)


@given(requests())
def test_a_request_becomes_packets_that_can_be_told_apart_and_read_again(request: ExportLogsServiceRequest) -> None:
    body = request.SerializeToString()
    [(kept, records)] = otlp.packets(request, body, now_ns=NOW_NS)
    read = stored.read_stored(kept)
    assert (kept, records) == (body, otlp.count(request))
    assert stored.is_otlp(kept)
    assert (read.id, read.messages) == (stored.id_of(kept), records)
    assert not stored.is_otlp(outgoing.as_packet(kept))


def test_a_record_without_any_time_gets_the_time_it_came_as_observed() -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "when?"
    [(kept, _)] = otlp.packets(request, request.SerializeToString(), now_ns=NOW_NS)
    [record] = otlp.records(otlp.parse(kept))
    assert (record.time_unix_nano, record.observed_time_unix_nano) == (0, NOW_NS)


def test_a_request_of_very_many_records_becomes_several_packets_with_the_same_resource() -> None:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add(schema_url="https://schema")
    fill(group.resource.attributes, {"service.name": "shop"})
    scope = group.scope_logs.add()
    for number in range(otlp.RECORDS_MAX * 2 + 1):
        scope.log_records.add(time_unix_nano=number + 1)
    parts = otlp.packets(request, request.SerializeToString(), now_ns=NOW_NS)
    assert [records for _, records in parts] == [otlp.RECORDS_MAX, otlp.RECORDS_MAX, 1]
    assert [line for body, _ in parts for line in flat(otlp.parse(body))] == flat(request)


def test_a_request_without_records_is_no_packet() -> None:
    assert otlp.packets(ExportLogsServiceRequest(), b"", now_ns=NOW_NS) == []


@given(st.dictionaries(texts.filter(lambda name: name not in {"level", "message"}), values, max_size=3))
def test_unknown_fields_of_a_message_become_attributes(extra: dict[str, Any]) -> None:
    known = {"timeUnixNano", "body", "attributes", "record", "resource", "scope"}
    extra = {name: value for name, value in extra.items() if name not in known}
    packet = {"id": "p", "timestamp": 7, "messages": [{"level": "info", "message": "text", **extra}], "rack": 4}
    [record] = otlp.records(otlp.parse(outgoing.as_otlp(msgspec.json.encode(packet))))
    assert attributes_of(record.attributes) == {**extra, "rack": 4, PACKET_ID: "p"}
    assert (record.time_unix_nano, record.body.string_value, record.severity_number) == (7_000_000, "text", 9)


def test_a_field_that_is_not_what_otlp_takes_is_kept_as_an_attribute() -> None:
    odd = {"traceId": "xyz", "flags": -1, "timeUnixNano": "soon", "resource": [1], "scope": 5, "severityNumber": 99}
    packet = {"id": "p", "timestamp": 7, "messages": [{"level": "info", "message": "text", **odd}]}
    request = otlp.parse(outgoing.as_otlp(msgspec.json.encode(packet)))
    [record] = otlp.records(request)
    of_resource = attributes_of(request.resource_logs[0].resource.attributes)
    assert attributes_of(record.attributes) | of_resource == odd | {PACKET_ID: "p"}


def test_a_number_that_json_lacks_is_its_name_and_bytes_are_base64() -> None:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.attributes.add(key="nan").value.double_value = math.nan
    record.attributes.add(key="inf").value.double_value = -math.inf
    record.attributes.add(key="bytes").value.bytes_value = b"\xff\x00"
    [message] = json.loads(outgoing.as_packet(request.SerializeToString()))["messages"]
    assert message["attributes"] == {"nan": "nan", "inf": "-inf", "bytes": "/wA="}


def test_records_come_back_byte_for_byte() -> None:
    record = b'{ "b": 1e400, "a":"\\u00e9" }'
    messages = b'{"level":"info","message":"x","record":%b},{"level":"warn","message":"y"}' % record
    packet = b'{"id":"p","timestamp":7,"messages":[%b]}' % messages
    assert outgoing.as_records(packet) == record + b'\n{"timestamp":7,"level":"warn","message":"y"}\n'


def test_what_a_protocol_cannot_say_is_told_apart_from_a_failure() -> None:
    nested = b'{"x":' * 600 + b"1" + b"}" * 600
    body = b'{"id":"p","timestamp":7,"messages":[{"level":"info","message":"m","x":%b}]}' % nested
    read_envelope(body)
    with pytest.raises(Unconvertible, match="cannot be written as otlp"):
        outgoing.body_for("otlp", [body])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_clear_error(body: bytes) -> None:
    for read in (otlp.parse, otlp.parse_json):
        with contextlib.suppress(MalformedBody):
            otlp.packets(read(body), None, now_ns=NOW_NS)


@given(
    st.recursive(
        st.one_of(plain, st.just("00ff")),
        lambda of: st.one_of(
            st.lists(of),
            st.dictionaries(
                st.sampled_from(
                    [
                        "resourceLogs",
                        "scopeLogs",
                        "logRecords",
                        "body",
                        "stringValue",
                        "attributes",
                        "key",
                        "value",
                        "traceId",
                        "timeUnixNano",
                        "kvlistValue",
                    ]
                ),
                of,
            ),
        ),
    )
)
def test_any_json_is_a_request_or_a_clear_error(fields: Any) -> None:
    with contextlib.suppress(MalformedBody):
        otlp.packets(otlp.parse_json(json.dumps(fields).encode()), None, now_ns=NOW_NS)
