"""Protocols of other systems, by their own clients: real processes and real sockets, shared with the loopback tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "loopback"))  # whose site these tests use, too

from protocols_site import ProtocolSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ProtocolSite]:
    site = ProtocolSite(tmp_path)
    try:
        yield site
    finally:
        site.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtocolSite]:
    """Return a site with one distributor and one analyser, for tests that only talk."""
    site = ProtocolSite(tmp_path_factory.mktemp("served"))
    try:
        site.serve()
        yield site
    finally:
        site.close()
