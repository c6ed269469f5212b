"""Write what follows from the charts: the CRD's copy, `manifests/`, and the tables of values in the READMEs.

`make manifests` runs it with the path of helm. tests/chart/test_drift.py holds the files to what it would write.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
CHARTS: Final = ROOT / "charts"
MANIFESTS: Final = ROOT / "manifests"
CRD: Final = ROOT / "operator" / "logdist_operator" / "crd.yaml"
NAMESPACE: Final = "logdist"
KUBE_VERSION: Final = "1.37.2"  # a helm 3 that was built from its module takes a very old one for granted
HELMS_OWN: Final = ("# Source: ", "app.kubernetes.io/managed-by: ", "helm.sh/chart: ")  # lines of no use to kubectl
MARKS: Final = ("<!-- values: written by make manifests -->", "<!-- end of values -->")


@dataclass(frozen=True)
class Rendered:
    """One file below manifests/, and the templates it consists of."""

    file: str
    about: str
    templates: tuple[str, ...]
    chart: str = "logdist"
    settings: tuple[str, ...] = (
        "distributor.existingSecret=logdist-distributor-token",
        "operator.api.existingSecret=logdist-operator-api-token",
    )


RENDERED: Final = (
    Rendered(
        "operator-rbac.yaml",
        "To serve all namespaces, apply operator-rbac-all-namespaces.yaml as well.",
        ("operator/rbac.yaml",),
    ),
    Rendered(
        "operator-rbac-all-namespaces.yaml",
        "Only for an operator with --all-namespaces.",
        ("operator/rbac-all-namespaces.yaml",),
        settings=("operator.allNamespaces=true",),
    ),
    Rendered(
        "operator.yaml",
        "The operator.",
        tuple(f"operator/{name}.yaml" for name in ("deployment", "service", "networkpolicy")),
    ),
    Rendered(
        "distributor.yaml",
        "The distributors.",
        tuple(f"distributor/{name}.yaml" for name in ("statefulset", "services", "pdb", "networkpolicy")),
    ),
    Rendered(
        "analysers/analysers.yaml",
        "Three sample analysers.",
        ("analysers.yaml", "services.yaml", "deployments.yaml"),
        chart="logdist-samples",
        settings=(),
    ),
)


def copies() -> dict[Path, str]:
    """The CRD is written in one place. The chart and manifests/ carry it as it is."""
    text = CRD.read_text(encoding="utf-8")
    return {CHARTS / "logdist" / "files" / "crd.yaml": text, MANIFESTS / "crd.yaml": text}


def manifests(helm: Path) -> dict[Path, str]:
    return {MANIFESTS / each.file: render(helm, each) for each in RENDERED}


def readmes() -> dict[Path, str]:
    return {path: with_table(path) for path in sorted(CHARTS.glob("*/README.md"))}


def render(helm: Path, wanted: Rendered) -> str:
    """Render the templates under the names that the release `logdist` gives."""
    command = [str(helm), "template", "logdist", str(CHARTS / wanted.chart), "--namespace", NAMESPACE]
    command += ["--kube-version", KUBE_VERSION]
    command += [f"--set={setting}" for setting in wanted.settings]
    command += [f"--show-only=templates/{template}" for template in wanted.templates]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith(HELMS_OWN)]
    head = f"# {wanted.about}\n# Written by `make manifests` from charts/{wanted.chart}: change it there."
    return "\n".join([head, *lines]) + "\n"


def with_table(readme: Path) -> str:
    """The README with the table of values between its marks."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    return f"{before}{MARKS[0]}\n{table(readme.with_name('values.yaml'))}\n{MARKS[1]}{after}"


def table(values: Path) -> str:
    rows = ["| value | default | |", "|---|---|---|"]
    rows += [f"| `{key}` | `{json.dumps(default)}` | {about} |" for key, default, about in described(values)]
    return "\n".join(rows)


def described(values: Path) -> list[tuple[str, Any, str]]:
    """Each value with a comment `# --` above it: its path, its default, and the comment."""
    text = values.read_text(encoding="utf-8")
    loaded, found = yaml.safe_load(text), []
    path: list[tuple[int, str]] = []  # the keys that a line stands below, with their indents
    about = ""
    for line in text.splitlines():
        words = line.strip()
        if words.startswith("# -- "):
            about = words.removeprefix("# -- ")
        elif ":" in words and not words.startswith(("#", "-")):
            indent = len(line) - len(line.lstrip())
            path = [(at, key) for at, key in path if at < indent] + [(indent, words.partition(":")[0])]
            if about:
                keys = [key for _, key in path]
                found.append((".".join(keys), look(loaded, keys), about))
                about = ""
    return found


def look(loaded: Any, keys: list[str]) -> Any:
    for key in keys:
        loaded = loaded[key]
    return loaded


def main() -> None:
    helm = Path(sys.argv[1])
    for step in (copies, lambda: manifests(helm), readmes):
        for path, text in step().items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
