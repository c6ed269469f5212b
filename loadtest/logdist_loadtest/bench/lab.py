"""Has `convergence.py` run in a cluster. Who has one is told by a command (`--cluster`), which the bench only calls.

The command knows `status`, `up`, `down`, `audit` and `run COMMAND`, the last in the network of the cluster's node.
"""

import shlex
import subprocess
import sys
from pathlib import Path

import msgspec

from logdist_loadtest.bench.convergence import Convergence, Scale


class NoCluster(RuntimeError):
    """No cluster can be had on this machine; the message says why."""


class ConvergenceError(RuntimeError):
    """The measurement did not come to its end."""


def measure_convergence(lab: str, work: Path, scale: Scale) -> Convergence:
    """Start a cluster unless one runs, measure, and leave it as it was. Raises NoCluster, ConvergenceError."""
    command, output = shlex.split(lab), work / "convergence.json"
    if not command:
        raise NoCluster("none was given (--cluster)")
    work.mkdir(parents=True, exist_ok=True)
    was_up = _run([*command, "status"]).returncode == 0
    if not was_up and (started := _run([*command, "up"])).returncode:
        raise NoCluster(started.stderr.strip().splitlines()[-1].removeprefix("lab: "))
    try:
        program = [sys.executable, "-m", "logdist_loadtest.bench.convergence", "--lab", lab, "--work", str(work)]
        program += ["--output", str(output), "--scale", msgspec.json.encode(scale).decode()]
        done = subprocess.run([*command, "run", *program], stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ConvergenceError(" ".join(done.stderr.strip().splitlines()[-1:]))
        return msgspec.json.decode(output.read_bytes(), type=Convergence)
    finally:
        if not was_up:
            _run([*command, "down"])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
