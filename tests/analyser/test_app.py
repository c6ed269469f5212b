"""The routes, through the real application (no sockets)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from logdist_analyser.app import create_app
from logdist_analyser.packets import BODY_BYTES_MAX

GOLDEN = Path(__file__).parent.parent / "contract" / "golden"
NDJSON = {"content-type": "application/x-ndjson"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app("errors")) as client:
        yield client


def ndjson(*ids: str) -> bytes:
    return b"\n".join(
        json.dumps({"id": i, "timestamp": 1, "messages": [{"level": "INFO", "message": "m"}]}).encode() for i in ids
    )


def totals(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/custom_metrics").json()
    return answer


def test_one_packet_is_answered_with_its_id(client: TestClient) -> None:
    answer = client.post("/analyse", content=(GOLDEN / "packet.json").read_bytes())
    assert (answer.status_code, answer.json()) == (200, {"id": "a1"})
    assert totals(client) == {"packets": 1, "messages": 2, "alive": True, "app": "errors"}


def test_a_bad_packet_is_400_and_counts_nothing(client: TestClient) -> None:
    answer = client.post("/analyse", content=b'{"id":"a","timestamp":"x","messages":[]}')
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "timestamp: expected `int`, got `str`",
        "reason": "InvalidPacket",
        "field": "timestamp",
    }
    assert totals(client)["packets"] == 0


def test_a_batch_is_accepted_whole_or_names_what_is_not(client: TestClient) -> None:
    whole = client.post("/v1/packets", content=(GOLDEN / "packets.ndjson").read_bytes(), headers=NDJSON)
    assert (whole.status_code, whole.json()) == (200, {"rejected": []})
    partly = client.post("/v1/packets", content=ndjson("b1") + b'\n{"id":"b2"}', headers=NDJSON)
    assert (partly.status_code, partly.json()) == (
        207,
        {"rejected": [{"id": "b2", "error": "timestamp: is missing"}]},
    )
    assert totals(client)["packets"] == 3


def test_repeats_are_accepted_counted_and_dropped(client: TestClient) -> None:
    for _ in range(3):
        assert client.post("/v1/packets", content=ndjson("a", "b", "a"), headers=NDJSON).status_code == 200
    assert client.post("/analyse", content=ndjson("a")).json() == {"id": "a"}
    assert totals(client)["packets"] == 2
    assert "logdist_analyser_repeats_total 8.0" in client.get("/metrics").text
    received = client.get("/internal/received")
    assert received.headers["content-type"].startswith("text/plain")
    assert received.text == "a\t7\nb\t3\n"


def test_a_body_beyond_the_limit_is_413_and_a_compressed_one_415(client: TestClient) -> None:
    assert client.post("/analyse", content=b" " * (BODY_BYTES_MAX + 1)).status_code == 413
    chunks = (b" " * 1024 * 1024 for _ in range(17))  # no Content-Length: found out on the way
    assert client.post("/v1/packets", content=chunks).status_code == 413
    assert client.post("/analyse", content=b"x", headers={"content-encoding": "gzip"}).status_code == 415


def test_the_fail_drill_ends_with_begin(client: TestClient) -> None:
    assert client.post("/internal/simulate/fail").json() == {"failing": True, "slowMs": 0, "refuseRate": 0.0}
    assert client.get("/heartbeat").status_code == 503
    assert client.post("/v1/packets", content=ndjson("a")).status_code == 503
    assert client.post("/analyse", content=ndjson("a")).status_code == 503
    assert totals(client) == {"packets": 0, "messages": 0, "alive": False, "app": "errors"}
    assert client.post("/internal/simulate/begin").json()["failing"] is False
    assert client.get("/heartbeat").status_code == 200
    assert client.post("/analyse", content=ndjson("a")).status_code == 200


def test_the_refuse_drill_refuses_its_share(client: TestClient) -> None:
    assert client.post("/internal/simulate/refuse", params={"rate": 1}).json()["refuseRate"] == 1.0
    assert client.post("/analyse", content=ndjson("a")).status_code == 503
    assert client.get("/heartbeat").status_code == 200
    client.post("/internal/simulate/refuse", params={"rate": 0})
    assert client.post("/analyse", content=ndjson("a")).status_code == 200
    assert client.get("/internal/received").text == "a\t1\n"


def test_the_slow_drill_shows_in_the_handling_time(client: TestClient) -> None:
    assert client.post("/internal/simulate/slow", params={"ms": 30}).json()["slowMs"] == 30
    assert client.post("/analyse", content=ndjson("a")).status_code == 200
    metrics = client.get("/metrics").text
    assert 'logdist_analyser_handling_seconds_bucket{le="0.025"} 0.0' in metrics
    assert "logdist_analyser_handling_seconds_count 1.0" in metrics


@pytest.mark.parametrize(
    "path", ["slow", "slow?ms=-1", "slow?ms=x", "slow?ms=600001", "refuse", "refuse?rate=1.1", "refuse?rate=nan"]
)
def test_a_bad_drill_is_422_and_changes_nothing(client: TestClient, path: str) -> None:
    answer = client.post(f"/internal/simulate/{path}")
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "reason", "field"}
    assert client.post("/analyse", content=ndjson("a")).status_code == 200


def test_the_analysis_and_the_metrics_show_levels(client: TestClient) -> None:
    client.post("/analyse", content=(GOLDEN / "packet.json").read_bytes())
    assert client.get("/analysis").json()["levels"] == {"INFO": 1, "ERROR": 1}
    metrics = client.get("/metrics").text
    assert 'logdist_analyser_messages_total{level="ERROR"} 1.0' in metrics
    assert "logdist_analyser_packets_total 1.0" in metrics


def test_what_is_not_there_answers_in_the_same_shape(client: TestClient) -> None:
    missing = client.get("/nope")
    assert (missing.status_code, missing.json()["reason"]) == (404, "HttpError")
    assert client.get("/analyse").headers["allow"] == "POST"
