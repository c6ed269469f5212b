"""Which way to a cluster this machine offers."""

import os
import shutil
import sys

from lab import cgroups
from lab.cluster import Cluster
from lab.errors import Unavailable
from lab.namespaces import NamespaceCluster


def choose(name: str = "main") -> Cluster:
    """Namespaces. Unavailable, with the reason, when it cannot be had."""
    if reason := _against_namespaces():
        raise Unavailable(reason)
    return NamespaceCluster(name)


def _against_namespaces() -> str:
    if not sys.platform.startswith("linux"):
        return "a cluster needs Linux, or Docker and kind"
    if os.geteuid() != 0:
        return "a cluster without Docker needs root: try `sudo make cluster`, or install Docker and kind"
    if not cgroups.is_version_1():
        return (
            "a cluster without Docker needs cgroup version 1, and this machine has version 2: install Docker and kind"
        )
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return "a cluster without Docker needs unshare and nsenter: install util-linux"
    return ""
