"""Refusals are what a client of OTLP expects: a google.rpc.Status in the encoding of the request."""

import gzip
import json
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from loopback_distributor import OPENER, Distributor
from loopback_site import Site
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from otlp_receiver import Receiver, otlp

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


def record() -> bytes:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add().body.string_value = "a record"
    return request.SerializeToString()


def post(distributor: Distributor, body: bytes, content_type: str, **headers: str) -> tuple[int, HTTPMessage, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"http://127.0.0.1:{distributor.port}/v1/logs"
    request = urllib.request.Request(url, body, {"content-type": content_type, **named})
    try:
        with OPENER.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def status_in(headers: HTTPMessage, body: bytes) -> tuple[int, str]:
    if headers["content-type"] == JSON:
        told: dict[str, Any] = json.loads(body)
        return told["code"], told["message"]
    assert headers["content-type"] == PROTOBUF
    status = Status.FromString(body)
    return status.code, status.message


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_bad_bytes_are_an_invalid_argument_and_nothing_is_stored(site: Site, content_type: str) -> None:
    distributor = site.distributor()
    code, headers, body = post(distributor, b"{no request", content_type)
    status, message = status_in(headers, body)
    assert (code, status) == (400, Code.INVALID_ARGUMENT)
    assert message.startswith("the body is no OTLP log request")
    assert distributor.ledger()["accepted"] == 0


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_overload_is_unavailable_with_the_time_to_come_back(site: Site, content_type: str) -> None:
    distributor = site.distributor("--spool-bytes", "1")
    body = record() if content_type == PROTOBUF else b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'
    code, headers, answer = post(distributor, body, content_type)
    assert (code, headers["retry-after"]) == (503, "1")
    assert status_in(headers, answer)[0] == Code.UNAVAILABLE


def test_a_bomb_is_too_large_and_stays_small(site: Site) -> None:
    distributor = site.distributor()
    before = distributor.process.memory_info().rss
    code, headers, body = post(distributor, gzip.compress(bytes(200 << 20)), PROTOBUF, content_encoding="gzip")
    assert (code, status_in(headers, body)[0]) == (413, Code.RESOURCE_EXHAUSTED)
    assert distributor.process.memory_info().rss - before < 100 << 20


def test_a_type_or_an_encoding_nobody_reads_is_415(site: Site) -> None:
    distributor = site.distributor()
    assert post(distributor, b"a: 1", "application/yaml")[0] == 415
    assert post(distributor, record(), PROTOBUF, content_encoding="br")[0] == 415


def test_a_sender_without_the_token_is_unauthenticated(site: Site, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token")
    distributor = site.distributor("--ingest-token-file", str(tmp_path / "token"))
    code, headers, body = post(distributor, record(), PROTOBUF)
    assert (code, status_in(headers, body)[0]) == (401, Code.UNAUTHENTICATED)
    assert post(distributor, record(), PROTOBUF, authorization="Bearer a-token")[0] == 200


def test_success_is_an_empty_response_in_the_encoding_of_the_request(site: Site, receiver: Receiver) -> None:
    distributor = site.distributor()
    distributor.register(otlp(receiver))
    code, headers, body = post(distributor, record(), PROTOBUF)
    assert (code, headers["content-type"]) == (200, PROTOBUF)
    assert ExportLogsServiceResponse.FromString(body) == ExportLogsServiceResponse()
    code, headers, body = post(distributor, b'{"resourceLogs":[]}', JSON)
    assert (code, headers["content-type"], body) == (200, JSON, b"{}")
