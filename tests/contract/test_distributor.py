"""The distributor's end of the wire: it takes and gives what the golden files say."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

GOLDEN = Path(__file__).parent / "golden"
LIMIT_S = 30


def golden(name: str) -> Any:
    return json.loads((GOLDEN / name).read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The control port of a running distributor."""
    port = free_port()
    flags = {"ingest-port": free_port(), "control-port": port, "spool-dir": tmp_path_factory.mktemp("spool")}
    command = [sys.executable, "-m", "logdist_distributor", *(f"--{name}={value}" for name, value in flags.items())]
    with subprocess.Popen(command) as process, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                client.get("/healthz")
                break
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < deadline
        yield client
        process.terminate()


def shape(value: Any) -> Any:
    """Keys and types; lists by their first element, numbers alike, and null for one that nobody knows yet."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "number" if isinstance(value, int | float | None) and not isinstance(value, bool) else type(value).__name__


def test_the_registry_is_taken_and_acknowledged(control: httpx.Client) -> None:
    answer = control.put("/control/v1/registry", content=(GOLDEN / "registry.json").read_bytes())
    assert answer.status_code == 200
    assert answer.json() | {"instanceId": ""} == golden("registry_ack.json") | {"instanceId": ""}


def test_the_registry_reads_back_as_it_was_sent(control: httpx.Client) -> None:
    test_the_registry_is_taken_and_acknowledged(control)
    held = control.get("/control/v1/registry").json()
    assert held.pop("instanceId")
    assert held == golden("registry.json")


def test_an_older_generation_is_a_conflict(control: httpx.Client) -> None:
    test_the_registry_is_taken_and_acknowledged(control)
    answer = control.put("/control/v1/registry", json=golden("registry.json") | {"generation": 3})
    assert answer.status_code == 409
    assert shape(answer.json()) == shape(golden("registry_conflict.json"))


def test_a_bad_snapshot_is_refused_with_reasons(control: httpx.Client) -> None:
    answer = control.put("/control/v1/registry", json=golden("registry.json") | {"digest": "0" * 64, "generation": 8})
    assert answer.status_code == 422
    assert shape(answer.json()) == shape(golden("registry_refused.json"))


def test_the_status_has_every_field(control: httpx.Client) -> None:
    test_the_registry_is_taken_and_acknowledged(control)
    assert shape(control.get("/control/v1/status").json()) == shape(golden("status.json"))
