"""Fixtures of the operator's tests. The harness is a plain module beside this file."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from operator_harness import FakeDistributor


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for analysers."""
    path = tmp_path / "analysers"
    path.mkdir()
    return path


@pytest.fixture
async def distributor(anyio_backend: str) -> AsyncIterator[FakeDistributor]:
    """Return a distributor's control port, up and without a registry."""
    fake = FakeDistributor()
    await fake.start()
    yield fake
    await fake.stop()
