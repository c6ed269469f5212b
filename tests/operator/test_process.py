"""The program as it is run: a process, its signals, its exit codes, its API."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from operator_harness import analyser

COMMAND = [sys.executable, "-m", "logdist_operator", "--distributor", "http://127.0.0.1:1", "--api-port", "0"]


class Process:
    """The operator as a child; its log is read line by line."""

    def __init__(self, folder: Path) -> None:
        arguments = ["--analysers", str(folder), "--state-dir", str(folder.parent / "state")]
        self.child = subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.url = self.until_logged(r"API on (http://\S+)")

    def until_logged(self, pattern: str) -> str:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found.group(1) if found.groups() else line
        raise AssertionError(f"never logged {pattern}: {self.lines}")

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.child.send_signal(number)
        _, rest = self.child.communicate(timeout=30)
        self.lines += rest.splitlines(keepends=True)
        return self.child.returncode


@pytest.fixture
def process(folder: Path) -> Iterator[Process]:
    (folder / "a.yaml").write_text(analyser("a"))
    process = Process(folder)
    yield process
    process.child.kill()
    process.child.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(process: Process, number: int) -> None:
    process.until_logged("generation 1")
    assert process.stop(number) == 0
    assert not any("Traceback" in line for line in process.lines)


def test_the_api_answers(process: Process) -> None:
    process.until_logged("generation 1")
    state: dict[str, Any] = json.loads(process.get("/api/v1/state")[1])
    assert state["generation"] == 1
    [mine] = state["analysers"]
    assert {condition["type"] for condition in mine["conditions"]} == {"Accepted", "Registered", "Healthy", "Ready"}
    assert mine["share"] == {"wanted": 100.0, "got": None}
    [pod] = state["pods"]
    assert pod["acked"] is False
    assert process.get("/healthz")[0] == 200
    assert process.get("/readyz")[0] == 200
    schemas = json.loads(process.get("/openapi.json")[1])["components"]["schemas"]
    assert {"generation", "digest", "source", "analysers", "pods"} <= set(schemas["State"]["properties"])


def test_the_metrics_have_the_names_that_dashboards_use(process: Process) -> None:
    process.until_logged("generation 1")
    deadline_s = time.monotonic() + 20
    while 'logdist_registry_pods{state="unreachable"} 1.0' not in (text := process.get("/metrics")[1]):
        assert time.monotonic() < deadline_s, text
    for name in (
        "logdist_registry_generation 1.0",
        'logdist_registry_push_total{result="unreachable"}',
        "logdist_registry_propagation_seconds_bucket",
        "logdist_list_age_seconds",
    ):
        assert name in text


def test_an_empty_folder_is_waited_for_and_said_not_ready(folder: Path) -> None:
    process = Process(folder)
    try:
        process.until_logged("no YAML file")
        status, reason = process.get("/readyz")
        assert status == 503
        assert "no YAML file" in reason
        (folder / "a.yaml").write_text(analyser("a"))
        process.until_logged("generation 1")
        assert process.get("/readyz")[0] == 200
    finally:
        process.child.kill()
        process.child.communicate()


def test_a_distributor_that_stays_away_is_logged_once(process: Process) -> None:
    """Counted after the operator has tried and failed many times."""
    process.until_logged("does not answer yet")
    deadline_s = time.monotonic() + 60
    while not re.search(r'push_total{result="unreachable"} [5-9]', process.get("/metrics")[1]):
        assert time.monotonic() < deadline_s
    process.stop()
    assert sum("http://127.0.0.1:1 " in line for line in process.lines) == 1


def test_bad_settings_end_with_two_and_one_line() -> None:
    done = subprocess.run([*COMMAND, "--host", "x"], capture_output=True, text=True, env={}, timeout=60, check=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("logdist-operator: say where the analysers are: --analysers (LOGDIST_ANALYSERS)")


def test_a_port_in_use_ends_with_one_and_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = [*COMMAND[:-1], port, "--analysers", str(folder), "--state-dir", str(folder.parent / "state")]
        done = subprocess.run(arguments, capture_output=True, text=True, env=dict(os.environ), timeout=60, check=False)
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1 port" in done.stderr
    assert len(done.stderr.splitlines()) == 1
