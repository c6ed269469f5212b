"""One run of `wrk`, the load generator: one thread, a lua script of this package, figures back as JSON."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"
EMPTY_PACKET_BYTES = 68  # of data/packet.lua
EMPTY_MESSAGE_BYTES = 30
GRACE_S = 30.0  # wrk ends by itself; this much later something is broken


class WrkMissingError(RuntimeError):
    """No `wrk` on this machine."""

    def __init__(self) -> None:
        super().__init__("wrk is not installed; it makes the load for every run. Debian, Ubuntu: apt-get install wrk")


class WrkError(RuntimeError):
    """`wrk` gave no figures; the message holds what it said instead."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent: how many connections, and what one request holds."""

    connections: int
    script: str = "packet.lua"  # in data/
    packets_per_request: int = 1
    content: "Content | None" = None  # None: the packet of 365 bytes with two messages


@dataclass(frozen=True, slots=True)
class Content:
    """A packet of other than the usual size."""

    messages: int
    text_bytes: int  # of each message

    @property
    def packet_bytes(self) -> int:
        return EMPTY_PACKET_BYTES + self.messages * (EMPTY_MESSAGE_BYTES + self.text_bytes)


@dataclass(frozen=True, slots=True)
class WrkFigures:
    """What `wrk` saw. Latency is from the first byte sent to the answer's end."""

    requests: int
    duration_s: float
    p50_us: float
    p99_us: float
    max_us: float
    errors_status: int  # answers other than 2xx and 3xx
    errors_socket: int  # connections refused, reset, cut; reads and writes that failed
    errors_timeout: int  # answers that took more than 2 s

    @property
    def completed(self) -> int:
        """Requests that got a 2xx or 3xx."""
        return self.requests - self.errors_status

    @property
    def errors(self) -> int:
        return self.errors_status + self.errors_socket + self.errors_timeout


def find_wrk() -> Path:
    """Where `wrk` is. Raises WrkMissingError."""
    found = shutil.which("wrk")
    if found is None:
        raise WrkMissingError
    return Path(found)


def run_wrk(wrk: Path, url: str, load: Load, seconds: float, run_id: str) -> WrkFigures:
    """Send `load` to `url` for `seconds`. `run_id` goes into every packet's id: no id is ever sent twice.

    Raises WrkError.
    """
    command = [
        str(wrk),
        "-t1",
        f"-c{load.connections}",
        f"-d{max(1, round(seconds))}s",
        "-s",
        str(DATA / load.script),
        url,
    ]
    with subprocess.Popen(  # noqa: S603
        [*command, "--", run_id, str(load.packets_per_request), *_shape(load.content)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as popen:
        try:
            said, _ = popen.communicate(timeout=seconds + GRACE_S)
        except subprocess.TimeoutExpired as late:
            raise WrkError(f"wrk did not end within {seconds + GRACE_S:g} s") from late
        finally:
            popen.kill()  # nothing when it has ended
    return parse_figures(said)


def _shape(content: Content | None) -> list[str]:
    return [str(content.messages), str(content.text_bytes)] if content else []


def parse_figures(said: str) -> WrkFigures:
    """The figures in what `wrk` printed: the last line that is JSON, written by data/packet.lua. Raises WrkError."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            return WrkFigures(**json.loads(line))
    raise WrkError(f"wrk gave no figures: {said.strip()[-400:]}")


def wrk_version(wrk: Path) -> str:
    """The first line of `wrk -v`, without its copyright."""
    said = subprocess.run([str(wrk), "-v"], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    first = (said.stdout + said.stderr).partition("\n")[0]
    return first.partition(" Copyright")[0].strip() or "unknown"
