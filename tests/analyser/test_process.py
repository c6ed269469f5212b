"""The command itself: starts, serves, ends with 0 on SIGTERM."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "logdist_analyser", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(r"running on (http://\S+)", line):
            return match[1]
    pytest.fail("the analyser ended before it listened")


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0(process: subprocess.Popen[str], stop: signal.Signals) -> None:
    url = url_of(process)
    assert httpx.get(f"{url}/heartbeat", trust_env=False).status_code == 200
    process.send_signal(stop)
    assert process.wait(timeout=60) == 0
