"""The charts on a real API server: it takes all they render, and a release lives from installation to removal."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import schemas
from cluster_release import CHART, CRD, PATIENCE, PROFILES, SAMPLES, SMALL, Helm, Release, dry_run, received, sending
from cluster_site import OPENER, ROOT, inside, until
from lab import Cluster

# Both versions render the same (tests/chart), so one of them shows what the pods then do.
ONCE = pytest.mark.parametrize("helm", ["helm"], indirect=True)


# ---- what the API server says, without anything being made


@pytest.mark.parametrize("profile", PROFILES)
def test_the_api_server_takes_all_that_is_rendered(
    cluster: Cluster, restricted: str, no_crd: None, helm: Helm, profile: str
) -> None:
    said = dry_run(cluster, helm.template(*PROFILES[profile], namespace=restricted))
    assert "Warning" not in said


def test_the_api_server_takes_the_samples(cluster: Cluster, restricted: str, helm: Helm) -> None:
    cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    cluster.kubectl("wait", "--for=condition=Established", CRD, "--timeout=30s")
    assert "Warning" not in dry_run(cluster, helm.template(chart=SAMPLES, namespace=restricted))


def test_the_schemas_are_those_of_the_api_server(cluster: Cluster) -> None:
    made = schemas.schemas(lambda path: json.loads(cluster.kubectl("get", "--raw", path)))
    there = {path.name: path.read_text() for path in schemas.FOLDER.iterdir()}
    assert there == made, "run tests/chart/schemas.py"


# ---- with the images


@pytest.mark.timeout(600)
def test_a_release_lives_from_installation_to_removal(release: Release, no_crd: None) -> None:
    # a first installation: ready without a single Analyser
    notes = release.helm("install", "logdist", str(CHART), *SMALL, *PATIENCE)
    assert f"http://logdist-distributor.{release.namespace}:8080/v1/packets" in notes
    assert "packet is kept" in release.helm("test", "logdist", "--logs")
    # analysers come, and the packet that waited is theirs
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    release.until_served()
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
    weights = {item["metadata"]["name"]: item["spec"]["weight"] for item in analysers(release)}
    assert weights == {"errors": 1, "traffic": 2, "audit": 3}
    # an upgrade that replaces the distributors keeps the tokens, and leaves the operator alone
    tokens, pods = release.tokens(), pod_uids(release)
    assert all(len(base64.b64decode(token)) == 43 for token in tokens)
    release.helm("upgrade", "logdist", str(CHART), *SMALL, "--set=distributor.balanceBy=messages", *PATIENCE)
    assert release.tokens() == tokens
    assert len(pods & pod_uids(release)) == 1
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
    # an upgrade that changes nothing restarts nothing
    pods = pod_uids(release)
    release.helm("upgrade", "logdist", str(CHART), "--reuse-values", *PATIENCE)
    assert pod_uids(release) == pods
    # and back
    release.helm("rollback", "logdist", "1", *PATIENCE)
    assert release.tokens() == tokens
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
    # removal leaves what the README says: the kind, the claims, the registry
    release.helm("uninstall", "samples", *PATIENCE)
    assert release.names("analysers") == set()
    release.helm("uninstall", "logdist", *PATIENCE)
    until("no pod is left but that of helm test", lambda: release.names("pods") <= {"pod/logdist-test"})
    assert "analysers.logdist.io" in release.cluster.kubectl("get", CRD)
    claims = {f"persistentvolumeclaim/spool-logdist-distributor-{number}" for number in range(2)}
    found = release.kubectl("get", "pvc", "-o", "name", "-l", "app.kubernetes.io/instance=logdist")
    assert set(found.split()) == release.names("pvc") == claims
    assert release.names("configmaps") == {"configmap/kube-root-ca.crt", "configmap/logdist-registry"}
    others = "deployments,statefulsets,services,secrets,roles,rolebindings,networkpolicies,poddisruptionbudgets"
    assert {name for name in release.names(others) if "helm" not in name} == set()
    # a release of the same name takes up what is left
    release.helm("install", "logdist", str(CHART), *SMALL, *PATIENCE)
    assert release.tokens() != tokens
    release.helm("uninstall", "logdist", *PATIENCE)


@ONCE
def test_the_demo_profile_runs_with_all_there_is(release: Release, no_crd: None) -> None:
    demo, everything = PROFILES["demo"], PROFILES["everything"]
    release.helm("install", "logdist", str(CHART), *demo, *everything, "--set=image.pullPolicy=Never", *PATIENCE)
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    release.until_served()
    assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
    with inside(release.cluster):
        state = f"http://{release.address('logdist-operator')}:8082/api/v1/state"
        page = f"http://{release.address('logdist-frontend')}/"
        for url in (state, page):  # without a token
            with OPENER.open(url, timeout=20) as answer:
                assert answer.status == 200
    assert release.names("pvc") == set()
    release.helm("uninstall", "logdist", *PATIENCE)


@ONCE
def test_an_upgrade_under_load_refuses_and_loses_nothing(release: Release) -> None:
    release.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    release.helm("install", "logdist", str(CHART), *SMALL, "--set=crds.enabled=false", *PATIENCE)
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
    release.until_served()
    with sending(release) as load:
        before = pod_uids(release)
        release.helm("upgrade", "logdist", str(CHART), "--reuse-values", "--set=distributor.balanceBy=bytes", *PATIENCE)
        assert len(before & pod_uids(release)) == 1
    assert load.refusals == []
    assert len(load.accepted) > 100
    until("every packet is at an analyser", lambda: set(load.accepted) <= received(release))


def analysers(release: Release) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = release.cluster.get("-n", release.namespace, "analysers")["items"]
    return found


def pod_uids(release: Release) -> set[str]:
    """Of operator and distributors."""
    chosen = "app.kubernetes.io/component in (operator,distributor)"
    pods = release.cluster.get("-n", release.namespace, "pods", "-l", chosen)["items"]
    assert len(pods) == 3
    return {pod["metadata"]["uid"] for pod in pods}


@pytest.mark.timeout(600)
def test_kubectl_alone_installs_the_manifests(cluster: Cluster, images: None, no_crd: None, tmp_path: Path) -> None:
    release = Release(cluster, Helm(Path("helm is not used")), "logdist", tmp_path)
    manifests = ROOT / "manifests"
    release.make_volumes(2)
    try:
        cluster.kubectl("apply", "-k", str(manifests))
        subprocess.run(["sh", "-ec", documented(manifests)], check=True, env=cluster.env)
        for part in ("deployment/logdist-operator", "statefulset/logdist-distributor"):
            release.kubectl("rollout", "status", part, "--timeout=120s")
        cluster.kubectl("apply", "-k", str(manifests / "analysers"))
        release.until_served()
    finally:
        cluster.kubectl("delete", "-k", str(manifests), "--ignore-not-found", "--timeout=120s")
        release.remove_volumes(2)


def documented(manifests: Path) -> str:
    """The shell commands that the kustomization tells to run."""
    lines = (manifests / "kustomization.yaml").read_text().splitlines()
    return "\n".join(line.removeprefix("#   ") for line in lines if line.startswith("#   "))
