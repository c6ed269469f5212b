import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture
def stub_wrk(tmp_path: Path) -> Path:
    """Something that is started like `wrk` and needs none on the machine."""
    path = tmp_path / "wrk"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / "stub_wrk.py"} "$@"\n')
    path.chmod(0o755)
    return path
