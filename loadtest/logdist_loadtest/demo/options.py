"""What the demo can be told. Called by __main__; `make demo` tells it nothing."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLES: Final = Path("manifests/samples")
FOLDER: Final = Path(".demo")
UI: Final = Path("frontend/dist")
RATE_PER_S: Final = 200.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is. Ports of analysers stand in their YAML files."""

    analysers: Path
    folder: Path  # spool, state and logs; emptied at start
    ui: Path  # the built web UI; the demo does without where it is not built
    ingest_port: int
    control_port: int
    api_port: int

    @property
    def ingest(self) -> str:
        return f"http://127.0.0.1:{self.ingest_port}"

    @property
    def control(self) -> str:
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def has_ui(self) -> bool:
        return (self.ui / "index.html").is_file()

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


@dataclass(frozen=True, slots=True)
class Options(Places):
    """The settings of one demo."""

    files: tuple[Path, ...]  # log files to send; none: those of this machine
    rate_per_s: float
    seconds: float | None  # stop by itself, and check; None: run until Ctrl-C
    picture: Path | None  # an SVG of the last table


def parse_options(argv: Sequence[str]) -> Options:
    """Read the arguments. A bad one exits 2."""
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="A distributor, an operator and an analyser for every sample, on the logs of this machine.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="log files to send (default: /var/log)")
    add_places(parser, FOLDER)
    parser.add_argument(
        "--rate", dest="rate_per_s", type=_above_0, default=RATE_PER_S, metavar="R", help="packets/s (%(default)g)"
    )
    parser.add_argument("--seconds", type=_above_0, metavar="N", help="stop after so long and check what was delivered")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="save the last table as SVG")
    options = vars(parser.parse_args(argv))
    return Options(**options | {"files": tuple(options["files"])})


def add_places(parser: argparse.ArgumentParser, folder: Path) -> None:
    """The arguments of Places."""
    parser.add_argument("--analysers", type=Path, default=SAMPLES, metavar="DIR", help="Analysers (%(default)s)")
    parser.add_argument("--folder", type=Path, default=folder, metavar="DIR", help="emptied at start (%(default)s)")
    parser.add_argument("--ui", type=Path, default=UI, metavar="DIR", help="the built web UI (%(default)s)")
    parser.add_argument("--ingest-port", type=_port, default=8080, metavar="PORT", help="for senders (%(default)s)")
    parser.add_argument("--control-port", type=_port, default=8081, metavar="PORT", help="its control (%(default)s)")
    parser.add_argument("--api-port", type=_port, default=8082, metavar="PORT", help="the operator (%(default)s)")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return int(text)


def _above_0(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value
