"""Flags and environment, parsed once into a frozen object. Called by __main__."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Never


@dataclass(frozen=True, slots=True)
class Settings:
    host: str
    port: int
    name: str  # shown as `app` in the metrics


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        """One line: the usage text would bury what is wrong."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def parse_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Read the settings; a flag wins over its variable `LOGDIST_<FLAG>`.

    A bad value prints one line naming the flag and exits 2.
    """
    parser = _Parser(
        prog="logdist-analyser",
        description="The sample log analyser: counts levels, rates and message shapes, and can fail on request.",
        epilog="Each flag can also be set by the variable in its brackets; the flag wins.",
        allow_abbrev=False,
    )
    # argparse puts a default that is text through `type` as well, so a variable is checked like its flag.
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default=environ.get("LOGDIST_HOST", "127.0.0.1"),
        type=_name,
        help="address to listen on; 0.0.0.0 is every interface (default 127.0.0.1) [LOGDIST_HOST]",
    )
    parser.add_argument(
        "--port",
        metavar="PORT",
        default=environ.get("LOGDIST_PORT", "8000"),
        type=_port,
        help="TCP port, 0 lets the system choose (default 8000) [LOGDIST_PORT]",
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        default=environ.get("LOGDIST_NAME", "analyser"),
        type=_name,
        help="this analyser's name in metrics and answers (default analyser) [LOGDIST_NAME]",
    )
    return Settings(**vars(parser.parse_args(argv)))


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r} (flag or LOGDIST_PORT)")
    return int(text)
