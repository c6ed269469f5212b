"""Puts the game day into a network and a tree of mounts of its own, so that it can break both without anybody noticing.

No right is needed where users may make namespaces; elsewhere the drills that need them are left out, and say so.
"""

import os
import subprocess
import sys
from typing import Final

MARK: Final = "LOGDIST_DRILL_INSIDE"
WAYS: Final = (("unshare", "--net", "--mount"), ("unshare", "--map-root-user", "--net", "--mount"))
LOOPBACK_UP: Final = "ip link set lo up"


def is_inside() -> bool:
    return os.environ.get(MARK) == "yes"


def enter() -> None:
    """Start this program anew inside; return where that cannot be, or when it has been done."""
    if is_inside():
        return
    for way in WAYS:
        if _works(way):
            again = [*way, "sh", "-c", f'{LOOPBACK_UP} && exec "$@"', "sh", *sys.orig_argv]
            os.execvpe(again[0], again, {**os.environ, MARK: "yes"})  # noqa: S606  # this very program


def _works(way: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run([*way, "sh", "-c", LOOPBACK_UP], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0
