"""The programs that build images, and how they are called."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from lab.errors import LabError
from lab.progress import say

PACKAGES: Final = ("buildah", "mmdebstrap")  # each has a program of its name


def has_docker() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0


def install_packages() -> None:
    """Install what builds without Docker, where it is missing and there is apt."""
    if os.geteuid() != 0:
        raise LabError("building images without Docker needs root, as in `sudo make images`")
    missing = [package for package in PACKAGES if shutil.which(package) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise LabError(f"missing programs: install what Debian calls {' '.join(missing)}")
    say(f"installing {' '.join(missing)}")
    run(["apt-get", "update", "-q"])
    run(["apt-get", "install", "-qy", "--no-install-recommends", *missing])


def buildah(folder: Path, *arguments: str) -> str:
    """Run buildah on a store of its own below `folder`, so that it never meets the machine's images."""
    store = folder / "buildah"
    (store / "tmp").mkdir(parents=True, exist_ok=True)
    where = [f"--root={store}/root", f"--runroot={store}/run"]
    return run(["buildah", *where, *arguments], TMPDIR=str(store / "tmp"))


def run(command: list[str], **environ: str) -> str:
    """Return what a command prints. LabError with the end of all it said when it fails."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **environ}
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise LabError(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout
