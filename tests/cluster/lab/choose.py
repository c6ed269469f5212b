"""Which way to a cluster this machine offers."""

import os
import shutil
import sys

from lab import cgroups
from lab.cluster import Cluster
from lab.errors import Unavailable
from lab.kind import KindCluster, against_kind
from lab.namespaces import NamespaceCluster


def choose(name: str = "main") -> Cluster:
    """kind where Docker runs, else namespaces. Unavailable, with the reasons, when neither can be had."""
    if not (no_kind := against_kind()):
        return KindCluster(name)
    if reason := _against_namespaces():
        raise Unavailable(f"no cluster on this machine: {no_kind}; and without Docker: {reason}")
    return NamespaceCluster(name)


def _against_namespaces() -> str:
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if os.geteuid() != 0:
        return "it needs root, as in `sudo make cluster`"
    if not cgroups.is_version_1():
        return "it needs cgroup version 1 and this machine has version 2, so install Docker and kind"
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return "it needs unshare and nsenter, so install util-linux"
    return ""
