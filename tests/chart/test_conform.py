"""helm lint and kubeconform find nothing to say."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import schemas
from chart_helm import CHART, KUBE_VERSION, PROFILES, ROOT, SAMPLES, Helm, setting
from render import CRD


@pytest.mark.parametrize("profile", PROFILES)
def test_helm_lint_finds_nothing(helm: Helm, profile: str) -> None:
    done = helm.call("lint", "--strict", "--kube-version", KUBE_VERSION, str(CHART), *PROFILES[profile])
    assert done.returncode == 0, done.stdout + done.stderr


def test_helm_lint_finds_nothing_in_the_samples(helm: Helm) -> None:
    done = helm.call("lint", "--strict", "--kube-version", KUBE_VERSION, str(SAMPLES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def location(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The schemas of Kubernetes, with those of Analyser and Certificate beside them."""
    folder = tmp_path_factory.mktemp("schemas")
    for path in (*schemas.FOLDER.iterdir(), schemas.CERTIFICATE):
        (folder / path.name).symlink_to(path)
    (folder / "analyser-logdist-v1alpha1.json").write_text(schemas.custom(CRD.read_text()))
    return str(folder / "{{.ResourceKind}}{{.KindSuffix}}.json")


def kubeconform(programs: Path, location: str, text: str) -> tuple[int, Any]:
    command = [str(programs / "kubeconform"), "-strict", "-output", "json", "-schema-location", location, "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=text)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("profile", [*PROFILES, "samples"])
def test_what_is_rendered_has_the_form_of_its_kind(helm: Helm, programs: Path, location: str, profile: str) -> None:
    text = helm.template(chart=SAMPLES) if profile == "samples" else helm.template(*PROFILES[profile])
    assert kubeconform(programs, location, text) == (0, {"resources": []})


def test_what_is_asked_of_cert_manager_has_the_form_of_its_kind(helm: Helm, programs: Path, location: str) -> None:
    tls = {"enabled": True, "certManager": {"issuer": "ours", "kind": "ClusterIssuer"}}
    text = helm.template(setting("distributor.ingest.tls", tls))
    assert "kind: Certificate" in text
    assert kubeconform(programs, location, text) == (0, {"resources": []})
    code, _ = kubeconform(programs, location, text.replace("dnsNames:", "names:"))
    assert code == 1


def test_the_manifests_have_the_form_of_their_kinds(programs: Path, location: str) -> None:
    files = [path for path in (ROOT / "manifests").rglob("*.yaml") if path.name != "kustomization.yaml"]
    text = "\n---\n".join(path.read_text() for path in sorted(files))
    assert kubeconform(programs, location, text) == (0, {"resources": []})


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("whenDeleted: Retain", "whenDeletd: Retain"),
        ("replicas: 2", 'replicas: "2"'),
        ("serviceName:", "services:"),
        ("weight: 3", "wait: 3"),
    ],
)
def test_kubeconform_would_see_a_slip(helm4: Helm, programs: Path, location: str, right: str, wrong: str) -> None:
    text = helm4.template() + helm4.template(chart=SAMPLES)
    assert right in text
    code, said = kubeconform(programs, location, text.replace(right, wrong))
    assert code == 1
    assert said["resources"]
