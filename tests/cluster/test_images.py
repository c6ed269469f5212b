"""The images are small and bare, and run as pods that may do nothing: Pod Security `restricted`, a read-only root."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from cluster_site import ROOT, SERVICE, Site, until
from image_pods import Pods
from lab import Cluster, build, build_archive

IMAGES: Final = build.MEMBERS
PYTHON_IMAGES: Final = tuple(member for member in IMAGES if member != "frontend")
TOOLS: Final = {"pip", "pip3", "uv", "gcc", "cc", "ld", "strip", "make", "npm", "node"}
SIZE_MB_MAX: Final = dict.fromkeys(IMAGES, 150) | {"operator": 175}  # kopf and the client for Kubernetes
TOKEN: Final = "a-token-of-this-test"


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> dict[str, build.Image]:
    """Built from the sources as they are, and in the node."""
    wanted = build.build()
    build.load(cluster, wanted)
    return {image.member: image for image in wanted}


@pytest.fixture
def pods(site: Site, images: dict[str, build.Image]) -> Iterator[Pods]:
    pods = Pods(site, images)
    try:
        yield pods
    finally:
        pods.close()


@pytest.mark.parametrize("member", IMAGES)
def test_an_image_is_small_bare_and_labelled_and_its_user_is_a_number(
    images: dict[str, build.Image], member: str
) -> None:
    contents = build_archive.read(images[member].archive)
    megabytes = [size_bytes / 1e6 for size_bytes in contents.layers_bytes]
    print(f"{member}: {sum(megabytes):.1f} MB, of it the base {megabytes[0]:.1f} MB")
    assert contents.size_bytes / 1e6 < SIZE_MB_MAX[member]
    assert {path for path in contents.files if path.name in TOOLS} == set()
    assert {path for path in contents.files if "pip" in path.parts or "ensurepip" in path.parts} == set()
    user, group = contents.config["User"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    labels = contents.config["Labels"]
    assert labels["org.opencontainers.image.title"] == f"logdist-{member}"
    assert labels["org.opencontainers.image.version"] == build.version()
    assert {f"org.opencontainers.image.{key}" for key in ("description", "licenses")} <= labels.keys()


def test_a_change_of_what_goes_in_builds_anew_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / ".dockerignore").write_text("*")
    (tmp_path / "part" / "__pycache__").mkdir(parents=True)
    (tmp_path / "part" / "module.py").write_text("x = 1")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM x AS build\nCOPY part part\nFROM x\nCOPY --from=build /opt /opt\n")
    first = build.fingerprint(dockerfile)
    (tmp_path / "other.py").write_text("y = 1")
    (tmp_path / "part" / "__pycache__" / "module.pyc").write_text("made when it ran")
    assert build.fingerprint(dockerfile) == first
    (tmp_path / "part" / "module.py").write_text("x = 2")
    assert build.fingerprint(dockerfile) != first


@pytest.mark.parametrize("member", PYTHON_IMAGES)
def test_uv_and_the_description_have_one_source(member: str) -> None:
    dockerfile = (ROOT / member / "Dockerfile").read_text()
    pinned = re.search(r"^UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert pinned
    assert f"ARG UV_VERSION={pinned[1]}\n" in dockerfile
    project = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]
    assert f'description="{project["description"]}"' in dockerfile
    assert f"ARG VERSION={project['version']}\n" in dockerfile


def test_every_command_explains_itself(pods: Pods) -> None:
    for member in IMAGES:
        pods.start(member, "--help" if member in PYTHON_IMAGES else "-h")
    for member in IMAGES:
        assert pods.exit_code(member) == 0
        assert "usage" in pods.log(member).lower()


def test_the_page_is_served_and_the_server_stops_when_told(pods: Pods) -> None:
    pods.start("frontend", ready=(8080, "/healthz"))
    until("it is ready", lambda: pods.is_ready("frontend"))
    assert b"<title>Log Distributor</title>" in pods.get("frontend", 8080, "/")
    assert pods.stop("frontend") == 0


def test_the_parts_work_together_and_each_stops_when_told(pods: Pods, site: Site) -> None:
    """From an Analyser object to a packet at an analyser, nothing but pods."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": TOKEN}}
    site.apply(secret)
    pods.start("analyser", "--name=errors", ready=(8000, "/heartbeat"))
    distributor(pods, "unregistered")
    until("the analyser is ready", lambda: pods.is_ready("analyser"))
    assert json.loads(pods.get("analyser", 8000, "/heartbeat")) == {"alive": True, "app": "errors"}

    pods.start(
        "operator", f"--distributor-service={SERVICE}", ready=(8082, "/healthz"), serviceAccountName="logdist-operator"
    )
    until("the operator is ready", lambda: pods.is_ready("operator"))
    site.apply(site.analyser("errors", endpoint=pods.url("analyser", 8000)))
    until("the registry is committed", lambda: site.committed()["analysers"])

    distributor(pods, "distributor")
    until("the distributor is ready", lambda: pods.is_ready("distributor"))
    until("the other has none", lambda: pods.answer("unregistered", 8081, "/readyz") == 503)  # it looked too early
    assert not pods.is_ready("unregistered")

    target = f"--url={pods.url('distributor', 8080)}/v1/packets"
    pods.start("sender", target, "/etc/passwd", image="loadtest")
    assert pods.exit_code("sender") == 0
    until("the packets are analysed", lambda: json.loads(pods.get("analyser", 8000, "/custom_metrics"))["packets"])
    pods.start("loop", target, "--loop", "--rate=10", "/etc/passwd", image="loadtest")
    until("it sends", lambda: json.loads(pods.get("analyser", 8000, "/custom_metrics"))["packets"] > 10)

    assert pods.stop("loop") == 143  # a command that a signal has ended says so: 128 + SIGTERM
    assert [pods.stop(name) for name in ("distributor", "unregistered", "operator", "analyser")] == [0, 0, 0, 0]


def distributor(pods: Pods, name: str) -> None:
    """With the token of its control port, and the operator's ConfigMap, where there is one by now."""
    registry = {"configMap": {"name": "logdist-registry", "optional": True}}
    mounts = {"/etc/token": {"secret": {"secretName": "token"}}, "/etc/registry": registry}
    mounts["/var/lib/logdist"] = {"emptyDir": {}}
    flags = ("--token-file=/etc/token/token", "--registry-file=/etc/registry/registry.json")
    pods.start(name, *flags, image="distributor", ready=(8081, "/readyz"), mounts=mounts)
