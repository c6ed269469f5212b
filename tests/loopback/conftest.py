"""Fixtures of the loopback tests: real processes and real sockets. The helpers are plain modules beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from loopback_fixtures import site

__all__ = ["site"]
