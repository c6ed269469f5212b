"""skaffold.yaml: of the form that Skaffold takes, and true of the Dockerfiles and the charts."""

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from chart_helm import ROOT, Helm, Json, look, pods, setting
from jsonschema import Draft7Validator

MODULE: Final = "github.com/GoogleContainerTools/skaffold/v2@v2.16.1"
SUM: Final = "h1:eMrp2qpn/5j2c1P/JqLo+mxcpEIdtokb/tCY2W/05ic="
FILE: Final = ROOT / "skaffold.yaml"
MEMBERS: Final = {"operator", "distributor", "analyser", "frontend", "loadtest"}


@pytest.fixture(scope="session")
def config() -> Json:
    loaded: Json = yaml.safe_load(FILE.read_text())
    return loaded


@pytest.fixture(scope="session")
def schema(config: Json) -> Json:
    """Skaffold's own, from the sources of a release that knows this version."""
    if shutil.which("go") is None:
        pytest.skip("Skaffold's schema comes as a Go module: install Go from https://go.dev/dl")
    done = subprocess.run(["go", "mod", "download", "-json", MODULE], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"Skaffold's schema cannot be had: {done.stdout}{done.stderr}")
    module = json.loads(done.stdout)
    assert module["Sum"] == SUM
    version = config["apiVersion"].removeprefix("skaffold/")
    loaded: Json = json.loads((Path(module["Dir"]) / f"docs-v2/content/en/schemas/{version}.json").read_text())
    return loaded


def with_profile(config: Json, name: str) -> Json:
    """What the patches of a profile make of it: all are additions."""
    patched = copy.deepcopy(config)
    (profile,) = (each for each in config["profiles"] if each["name"] == name)
    for patch in profile["patches"]:
        assert patch["op"] == "add"
        *path, last = patch["path"].strip("/").split("/")
        place = look(patched, "/".join(path))
        if last == "-":
            place.append(patch["value"])
        else:
            place[last] = patch["value"]
    return patched


@pytest.mark.parametrize("profile", [None, "dev", "demo"])
def test_it_has_the_form_that_skaffold_takes(config: Json, schema: Json, profile: str | None) -> None:
    wanted = with_profile(config, profile) if profile else config
    assert [error.message for error in Draft7Validator(schema).iter_errors(wanted)] == []
    slip = copy.deepcopy(wanted)
    slip["build"]["artifacts"][0]["dockerfil"] = "Dockerfile"
    assert not Draft7Validator(schema).is_valid(slip)


def test_every_image_has_its_dockerfile_and_the_context_that_it_is_written_for(config: Json) -> None:
    artifacts = {each["image"].rpartition("/")[2]: each for each in config["build"]["artifacts"]}
    assert artifacts.keys() == MEMBERS
    for member, artifact in artifacts.items():
        assert artifact["context"] == "."
        assert artifact["docker"]["dockerfile"] == f"{member}/Dockerfile"
        assert (ROOT / artifact["docker"]["dockerfile"]).is_file()


@pytest.mark.parametrize("profile", ["dev", "demo"])
def test_the_charts_take_its_values_and_ask_for_its_images_by_name(helm: Helm, config: Json, profile: str) -> None:
    """Skaffold replaces images by name, whatever their tag; one that it does not know would be pulled."""
    built = {each["image"] for each in config["build"]["artifacts"]}
    asked = set()
    for release in with_profile(config, profile)["deploy"]["helm"]["releases"]:
        flags = [f"--values={ROOT / file}" for file in release.get("valuesFiles", ())]
        flags += [setting(key, value) for key, value in release.get("setValues", {}).items()]
        objects = helm.objects(*flags, chart=ROOT / release["chartPath"], release=release["name"])
        images = [each["image"] for pod in pods(objects).values() for each in pod["containers"]]
        asked |= {image.rpartition(":")[0] for image in images}
    assert {name for name in asked if name.startswith("docker.io/logdist/")} == built


@pytest.mark.parametrize("profile", ["dev", "demo"])
def test_every_port_it_forwards_is_served(helm: Helm, config: Json, profile: str) -> None:
    patched = with_profile(config, profile)
    (release, _) = patched["deploy"]["helm"]["releases"]
    flags = [setting(key, value) for key, value in release["setValues"].items()]
    objects = helm.objects(*flags)
    local = [each["localPort"] for each in patched["portForward"]]
    assert len(set(local)) == len(local)
    for forward in patched["portForward"]:
        service: Any = objects[f"Service/{forward['resourceName']}"]
        assert forward["port"] in [port["port"] for port in service["spec"]["ports"]]
        assert forward["namespace"] == release["namespace"]
