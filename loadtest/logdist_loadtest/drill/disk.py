"""A small disk for the spools, which can be full: a tmpfs in a tree of mounts of the game day's own."""

import errno
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from logdist_loadtest.drill.isolate import is_inside
from logdist_loadtest.drill.member import Member
from logdist_loadtest.drill.stack import Settings, fetch

SIZE: Final = "32m"
FAILURES: Final = "logdist_spool_commit_failures_total "


def missing() -> str:
    return "" if is_inside() else "needs mounts of its own (unshare, as root or where users may make namespaces)"


def prepare(folder: Path) -> Settings:
    """Called when the folder is there and empty: puts the small disk where the spools will be."""
    place = _disk(folder)
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "drill", str(place)], check=True)  # noqa: S603, S607
    return Settings(spools=place)


def fill(folder: Path) -> None:
    """Until the kernel says ENOSPC."""
    with (_disk(folder) / "junk").open("wb", buffering=0) as junk:
        for size in (1 << 20, 4096):
            try:
                while True:
                    junk.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def clear(folder: Path) -> None:
    (_disk(folder) / "junk").unlink()


def has_failed(distributors: Iterable[Member]) -> bool:
    """Whether the disk has refused a commit of any of them."""
    metrics = "\n".join(fetch(f"{each.url}/metrics").decode() for each in distributors)
    return any(float(line.split()[1]) for line in metrics.splitlines() if line.startswith(FAILURES))


def _disk(folder: Path) -> Path:
    return folder / "disk"
