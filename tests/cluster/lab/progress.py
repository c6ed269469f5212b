"""What people see while they wait."""

import fcntl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError

_BEGAN_S = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - _BEGAN_S:6.1f} s  {text}", file=sys.stderr, flush=True)


def wait_until(what: str, is_so: Callable[[], bool], *, seconds: float, interval_s: float = 0.1) -> bool:
    """Ask until it is so, and return True. An OSError or LabError counts as not yet; LabError after `seconds`."""
    deadline_s = time.monotonic() + seconds
    while True:
        try:
            if is_so():
                return True
        except (OSError, LabError) as error:
            reason = f" ({error})"
        else:
            reason = ""
        if time.monotonic() > deadline_s:
            raise LabError(f"{what}: not within {seconds:.0f} s{reason}")
        time.sleep(interval_s)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes. It ends with the process, so nothing stale can stay behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process starts or stops the cluster: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
