"""`logdist-send`: turn the lines of log files into packets and post them."""

import argparse
import asyncio
import math
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Never

import uvloop

from logdist_loadtest.send.connection import Target, build_target, read_token
from logdist_loadtest.send.progress import build_display
from logdist_loadtest.send.run import Options, send
from logdist_loadtest.send.source import STDIN, check_files
from logdist_loadtest.send.totals import Totals, summary

URL: Final = "http://127.0.0.1:8080/v1/packets"
YES: Final = frozenset({"1", "true", "yes"})
COUNT_MAX: Final = 10_000  # of lines: the distributor takes no more messages in a packet
SIGNALLED: Final = 128  # plus the signal's number: a shell's way of saying what ended a command


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        """One line: the usage text would bury what is wrong."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def main() -> None:
    """Exit 0 when every packet was accepted, 1 when not, 2 for bad arguments, 130 after Ctrl-C."""
    parser = build_parser(os.environ)
    options = parse_options(sys.argv[1:], parser)
    try:
        total_bytes = check_files(options.files)
    except OSError as error:
        parser.error(f"cannot read {error.filename}: {error.strerror}")
    sys.exit(uvloop.run(_run(options, None if options.is_looping else total_bytes)))


def parse_options(argv: Sequence[str], parser: argparse.ArgumentParser) -> Options:
    """Read the arguments. A bad one prints one line naming it and exits 2."""
    args = parser.parse_args(argv)
    files = tuple(args.files) or (STDIN,)
    if files.count(STDIN) > 1 or (args.loop and STDIN in files):
        parser.error("standard input can be read only once" + (", --loop needs files" if args.loop else ""))
    return Options(
        target=replace(args.url, token_file=args.token_file, ca_file=args.ca_file),
        files=files,
        packet_lines=args.packet_lines,
        rate_per_s=args.rate,
        is_looping=args.loop,
        connections=args.connections,
    )


async def _run(options: Options, total_bytes: int | None) -> int:
    totals, stopping = Totals(), asyncio.Event()
    signals: list[int] = []

    def stop(signum: int) -> None:
        signals.append(signum)
        stopping.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop, signum)
    if STDIN in options.files and sys.stdin.isatty():
        print("reading standard input, Ctrl-D ends it", file=sys.stderr)
    started_s = time.monotonic()
    display = build_display(total_bytes)
    try:
        await send(options, totals, display, stopping)
    finally:
        display.close()
    print(summary(totals, time.monotonic() - started_s), flush=True)
    if signals:
        return SIGNALLED + signals[0]
    return 1 if totals.has_failed else 0


def build_parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    """Every flag can be set by its variable `LOGDIST_<FLAG>` too; the flag wins."""
    parser = _Parser(
        prog="logdist-send",
        description="Send the lines of log files, plain or gzip, as packets. Levels and times are recognised.",
        epilog="A packet is sent again, with the same id, until it is accepted or refused for good. "
        "Each flag can also be set by the variable in its brackets; the flag wins.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="what to send; standard input if none, or -")

    def add(flag: str, metavar: str, kind: Callable[[str], object], default: str | None, about: str) -> None:
        variable = "LOGDIST_" + flag.removeprefix("--").replace("-", "_").upper()
        # argparse puts a default that is text through `type` as well, so a variable is checked like its flag.
        parser.add_argument(
            flag, metavar=metavar, type=kind, default=environ.get(variable, default), help=f"{about} [{variable}]"
        )

    add("--url", "URL", _target, URL, f"where to (default {URL})")
    add("--packet-lines", "N", _count, "10", "lines in a packet (default 10)")
    add("--rate", "R", _rate, None, "packets per second at most (default: as fast as they are accepted)")
    add("--connections", "C", _count, "4", "requests in flight at once (default 4)")
    add("--token-file", "FILE", _token_file, None, "file whose first line is the bearer token to show (default: none)")
    add("--ca-file", "FILE", _ca_file, None, "PEM file with the authorities to trust (default: the system's)")
    parser.add_argument(
        "--loop",
        action="store_true",
        default=environ.get("LOGDIST_LOOP", "").lower() in YES,
        help="start over at the end of the files, until Ctrl-C (default: no) [LOGDIST_LOOP, 1 or true]",
    )
    return parser


def _target(text: str) -> Target:
    try:
        return build_target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _token_file(text: str) -> Path:
    try:
        read_token(Path(text))
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"cannot use {text}: {error}") from error
    return Path(text)


def _ca_file(text: str) -> Path:
    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot use {text}: {error}") from error
    return Path(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= COUNT_MAX:
        raise argparse.ArgumentTypeError(f"expected an integer from 1 to {COUNT_MAX}, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        raise argparse.ArgumentTypeError(f"expected packets per second above 0, got {text!r}")
    return rate


if __name__ == "__main__":
    main()
