"""Starts the demo as a user does, on ports and in folders of its own."""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from demo_process import LIMIT_S, DemoProcess

LOOK_S = 0.05


class Demo(DemoProcess):
    """What a user does with it."""

    def edit(self, name: str, before: str, after: str) -> None:
        """Save as editors do: a new file in the place of the old one."""
        file = self.samples / f"{name}.yaml"
        text = file.read_text()
        assert text.count(before) == 1
        new = file.with_suffix(".new")
        new.write_text(text.replace(before, after))
        new.replace(file)

    def post(self, url: str, body: bytes = b"") -> int:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
            return int(response.status)

    def get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=LIMIT_S) as response:
            return json.loads(response.read())

    def until(self, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first state in which it holds. Fails when the demo ends, or after LIMIT_S."""
        deadline_s = time.monotonic() + LIMIT_S
        state: dict[str, Any] = {}
        while time.monotonic() < deadline_s and not self.has_ended():
            try:
                state = self.get(f"http://127.0.0.1:{self.api}/api/v1/state")
            except OSError:
                state = {}
            if state and state["generation"] and holds(state):
                return state
            time.sleep(LOOK_S)
        raise AssertionError(f"never seen: {state}\n{self.output()}")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    yield demo
    demo.kill()


@pytest.fixture(scope="session")
def demo_class() -> type[Demo]:
    return Demo


def analyser(state: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in state["analysers"] if each["name"] == name)
    return found


@pytest.fixture
def of() -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """`of(state, name)`: one analyser of a state."""
    return analyser


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("LOGDIST_")]:
        monkeypatch.delenv(key)
