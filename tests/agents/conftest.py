"""Log agents as they are installed, sending to a real distributor; the rest is as in the loopback tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "loopback"))
sys.path.insert(0, str(Path(__file__).parent))

from loopback_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        yield site
    finally:
        site.close()
