"""Waits for what programs of other processes tell nobody."""

import time
from collections.abc import Callable
from typing import Final

LOOK_S: Final = 0.05  # how finely times of a drill are measured
LIMIT_S: Final = 180.0


class NeverHappened(RuntimeError):
    """What a drill waited for did not come. The message says what."""


def until(what: str, holds: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Return once `holds()` is true. Raises NeverHappened. One that cannot be asked (OSError) does not hold yet."""
    deadline_s = time.monotonic() + limit_s
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        if time.monotonic() > deadline_s:
            raise NeverHappened(f"not within {limit_s:g} s: {what}")
        time.sleep(LOOK_S)
