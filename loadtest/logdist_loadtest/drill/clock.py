"""Another wall clock for the parts of a stack, by libfaketime, which answers in place of the kernel.

Linux can give processes a monotonic clock of their own, but not a wall clock. What measures durations by the monotonic
clock is not touched, as with a real jump; times of files stay those of the kernel, as with a real jump.
"""

import importlib.util
import os
import time
import urllib.request
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from logdist_loadtest.drill.stack import TIMEOUT_S, Settings
from logdist_loadtest.load.watch import OPENER

LIBRARY: Final = "vendor/libfaketime/src/libfaketime.so.1"
NEAR_S: Final = 60.0


def missing() -> str:
    return "" if _library() else "needs libfaketime, on Linux"


def prepare(folder: Path) -> Settings:
    set_offset(folder, 0)
    environ = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(_file(folder)),
        "FAKETIME_CACHE_DURATION": "1",  # seconds until the file is read again
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    return Settings(environ=environ)


def set_offset(folder: Path, seconds: int) -> None:
    """The wall clock of every part is the kernel's and so many seconds."""
    fresh = _file(folder).with_suffix(".fresh")
    fresh.write_text(f"{seconds:+d}\n")
    fresh.replace(_file(folder))


def is_at(url: str, seconds: int) -> bool:
    """Whether the operator that answers there has that offset, by the date in its answer. Raises OSError.

    Distributors and analysers send no date; they read the same file, every second.
    """
    request = urllib.request.Request(url)  # noqa: S310  # our own programs
    with OPENER.open(request, timeout=TIMEOUT_S) as answer:
        seen_s = parsedate_to_datetime(answer.headers["date"]).timestamp()
    return abs(seen_s - time.time() - seconds) < NEAR_S


def _file(folder: Path) -> Path:
    return folder / "clock"


def _library() -> Path | None:
    found = importlib.util.find_spec("libfaketime")
    path = Path(found.origin).parent / LIBRARY if found and found.origin else None
    return path if path and path.exists() and os.name == "posix" else None
