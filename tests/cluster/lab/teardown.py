"""The end of a cluster made of namespaces. Also for one that is half started, or whose node has died."""

import os
import shutil
import signal
from pathlib import Path

from lab import cgroups
from lab.errors import LabError
from lab.layout import Paths
from lab.progress import wait_until


def remove_state(paths: Paths) -> None:
    """Kill the node, with which everything in it ends, and remove cgroups, mount points and files; keep the logs."""
    _kill(paths)
    state = paths.state
    if left := cgroups.remove([Path(line) for line in _lines(state / "cgroups")]):
        raise LabError(f"cgroups still in use: {left}; see which processes are in their cgroup.procs")
    if mounts := [line.split()[4] for line in _lines(Path("/proc/self/mountinfo")) if f"{state}/" in line]:
        raise LabError(f"still mounted, so not removed: {mounts}")
    if paths.log.exists():
        shutil.rmtree(paths.last_log, ignore_errors=True)
        paths.last_log.parent.mkdir(parents=True, exist_ok=True)
        paths.log.rename(paths.last_log)
    for path in _lines(state / "made"):
        try:
            Path(path).rmdir()
        except OSError:
            continue  # somebody else uses it by now
    shutil.rmtree(state)


def _kill(paths: Paths) -> None:
    for pid in _processes(paths):
        os.kill(pid, signal.SIGKILL)
    wait_until("the node ends", lambda: not _processes(paths), seconds=30, interval_s=0.02)


def _processes(paths: Paths) -> list[int]:
    """The `unshare` process of the node and its child. When that child dies, the kernel has ended all the others."""
    pids = _lines(paths.state / "unshare.pid")
    if not pids or f"lab.node\0init\0{paths.name}\0" not in _read(Path(f"/proc/{pids[0]}/cmdline")):
        return []
    children = _read(Path(f"/proc/{pids[0]}/task/{pids[0]}/children")).split()
    return [int(pid) for pid in (*children, pids[0])]


def _lines(path: Path) -> list[str]:
    return _read(path).splitlines()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
