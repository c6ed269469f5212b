"""What the figures were measured on and with: a figure without its machine says nothing."""

import contextlib
import os
import platform
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil

from logdist_loadtest.bench.contenders import PEERS

FSYNCS = 50
IDLE_MAX = 0.5  # load average of a machine that does nothing else


def describe_machine(wrk_version: str, work: Path) -> list[tuple[str, str]]:
    """Facts for the report, in the order they are shown; `work` is where spools are written."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return [
        ("Date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("CPU", f"{_cpu_model()}, {os.cpu_count()} cores visible"),
        ("Memory", f"{memory_gib:.0f} GiB"),
        ("Kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}, {describe_build()}"),
        ("Spool's disk", f"{_filesystem(work)}, fsync of 4 KiB takes {_fsync_us(work):.0f} us (median of {FSYNCS})"),
        ("Load average before", _load()),
        ("wrk", wrk_version),
        *((peer.title, peer.version()) for peer in PEERS if peer.find()),
        ("distributor", _distributor_version()),
    ]


def describe_briefly() -> str:
    """The same in one line, for what is measured apart from the rest."""
    facts = [datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), f"{_cpu_model()}, {os.cpu_count()} cores visible"]
    facts += [f"load average before {_load()}", f"Python {platform.python_version()}", _commit()]
    return ", ".join(facts)


def describe_build(read: Callable[[str], object] = sysconfig.get_config_var) -> str:
    """How this interpreter was compiled, as far as its own configuration tells.

    PGO_PROF_USE_FLAG is no sign: it is set whether or not the flag was used.
    """
    said = f"{read('CONFIG_ARGS') or ''} {read('PY_CFLAGS') or ''} {read('PY_LDFLAGS') or ''}"
    optimisations = [
        name
        for name, signs in (
            ("profile-guided", ("--enable-optimizations", "-fprofile-use", "-fprofile-instr-use")),
            ("link-time", ("--with-lto", "-flto")),
        )
        if any(sign in said for sign in signs)
    ]
    if not optimisations:
        return "not an optimised build, as far as its configuration tells"
    return f"optimised build ({' and '.join(optimisations)})"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _load() -> str:
    load = os.getloadavg()[0]
    return f"{load:.2f}" + (
        ": others used the machine, trust the ratios more than the figures" if load > IDLE_MAX else ""
    )


def _distributor_version() -> str:
    """Version of the package, and the commit it was measured at."""
    with contextlib.suppress(OSError, metadata.PackageNotFoundError):
        return f"{metadata.version('logdist-distributor')}, {_commit()}"
    return "unknown"


def _commit() -> str:
    git = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    return f"commit {commit or 'unknown'}"


def _filesystem(path: Path) -> str:
    """Type of the file system that holds `path`: the longest mount point above it."""
    absolute = path.absolute()
    mounts = [each for each in psutil.disk_partitions(all=True) if absolute.is_relative_to(each.mountpoint)]
    return max(mounts, key=lambda each: len(each.mountpoint)).fstype if mounts else "unknown"


def _fsync_us(work: Path) -> float:
    path, took_us = work / "fsync-probe", []
    with path.open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            file.write(bytes(4096))
            before_s = time.perf_counter()
            os.fsync(file.fileno())
            took_us.append((time.perf_counter() - before_s) * 1e6)
    path.unlink()
    return statistics.median(took_us)
