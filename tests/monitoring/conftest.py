"""Fixtures of the monitoring tests. Where no Prometheus can be had, those that need one are skipped, and say why."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "loopback"))  # whose distributors these tests use, too

from go_programs import Unavailable, prepare
from monitoring_files import impatient_alerts
from monitoring_prometheus import Prometheus
from monitoring_stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "programs" in getattr(item, "fixturenames", ()):
            # Building Prometheus takes minutes: the usual limit holds for the test itself, not for its fixtures.
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with prometheus and promtool."""
    try:
        return prepare()
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def prometheus(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With the real rules, but patience of a second."""
    one = Prometheus(programs / "prometheus", tmp_path_factory.mktemp("monitoring") / "prometheus", impatient_alerts())
    try:
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def stack(prometheus: Prometheus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    one = Stack(tmp_path_factory.mktemp("stack"), prometheus)
    try:
        yield one
    finally:
        one.close()
