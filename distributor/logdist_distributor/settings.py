"""What can be set, once at start: by flag, or by the environment variable of the same name (`LOGDIST_...`).

One table serves the parser, the help text and the environment.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from logdist_distributor.ingest.intake import Balance

MIB = 1 << 20


def option(default: Any, about: str, *, choices: Sequence[str] = (), lowest: float | None = None) -> Any:
    """A field that is a flag too."""
    return field(default=default, metadata={"about": about, "choices": tuple(choices), "lowest": lowest})


@dataclass(frozen=True)
class Settings:
    """The settings of one distributor."""

    host: str = option("127.0.0.1", "address to listen on; 0.0.0.0 or :: for every interface")
    ingest_port: int = option(8080, "TCP port for senders; several distributors may share it", lowest=0)
    control_port: int = option(8081, "TCP port for the operator and Prometheus", lowest=0)
    spool_dir: Path = option(Path("spool"), "folder for packets on disk and the saved registry; one per distributor")
    spool_bytes: int = option(1024 * MIB, "bytes of payload the spool may hold; its file may take twice that", lowest=1)
    memory_bytes: int = option(96 * MIB, "bytes of payload held in memory; the rest waits on disk", lowest=1)
    ack: str = option(
        "safe", "when a sender gets its 202: delivered or on disk, or at once", choices=("safe", "memory")
    )
    balance_by: str = option("packets", "what a share is counted in", choices=[unit.value for unit in Balance])
    max_connection_age: float = option(300.0, "seconds after which a sender's connection is closed; 0: never", lowest=0)
    drain_seconds: float = option(
        20.0, "when stopping: seconds in which it delivers what it holds, as long as an analyser takes it", lowest=0
    )
    registry_file: Path | None = option(
        None, "registry to start from where it is newer than the saved one: a mounted ConfigMap"
    )
    token_file: Path | None = option(
        None, "file with the bearer tokens of the control port, one a line; without it: loopback only"
    )
    ingest_token_file: Path | None = option(
        None, "file with the bearer tokens of the port for senders, one a line; without it: everybody may send"
    )
    tls_cert: Path | None = option(None, "PEM file with the certificate, and its chain, of the port for senders: https")
    tls_key: Path | None = option(None, "PEM file with the key of that certificate, not encrypted")


def parse(argv: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Flags win over the environment, the environment over defaults. Ends the process with 2 on a bad value."""
    parser = argparse.ArgumentParser(
        prog="logdist-distributor", description="Deals packets of log messages to analysers by weight."
    )
    for setting in fields(Settings):
        about, choices = setting.metadata["about"], setting.metadata["choices"]
        variable = f"LOGDIST_{setting.name.upper()}"
        default = environment.get(variable, setting.default)
        shown = "" if setting.default is None else f"default {setting.default}, "
        parser.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=_reader(setting.type, choices, setting.metadata["lowest"]),
            default=default,
            metavar="|".join(choices) or setting.name.upper(),
            help=f"{about} ({shown}env {variable})",
        )
    settings = Settings(**vars(parser.parse_args(argv)))
    if (settings.tls_cert is None) != (settings.tls_key is None):
        parser.error("--tls-cert and --tls-key: give both, or neither")
    return settings


def _reader(kind: Any, choices: tuple[str, ...], lowest: float | None) -> Callable[[str], Any]:
    make: Callable[[str], Any] = Path if kind == Path | None else kind

    def read(text: str) -> Any:
        try:
            value = make(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not {make.__name__}") from error
        if choices and value not in choices:
            raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(choices)}")
        if lowest is not None and value < lowest:
            raise argparse.ArgumentTypeError(f"{text} is below {lowest:g}")
        return value

    return read
