"""Fixtures of the charts' tests: helm 3, helm 4 and kubeconform. No cluster is needed, and Go only to build them."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "cluster"))  # whose lab builds the programs
sys.path.insert(2, str(Path(__file__).parents[2] / "charts"))

from chart_helm import PROGRAMS, Helm, binaries


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "programs" in getattr(item, "fixturenames", ()):
            # Building helm takes minutes: the usual limit holds for the test itself, not for its fixtures.
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with helm, helm3, kubeconform and kubectl."""
    if shutil.which("go") is None and not all((binaries() / name).exists() for name in PROGRAMS):
        pytest.skip("helm and kubeconform are built with Go: install Go 1.26 or later from https://go.dev/dl")
    return binaries(build=True)


@pytest.fixture(scope="session", params=["helm", "helm3"])
def helm(request: pytest.FixtureRequest, programs: Path) -> Helm:
    """Helm 4, then Helm 3."""
    return Helm(programs / request.param)


@pytest.fixture(scope="session")
def helm4(programs: Path) -> Helm:
    return Helm(programs / "helm")
