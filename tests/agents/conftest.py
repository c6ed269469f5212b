"""Log agents as they are installed, sending to a real distributor; the rest is as in the loopback tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "loopback"))
sys.path.insert(0, str(Path(__file__).parent))

from loopback_fixtures import site

__all__ = ["site"]
