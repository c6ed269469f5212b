"""The operator's settings: flags first, then `LOGDIST_*` in the environment, then defaults. Read once, at start."""

import argparse
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from logdist_operator.auth import read_tokens
from logdist_operator.errors import SettingsError

HOST: Final = "127.0.0.1"
API_PORT: Final = 8082
IN_A_POD: Final = "KUBERNETES_SERVICE_HOST"  # Kubernetes sets it in every container
REGISTRY_CONFIGMAP: Final = "logdist-registry"
DESCRIPTION: Final = """\
Compile Analyser objects into a registry, push it to every distributor, and serve what they report. The objects come
from a folder (--analysers), or from Kubernetes (--namespace, --all-namespaces; in a pod the default is its namespace).
"""
EPILOG: Final = """\
A flag wins over its environment variable. Outside of a cluster, Kubernetes is reached by $KUBECONFIG.
"""


@dataclass(frozen=True, slots=True)
class Folder:
    """Analysers as YAML files."""

    path: Path
    state_dir: Path
    secrets_dir: Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """Analysers as objects of a Kubernetes API."""

    namespace: str  # empty: the operator's own
    is_clusterwide: bool
    configmap: str  # keeps the registry
    service: str  # of the distributors; empty: they are given by URL


@dataclass(frozen=True, slots=True)
class Settings:
    source: Folder | Cluster
    distributors: tuple[str, ...]  # base URLs of their control ports
    token_file: Path | None
    host: str
    api_port: int  # 0: any free one
    api_token_file: Path | None  # None: the API answers this machine only
    is_api_read_open: bool
    ingest_url: str  # where distributors take packets; empty: the API sends none
    ingest_token_file: Path | None
    ingest_ca_file: Path | None
    ui: Path | None  # folder with the built web UI; None: none is served


