"""What is written from the charts is up to date, and rendering is the same each time."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest
import render
import yaml
from chart_helm import CHART, PROFILES, ROOT, SAMPLES, Helm, Json, by_name, leaves, pods, setting

REMEDY = "run `make manifests` and commit what it changes"
OWN_SECRETS = (
    setting("distributor.existingSecret", "mine"),
    setting("distributor.ingest.token.existingSecret", "mine"),
    setting("operator.api.existingSecret", "mine"),
)


def test_the_copies_of_the_crd_are_the_crd() -> None:
    for path, text in render.copies().items():
        assert path.read_text() == text, f"{path}: {REMEDY}"


@pytest.mark.parametrize("chart", [CHART, SAMPLES], ids=["logdist", "samples"])
def test_a_chart_installs_the_version_it_came_with(chart: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert yaml.safe_load((chart / "Chart.yaml").read_text())["appVersion"] == version


def test_the_rendered_crd_is_the_crd(helm: Helm) -> None:
    crd = helm.objects(setting("crds.keep", False))["CustomResourceDefinition/analysers.logdist.io"]
    assert crd == yaml.safe_load(render.CRD.read_text())


def test_the_manifests_are_what_the_charts_render(helm: Helm) -> None:
    for path, text in render.manifests(helm.program).items():
        assert path.read_text() == text, f"{path}: {REMEDY}"


def test_the_readmes_list_the_values_as_they_are() -> None:
    for path, text in render.readmes().items():
        assert path.read_text() == text, f"{path}: {REMEDY}"


@pytest.mark.parametrize("chart", [CHART, SAMPLES], ids=["logdist", "samples"])
def test_every_value_is_described(chart: Path) -> None:
    described = {key for key, _, _ in render.described(chart / "values.yaml")}
    values = yaml.safe_load((chart / "values.yaml").read_text())
    assert not [leaf for leaf in leaves(values) if not any(f"{leaf}.".startswith(f"{key}.") for key in described)]


@pytest.mark.parametrize("chart", [CHART, SAMPLES], ids=["logdist", "samples"])
def test_the_schema_names_the_values_there_are(chart: Path) -> None:
    schema = json.loads((chart / "values.schema.json").read_text())
    values = yaml.safe_load((chart / "values.yaml").read_text())

    def compare(schema: Json, values: Json) -> None:
        properties = schema.get("properties", {})
        if properties:
            assert properties.keys() - {"global"} == values.keys() == set(schema["required"])
        for key in properties.keys() - {"resources"}:  # which takes more than is set
            if isinstance(values.get(key), dict):
                compare(properties[key], values[key])

    compare(schema, values)


@pytest.mark.parametrize("profile", PROFILES)
def test_rendering_gives_the_same_each_time(helm: Helm, profile: str) -> None:
    flags = [*PROFILES[profile], *OWN_SECRETS]
    assert helm.template(*flags) == helm.template(*flags)


def test_only_generated_tokens_differ_between_two_renderings(helm: Helm) -> None:
    first, second = helm.template().splitlines(), helm.template().splitlines()
    differing = [line.split(":")[0].strip() for line, other in zip(first, second, strict=True) if line != other]
    assert differing == ["token", "token"]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_helms_render_the_same(programs: Path, profile: str) -> None:
    four, three = (
        by_name(Helm(programs / name).template(*PROFILES[profile], *OWN_SECRETS)) for name in ("helm", "helm3")
    )
    assert four == three


def test_kubectl_puts_the_manifests_together(programs: Path, helm4: Helm) -> None:
    """They are the default profile, but for the Secrets and the test, with a namespace that is `restricted`."""
    objects = by_name(kustomized(programs, "manifests"))
    rendered = helm4.objects(*OWN_SECRETS)
    assert objects.keys() - rendered.keys() == {"Namespace/logdist"}
    assert rendered.keys() - objects.keys() == {"Pod/logdist-test"}
    assert objects["Namespace/logdist"]["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    volumes = [volume for pod in pods(objects).values() for volume in pod["volumes"]]
    secrets = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    asked_for = (ROOT / "manifests" / "kustomization.yaml").read_text()
    assert "for name in distributor-token operator-api-token\n" in asked_for
    assert secrets == {"logdist-distributor-token", "logdist-operator-api-token"}


def test_kubectl_puts_the_sample_analysers_together(programs: Path, helm4: Helm) -> None:
    assert by_name(kustomized(programs, "manifests/analysers")).keys() == helm4.objects(chart=SAMPLES).keys()


def kustomized(programs: Path, folder: str) -> str:
    command = [str(programs / "kubectl"), "kustomize", str(ROOT / folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
