"""Signals to what runs in a pod, from outside: no program in the pod is needed, and SIGKILL reaches its process 1."""

import os
from pathlib import Path

from lab.cluster import Cluster
from lab.errors import LabError


def signal_pod(cluster: Cluster, namespace: str, pod: str, number: int) -> None:
    """Send a signal to process 1 of each container of a pod. LabError when none runs."""
    statuses = cluster.get("-n", namespace, "pod", pod)["status"].get("containerStatuses", [])
    ids = [each["containerID"].rpartition("/")[2] for each in statuses if "running" in each["state"]]
    found = [pid for pid in first_processes() if any(each in _read(pid, "cgroup") for each in ids)]
    if not ids or not found:
        raise LabError(f"no container of {namespace}/{pod} runs")
    for pid in found:
        os.kill(pid, number)


def first_processes() -> list[int]:
    """The processes that are number 1 in a namespace of their own, as this machine numbers them."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if _numbers(pid)[1:] and _numbers(pid)[-1] == "1"]


def _numbers(pid: int) -> list[str]:
    lines = _read(pid, "status").splitlines()
    return next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [])


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:  # it has ended
        return ""
