"""The node's own cgroups: a child of the caller's in every hierarchy of version 1. The node sees them as the root."""

import os
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path("/sys/fs/cgroup")
WAIT_S: Final = 30.0  # for the last processes of a killed node to end


def hierarchies() -> list[tuple[str, str, str]]:
    """(folder below /sys/fs/cgroup, mount option, this process's path) of every version 1 hierarchy.

    Read whole before anything moves: joining a cgroup shifts what the kernel has not yet printed.
    """
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers.startswith("name="):
            found.append((controllers.removeprefix("name="), f"none,{controllers}", path))
        elif controllers:
            found.append((controllers, controllers, path))
    return found


def is_version_1() -> bool:
    return any(folder == "memory" for folder, _, _ in hierarchies()) and (ROOT / "memory").is_dir()


def join(name: str) -> list[Path]:
    """Move this process into the cgroups called `name`, made where missing. Returns their folders."""
    joined = []
    for folder, _, path in hierarchies():
        parent = ROOT / folder / path.lstrip("/")
        child = parent / name
        child.mkdir(exist_ok=True)
        if folder == "cpuset":  # starts empty, and then takes no process
            for setting in ("cpuset.cpus", "cpuset.mems"):
                (child / setting).write_text((parent / setting).read_text())
        (child / "cgroup.procs").write_text(str(os.getpid()))
        joined.append(child)
    return joined


def remove(folders: list[Path]) -> list[Path]:
    """Remove cgroups and what is below them. Returns those that are still there after WAIT_S."""
    deadline_s = time.monotonic() + WAIT_S
    while left := [folder for folder in folders if folder.exists()]:
        for folder in left:
            for below in sorted(folder.glob("**/"), reverse=True):  # children before their parents
                try:
                    below.rmdir()
                except OSError:  # a process of it is still ending
                    break
        if time.monotonic() > deadline_s:
            break
        time.sleep(0.02)
    return left
