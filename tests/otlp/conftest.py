"""OTLP with real clients and servers, an OpenTelemetry Collector among them; the rest is as in the loopback tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "loopback"))
sys.path.insert(0, str(Path(__file__).parent))

from go_programs import COLLECTOR, Unavailable, prepare
from loopback_fixtures import site
from otlp_receiver import Receiver

__all__ = ["site"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


@pytest.fixture(scope="session")
def collector_program() -> Path:
    """The Collector, built from its Go modules; built once, it is there in milliseconds."""
    try:
        return prepare(COLLECTOR) / "collector"
    except Unavailable as error:
        pytest.skip(str(error))