def parse_settings(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings. Raises SettingsError with one line that names the flag and what is wrong with its value."""
    flags = _parser().parse_args(arguments)
    urls = flags.distributor or [part for part in environ.get("LOGDIST_DISTRIBUTOR", "").split(",") if part.strip()]
    distributors = tuple(_url("--distributor", url.strip()) for url in urls)
    if len(set(distributors)) != len(distributors):
        raise SettingsError("--distributor: the same URL is given twice")
    token = _text(flags.token_file, environ, "TOKEN_FILE")
    api_token = _text(flags.api_token_file, environ, "API_TOKEN_FILE")
    ingest_url = _text(flags.ingest_url, environ, "INGEST_URL")
    ingest_token = _text(flags.ingest_token_file, environ, "INGEST_TOKEN_FILE")
    ingest_ca = _text(flags.ingest_ca_file, environ, "INGEST_CA_FILE")
    return Settings(
        source=_source(flags, environ, has_urls=bool(distributors)),
        distributors=distributors,
        token_file=_token_file("--token-file", token) if token else None,
        host=_text(flags.host, environ, "HOST") or HOST,
        api_port=_port(_text(flags.api_port, environ, "API_PORT") or str(API_PORT)),
        api_token_file=_token_file("--api-token-file", api_token) if api_token else None,
        is_api_read_open=flags.api_open_reads or _is_set(environ, "API_OPEN_READS"),
        ingest_url=_url("--ingest-url", ingest_url) if ingest_url else "",
        ingest_token_file=_token_file("--ingest-token-file", ingest_token) if ingest_token else None,
        ingest_ca_file=Path(ingest_ca).absolute() if ingest_ca else None,
        ui=_ui(_text(flags.ui, environ, "UI")),
    )


def _source(flags: argparse.Namespace, environ: Mapping[str, str], *, has_urls: bool) -> Folder | Cluster:
    folder = _text(flags.analysers, environ, "ANALYSERS")
    namespace = _text(flags.namespace, environ, "NAMESPACE")
    is_clusterwide = flags.all_namespaces or _is_set(environ, "ALL_NAMESPACES")
    service = _text(flags.distributor_service, environ, "DISTRIBUTOR_SERVICE")
    if has_urls == bool(service):
        raise SettingsError(
            "give either --distributor (LOGDIST_DISTRIBUTOR), the control URL of each distributor, "
            "or --distributor-service (LOGDIST_DISTRIBUTOR_SERVICE), their headless Service"
        )
    if folder:
        if namespace or is_clusterwide or service:
            raise SettingsError("--analysers: a folder has no namespace and no Service; leave out the one or the other")
        secrets = _text(flags.secrets_dir, environ, "SECRETS_DIR")
        return _folder(folder, _text(flags.state_dir, environ, "STATE_DIR"), secrets, environ)
    if namespace and is_clusterwide:
        raise SettingsError("--namespace, --all-namespaces: choose one")
    if not (namespace or is_clusterwide or IN_A_POD in environ):
        raise SettingsError(
            "say where the analysers are: --analysers (LOGDIST_ANALYSERS), a folder with YAML files, "
            "or --namespace or --all-namespaces of the Kubernetes that $KUBECONFIG leads to"
        )
    configmap = _text(flags.registry_configmap, environ, "REGISTRY_CONFIGMAP") or REGISTRY_CONFIGMAP
    return Cluster(namespace, is_clusterwide, configmap, service)


def _ui(folder: str) -> Path | None:
    if folder and not (Path(folder) / "index.html").is_file():
        raise SettingsError(f"--ui: there is no {folder}/index.html: build the frontend first")
    return Path(folder) if folder else None


def _folder(folder: str, state: str, secrets: str, environ: Mapping[str, str]) -> Folder:
    path = Path(folder).absolute()
    state_dir = Path(state).absolute() if state else default_state_dir(path, environ)
    if not path.is_dir() and not state_dir.exists():  # with a state it is the folder of old, not mounted now
        raise SettingsError(f"--analysers: there is no folder {folder}")
    if state_dir == path:
        raise SettingsError("--state-dir: must not be the folder of the analysers, which is watched")
    return Folder(path, state_dir, Path(secrets).absolute() if secrets else path.parent / "secrets")


def default_state_dir(analysers: Path, environ: Mapping[str, str]) -> Path:
    """Return a directory of its own for each watched folder: two folders must not share one generation count."""
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".local" / "state")
    digest = hashlib.sha256(os.fsencode(analysers.resolve())).hexdigest()[:8]
    return Path(base) / "logdist" / f"operator-{analysers.name}-{digest}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("logdist-operator", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)

    def add(flag: str, metavar: str, what: str, default: str, *, action: str = "store") -> None:
        env = "LOGDIST_" + flag.removeprefix("--").replace("-", "_").upper()
        described = f"{what} (default: {default}; env: {env})"
        if action == "store_true":
            parser.add_argument(flag, help=described, action=action)
        else:
            parser.add_argument(flag, metavar=metavar, help=described, action=action)

    add("--analysers", "DIR", "folder with the Analyser objects, *.yaml and *.yml", "Kubernetes, in a pod")
    add(
        "--secrets-dir",
        "DIR",
        "folder with the Secrets that they name, as DIR/<name>/<key>; read anew when it changes",
        "`secrets` beside that folder",
    )
    add("--namespace", "NAME", "namespace with the Analyser objects", "the operator's own, in a pod")
    add("--all-namespaces", "", "take the Analyser objects of every namespace", "of one", action="store_true")
    add(
        "--distributor",
        "URL",
        "control port of a distributor, for example http://127.0.0.1:8081; repeat it for each, "
        "in the environment separate them by commas",
        "found by --distributor-service",
        action="append",
    )
    add(
        "--distributor-service",
        "NAME",
        "headless Service of the distributors, in the operator's namespace; its port `control` is theirs",
        "none",
    )
    add("--registry-configmap", "NAME", "ConfigMap that keeps the registry, in Kubernetes", REGISTRY_CONFIGMAP)
    add("--token-file", "FILE", "file with the bearer token of the distributors; read anew when it changes", "no token")
    add("--host", "ADDRESS", "address the API listens on", HOST)
    add("--api-port", "PORT", "TCP port of the API; 0 takes any free one", str(API_PORT))
    add(
        "--api-token-file",
        "FILE",
        "file with the bearer token that the API asks for; read anew when it changes",
        "none, only this machine is answered",
    )
    add("--api-open-reads", "", "let anybody read the API without a token", "no", action="store_true")
    add("--ingest-url", "URL", "where distributors take packets, for POST /api/v1/packets", "none")
    add("--ingest-token-file", "FILE", "file with the bearer token that distributors ask of senders", "no token")
    add("--ingest-ca-file", "FILE", "PEM file with the authority of an https --ingest-url", "those of the system")
    add("--ui", "DIR", "folder with the built web UI, served at /", "none")
    add(
        "--state-dir",
        "DIR",
        "directory that keeps the generation of the registry; never the watched folder",
        "~/.local/state/logdist/operator-<name and hash of the folder>",
    )
    return parser


def _text(flag: str | None, environ: Mapping[str, str], name: str) -> str:
    return flag if flag is not None else environ.get(f"LOGDIST_{name}", "")


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(f"LOGDIST_{name}", "").lower() in {"1", "true", "yes"}


def _url(flag: str, text: str) -> str:
    try:
        url = urlsplit(text)
        is_good = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    else:
        is_good = is_good and "@" not in url.netloc and url.path in {"", "/"} and not url.query and not url.fragment
    if not is_good:
        raise SettingsError(f"{flag}: {text!r} is not of the form http://host:port")
    return text.rstrip("/")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"--api-port: {text!r} is not a port from 0 to 65535")
    return int(text)


def _token_file(flag: str, text: str) -> Path:
    path = Path(text).absolute()
    try:
        read_tokens(path)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{flag}: {text}: {error}") from error
    return path
