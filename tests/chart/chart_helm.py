"""Helm for tests: what it renders as objects, what it refuses as text."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from lab.layout import Paths
from lab.progress import locked
from lab.tools import prepare
from render import KUBE_VERSION

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "charts" / "logdist"
SAMPLES: Final = ROOT / "charts" / "logdist-samples"
PROGRAMS: Final = ("helm", "helm3", "kubeconform")
PROFILES: Final = {
    "default": [],
    "demo": ["-f", str(CHART / "values-demo.yaml")],
    "production": ["-f", str(CHART / "values-production.yaml")],
    "guarded": [
        "--set=distributor.ingest.token.enabled=true,locust.enabled=true",
        "--set=distributor.ingest.tls.enabled=true,distributor.ingest.tls.existingSecret=my-certificate",
    ],
    "everything": [
        "--set=operator.allNamespaces=true,operator.api.openReads=true,frontend.enabled=true,locust.enabled=true"
    ],
}

Json = dict[str, Any]
Objects = dict[str, Json]  # by kind and name, as in `Service/logdist-operator`


def binaries(*, build: bool = False) -> Path:
    """The folder of the programs, built when asked for and not there."""
    paths = Paths()
    if build:
        paths.bin.mkdir(parents=True, exist_ok=True)
        with locked(paths.bin.parent / "programs.lock"):
            prepare(paths.bin, PROGRAMS)
    return paths.bin


@dataclass(frozen=True)
class Helm:
    program: Path

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.program), *arguments], check=False, capture_output=True, text=True)

    def template(self, *flags: str, chart: Path = CHART, release: str = "logdist", namespace: str = "logdist") -> str:
        """What it renders. Fails with helm's complaint."""
        where = [release, str(chart), "--namespace", namespace, "--kube-version", KUBE_VERSION]
        done = self.call("template", *where, *flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def objects(self, *flags: str, **options: Any) -> Objects:
        return by_name(self.template(*flags, **options))

    def refusal(self, *flags: str, chart: Path = CHART) -> str:
        """What it says to values that it does not take."""
        done = self.call("template", "logdist", str(chart), "--kube-version", KUBE_VERSION, *flags)
        assert done.returncode != 0, f"{flags} should be refused"
        return done.stderr


def by_name(text: str) -> Objects:
    documents = [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]
    objects = {f"{each['kind']}/{each['metadata']['name']}": each for each in documents}
    assert len(objects) == len(documents), "two objects of one kind and name"
    return objects


def pods(objects: Objects) -> dict[str, Json]:
    """The spec of every pod that these objects lead to."""
    found = {}
    for name, each in objects.items():
        if each["kind"] == "Pod":
            found[name] = each["spec"]
        elif "template" in each.get("spec", {}):
            found[name] = each["spec"]["template"]["spec"]
    return found


def look(found: Any, path: str) -> Any:
    """Follow a path such as `spec/ports/0/port`; None where it ends early.

    `~` stands for a slash within a key, and what begins with `--` is looked for among a container's flags.
    """
    for key in path.split("/") if path else ():
        if isinstance(found, list) and key.startswith("--"):
            found = dict(each.partition("=")[::2] for each in found).get(key)
        elif isinstance(found, list):
            found = found[int(key)] if int(key) < len(found) else None
        elif isinstance(found, dict):
            found = found.get(key.replace("~", "/"))
        else:
            return None
    return found


def setting(key: str, value: Any) -> str:
    return f"--set-json={key}={json.dumps(value)}"


def leaves(values: Any, above: str = "") -> Iterable[str]:
    """The paths of all values that are no map, or an empty one."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from leaves(value, f"{above}.{key}" if above else key)
    else:
        yield above


if __name__ == "__main__":
    print(binaries(build=True) / "helm")
