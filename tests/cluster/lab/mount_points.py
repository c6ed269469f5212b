"""Folders of this machine that every node mounts something over, where only the node sees it.

To remove a folder ends the mounts over it in every mount namespace: the last cluster that uses one removes it.
"""

import fcntl
import os
from pathlib import Path
from typing import Final

# The kubelet and the CNI library have these compiled in.
PATHS: Final = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers")
MARK: Final = ".made-by-logdist-lab"  # in those that were not there before


def hold() -> None:
    """Have them, for as long as this process lives, whatever program it becomes."""
    for path in PATHS:
        if not Path(path).exists():
            Path(path).mkdir(parents=True)
            Path(path, MARK).touch()
        folder = os.open(path, os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_SH)
        os.set_inheritable(folder, True)


def remove() -> None:
    """Remove those that were made for a node, unless another one has them."""
    for path in PATHS:
        if not (mark := Path(path, MARK)).exists():
            continue
        folder = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.unlink()
            Path(path).rmdir()
        except OSError:
            continue  # another node, or somebody else, uses it
        finally:
            os.close(folder)
