"""A cluster for one test process. Tests stop parts of it: nobody else may use it, nor they that of `make cluster`."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from lab.choose import choose
from lab.cluster import Cluster
from lab.layout import cache


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """The first of `test-0`, `test-1`, ... that no other process has, up. It stays up if LOGDIST_KEEP_CLUSTER is set.

    One that a killed process has left behind is taken over. Unavailable when this machine can have none.
    """
    for number in itertools.count():
        cluster = choose(f"test-{number}")
        cache().mkdir(parents=True, exist_ok=True)
        with (cache() / f"{cluster.paths.name}.lock").open("w") as lock:
            if not _is_taken(lock):
                yield from _up(cluster)
                return


def _is_taken(lock: IO[str]) -> bool:
    """Take it, for as long as the file is open, unless somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _up(cluster: Cluster) -> Iterator[Cluster]:
    cluster.up()
    try:
        yield cluster
    finally:
        if not os.environ.get("LOGDIST_KEEP_CLUSTER"):
            cluster.down()
