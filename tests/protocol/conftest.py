"""The harness and the strategies are plain modules beside this file."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from protocol_harness import Ways

logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # thousands of warnings about what is sent on purpose


@pytest.fixture(scope="session")
def ways() -> Iterator[Ways]:
    """Return the ways a stream of bytes can be answered, all in one event loop."""
    built = Ways()
    yield built
    built.loop.close()
