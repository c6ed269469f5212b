"""Programs that tests run beside ours, built from pinned Go modules and kept in the cache beside the lab's.

Their versions stand in the go.mod of each folder alone; there, `go get PACKAGE@VERSION` changes them (with `-tool`
where it lists tools). Prometheus is built without its web pages, which no test needs, and finds targets in files and in
Kubernetes only.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MONITORING: Final = Path(__file__).parent / "monitoring"


class Unavailable(Exception):
    """A program cannot be had here, and why."""


@dataclass(frozen=True)
class Module:
    """A Go module, and the programs that are built of it: name -> package."""

    folder: Path  # of its go.mod; its name is that of the folder in the cache
    path: str
    programs: dict[str, str]
    tags: str = ""
    kept: tuple[str, ...] = ()  # folders of its sources that tests read

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def version(self) -> str:
        """As in go.mod."""
        found = re.search(rf"^\s*{re.escape(self.path)} v(\S+)", (self.folder / "go.mod").read_text(), re.MULTILINE)
        assert found, f"go.mod does not require {self.path}"
        return found[1]


PROMETHEUS: Final = Module(
    MONITORING / "prometheus",
    "github.com/prometheus/prometheus",
    {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
    tags="remove_all_sd,enable_kubernetes_sd",
)
OPERATOR: Final = Module(
    MONITORING / "prometheus-operator",
    "github.com/prometheus-operator/prometheus-operator",
    {
        name: f"github.com/prometheus-operator/prometheus-operator/cmd/{package}"
        for name, package in (("prometheus-operator", "operator"), ("prometheus-config-reloader",) * 2)
    },
    kept=("example/prometheus-operator-crd", "example/rbac/prometheus-operator"),
)
COLLECTOR: Final = Module(
    Path(__file__).parent / "otlp" / "collector",
    "go.opentelemetry.io/collector/otelcol",
    {"collector": "."},
)


def version() -> str:
    """As of the image: the module v0.316.0 is Prometheus 3.16.0."""
    found = re.fullmatch(r"0\.(\d)(\d+)\.(\d+)", PROMETHEUS.version)
    assert found
    return f"{found[1]}.{int(found[2])}.{found[3]}"


def prepare(module: Module = PROMETHEUS) -> Path:
    """The folder with its programs; where they are there, it takes milliseconds. Raises Unavailable."""
    base = os.environ.get("LOGDIST_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "logdist")
    at = Path(base).expanduser().absolute() / "programs" / module.name
    at.mkdir(parents=True, exist_ok=True)
    with (at / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of one test run do not build it twice
        stamp, wanted = at / ".stamp", _fingerprint(module)
        if not (
            stamp.exists() and stamp.read_text() == wanted and all((at / name).exists() for name in module.programs)
        ):
            _build(module, at)
            stamp.write_text(wanted)
    return at


def _build(module: Module, at: Path) -> None:
    if shutil.which("go") is None:
        raise Unavailable(f"{module.name} is built with Go: install Go 1.26 or later from https://go.dev/dl")
    linked = f"-s -w -X github.com/prometheus/common/version.Version={_linked(module)}"
    flags = ["-trimpath", "-ldflags", linked, *(["-tags", module.tags] if module.tags else [])]
    for name, package in module.programs.items():
        fresh = at / f".{name}.new"
        _go(module, "build", *flags, "-o", str(fresh), package)
        fresh.replace(at / name)
    for folder in module.kept:
        source = Path(_go(module, "list", "-m", "-f", "{{.Dir}}", module.path).strip(), folder)
        shutil.rmtree(at / folder, ignore_errors=True)
        shutil.copytree(source, at / folder, copy_function=shutil.copyfile)  # there, files are read-only


def _linked(module: Module) -> str:
    return version() if module is PROMETHEUS else module.version


def _go(module: Module, *arguments: str) -> str:
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
    command = ["go", *arguments]
    done = subprocess.run(command, cwd=module.folder, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"building {module.name} failed; is there a network? {done.stderr[-800:]}")
    return done.stdout


def _fingerprint(module: Module) -> str:
    digest = hashlib.sha256(repr((module.programs, module.tags, module.kept)).encode())
    for file in sorted(module.folder.glob("*")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
