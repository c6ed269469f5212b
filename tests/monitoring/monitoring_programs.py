"""Prometheus and promtool, built from the pinned module in prometheus/ and kept in the cache beside the lab's programs.

The version stands in prometheus/go.mod alone; there, `go get -tool github.com/prometheus/prometheus/cmd/...@VERSION`
changes it. It is built without its web pages, which no test needs, and finds targets in files and in Kubernetes only.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

MODULE: Final = Path(__file__).parent / "prometheus"
PACKAGE: Final = "github.com/prometheus/prometheus"
PROGRAMS: Final = ("prometheus", "promtool")
TAGS: Final = "remove_all_sd,enable_kubernetes_sd"


class Unavailable(Exception):
    """Prometheus cannot be had here, and why."""


def folder() -> Path:
    base = os.environ.get("LOGDIST_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "logdist")
    return Path(base).expanduser().absolute() / "monitoring" / "bin"


def version() -> str:
    """As of the image: the module v0.316.0 is Prometheus 3.16.0."""
    found = re.search(rf"^\s*{re.escape(PACKAGE)} v0\.(\d)(\d+)\.(\d+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert found, f"go.mod does not require {PACKAGE}"
    return f"{found[1]}.{int(found[2])}.{found[3]}"


def prepare() -> Path:
    """The folder with both programs; where they are there, it takes milliseconds. Raises Unavailable."""
    at = folder()
    at.mkdir(parents=True, exist_ok=True)
    with (at / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of one test run do not build it twice
        stamp, wanted = at / ".stamp", _fingerprint()
        if not (stamp.exists() and stamp.read_text() == wanted and all((at / name).exists() for name in PROGRAMS)):
            _build(at)
            stamp.write_text(wanted)
    return at


def _build(at: Path) -> None:
    if shutil.which("go") is None:
        raise Unavailable("Prometheus is built with Go: install Go 1.26 or later from https://go.dev/dl")
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    linked = f"-s -w -X github.com/prometheus/common/version.Version={version()}"
    for name in PROGRAMS:
        fresh = at / f".{name}.new"
        command = [
            "go",
            "build",
            "-trimpath",
            "-tags",
            TAGS,
            "-ldflags",
            linked,
            "-o",
            str(fresh),
            f"{PACKAGE}/cmd/{name}",
        ]
        done = subprocess.run(command, cwd=MODULE, env=env, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(f"building {name} failed; is there a network? {done.stderr[-800:]}")
        fresh.replace(at / name)


def _fingerprint() -> str:
    digest = hashlib.sha256(TAGS.encode())
    for name in ("go.mod", "go.sum"):
        digest.update((MODULE / name).read_bytes())
    return digest.hexdigest()
