"""One cluster for all test processes of a machine: the first starts it, the last stops it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.cluster import Cluster
from lab.layout import cache
from lab.progress import locked


def keep_up(cluster: Cluster) -> None:
    """Have the cluster up, and leave it to people to stop it, even where tests had started it."""
    folder = _folder(cluster)
    with locked(folder.with_suffix(".lock")):
        cluster.up()
        (folder / "started").unlink(missing_ok=True)


@contextmanager
def in_use(cluster: Cluster) -> Iterator[Cluster]:
    """Have the cluster up. Afterwards it goes down, when no other process uses it.

    It stays up when it was up before all of them, or LOGDIST_KEEP_CLUSTER is set.
    """
    folder = _folder(cluster)
    started, mine, lock = folder / "started", folder / str(os.getpid()), folder.with_suffix(".lock")
    with locked(lock):
        folder.mkdir(parents=True, exist_ok=True)
        if not _others(folder, mine):
            started.unlink(missing_ok=True)
        if cluster.up():
            started.touch()
        mine.touch()
    try:
        yield cluster
    finally:
        with locked(lock):
            mine.unlink()
            if started.exists() and not _others(folder, mine) and not os.environ.get("LOGDIST_KEEP_CLUSTER"):
                cluster.down()


def _folder(cluster: Cluster) -> Path:
    return cache() / "uses" / cluster.paths.name


def _others(folder: Path, mine: Path) -> list[Path]:
    """The uses of processes that still run: one that was killed counts no more."""
    return [use for use in folder.iterdir() if use.name.isdigit() and use != mine and Path("/proc", use.name).exists()]
