"""The operator's settings: flags first, then `LOGDIST_*` in the environment, then defaults. Read once, at start."""

import argparse
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from logdist_operator.auth import read_token
from logdist_operator.errors import SettingsError

HOST: Final = "127.0.0.1"
API_PORT: Final = 8082
DESCRIPTION: Final = """\
Compile the Analyser objects of a folder into a registry, push it to every distributor, and serve what they report.
"""
EPILOG: Final = """\
A flag wins over its environment variable. The folder is watched; a file that breaks keeps what it held before.
"""


@dataclass(frozen=True, slots=True)
class Settings:
    analysers: Path  # folder with the YAML files
    distributors: tuple[str, ...]  # base URLs of their control ports
    token_file: Path | None
    host: str
    api_port: int  # 0: any free one
    state_dir: Path


def parse_settings(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings. Raises SettingsError with one line that names the flag and what is wrong with its value."""
    flags = _parser().parse_args(arguments)
    folder = _text(flags.analysers, environ, "ANALYSERS")
    if not folder:
        raise SettingsError("--analysers (LOGDIST_ANALYSERS) is missing: the folder with the YAML files")
    urls = flags.distributor or [part for part in environ.get("LOGDIST_DISTRIBUTOR", "").split(",") if part.strip()]
    if not urls:
        raise SettingsError("--distributor (LOGDIST_DISTRIBUTOR) is missing: the control URL of at least one")
    distributors = tuple(_url(url.strip()) for url in urls)
    if len(set(distributors)) != len(distributors):
        raise SettingsError("--distributor: the same URL is given twice")
    token = _text(flags.token_file, environ, "TOKEN_FILE")
    state = _text(flags.state_dir, environ, "STATE_DIR")
    analysers = Path(folder).absolute()
    state_dir = Path(state).absolute() if state else default_state_dir(analysers, environ)
    if not analysers.is_dir() and not state_dir.exists():  # with a state it is the folder of old, not mounted now
        raise SettingsError(f"--analysers: there is no folder {folder}")
    if state_dir == analysers:
        raise SettingsError("--state-dir: must not be the folder of the analysers, which is watched")
    return Settings(
        analysers=analysers,
        distributors=distributors,
        token_file=_token_file(token) if token else None,
        host=_text(flags.host, environ, "HOST") or HOST,
        api_port=_port(_text(flags.api_port, environ, "API_PORT") or str(API_PORT)),
        state_dir=state_dir,
    )


def default_state_dir(analysers: Path, environ: Mapping[str, str]) -> Path:
    """Return a directory of its own for each watched folder: two folders must not share one generation count."""
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local" / "state")
    digest = hashlib.sha256(os.fsencode(analysers.resolve())).hexdigest()[:8]
    return Path(base) / "logdist" / f"operator-{analysers.name}-{digest}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("logdist-operator", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)

    def add(flag: str, metavar: str, what: str, default: str, *, is_list: bool = False) -> None:
        env = "LOGDIST_" + flag.removeprefix("--").replace("-", "_").upper()
        described = f"{what} (default: {default}; env: {env})"
        parser.add_argument(flag, metavar=metavar, help=described, action="append" if is_list else "store")

    add("--analysers", "DIR", "folder with the Analyser objects, *.yaml and *.yml", "none, required")
    add(
        "--distributor",
        "URL",
        "control port of a distributor, for example http://127.0.0.1:8081; repeat it for each, "
        "in the environment separate them by commas",
        "none, required",
        is_list=True,
    )
    add("--token-file", "FILE", "file with the bearer token of the distributors; read anew when it changes", "no token")
    add("--host", "ADDRESS", "address the API listens on", HOST)
    add("--api-port", "PORT", "TCP port of the API; 0 takes any free one", str(API_PORT))
    add(
        "--state-dir",
        "DIR",
        "directory that keeps the generation of the registry; never the watched folder",
        "~/.local/state/logdist/operator-<name and hash of the folder>",
    )
    return parser


def _text(flag: str | None, environ: Mapping[str, str], name: str) -> str:
    return flag if flag is not None else environ.get(f"LOGDIST_{name}", "")


def _url(text: str) -> str:
    try:
        url = urlsplit(text)
        is_good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    else:
        is_good = is_good and "@" not in url.netloc and url.path in {"", "/"} and not url.query and not url.fragment
    if not is_good:
        raise SettingsError(f"--distributor: {text!r} is not of the form http://host:port")
    return text.rstrip("/")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"--api-port: {text!r} is not a port from 0 to 65535")
    return int(text)


def _token_file(text: str) -> Path:
    path = Path(text).absolute()
    try:
        read_token(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"--token-file: {text}: {error}") from error
    return path
