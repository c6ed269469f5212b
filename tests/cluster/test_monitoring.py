"""Monitoring on real pods: Prometheus finds every part with its token, and no alert or panel is without data.

The images are made of programs built here, for nothing can be pulled. Grafana's cannot: its pod waits for it.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from cluster_monitoring import EVERY_S, bring, see_everything, traffic
from cluster_release import CHART, SAMPLES, SMALL, Release, dry_run
from cluster_site import ROOT, inside, until
from go_programs import OPERATOR, PROMETHEUS, Module, Unavailable, prepare, version
from lab import Cluster
from monitoring_api import Api
from prometheus_operator import LABELS, kinds, running

CRD: Final = "customresourcedefinition/analysers.logdist.io"
IMAGE: Final = f"docker.io/prom/prometheus:v{version()}"
COMMON: Final = [
    *SMALL,
    "--set=crds.enabled=false",
    "--set=distributor.maxConnectionAgeSeconds=5",  # a few connections may all have come to one distributor
    f"--set=monitoring.intervalSeconds={EVERY_S}",
]
PARTS: Final = ("deployment/logdist-operator", "statefulset/logdist-distributor")
WAIT: Final = "--timeout=180s"

pytestmark = [pytest.mark.timeout(600), pytest.mark.parametrize("helm", ["helm"], indirect=True)]


@pytest.fixture
def prometheus(cluster: Cluster) -> None:
    """The cluster has Prometheus' image."""
    bring(cluster, IMAGE, programs_of(PROMETHEUS) / "prometheus")


@pytest.fixture
def installed(release: Release, prometheus: None) -> Release:
    """The samples are there, and the kind."""
    release.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    release.cluster.kubectl("wait", "--for=condition=Established", CRD, "--timeout=30s")
    release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never")
    return release


def test_the_built_in_prometheus_sees_every_part_and_no_panel_is_empty(installed: Release) -> None:
    installed.helm("install", "logdist", str(CHART), *COMMON, "--set=monitoring.mode=builtin")
    for part in (*PARTS, "deployment/logdist-prometheus"):
        installed.kubectl("rollout", "status", part, WAIT)
    installed.until_served()
    with inside(installed.cluster), traffic(installed):
        see_everything(Api(f"http://{installed.address('logdist-prometheus')}:9090"), installed)
    until("Grafana waits for its image only", lambda: waits_for_image(installed, "grafana"))


def test_the_prometheus_operator_takes_the_monitors_and_no_panel_is_empty(installed: Release) -> None:
    """As kube-prometheus-stack has it: a Prometheus in another namespace, which takes what has its label."""
    cluster, programs = installed.cluster, programs_of(OPERATOR)
    mode = [*COMMON, "--set=monitoring.mode=external", f"--set-json=monitoring.external.labels={json.dumps(LABELS)}"]
    with kinds(cluster, programs):
        assert "Warning" not in dry_run(cluster, installed.program.template(*mode, namespace=installed.namespace))
        installed.helm("install", "logdist", str(CHART), *mode)
        with running(cluster, programs, f"{installed.namespace}-prometheus", IMAGE) as url:
            for part in PARTS:
                installed.kubectl("rollout", "status", part, WAIT)
            installed.until_served()
            with inside(cluster), traffic(installed):
                see_everything(Api(url), installed)
        installed.helm("uninstall", "logdist")


def programs_of(module: Module) -> Path:
    try:
        return prepare(module)
    except Unavailable as reason:
        pytest.skip(str(reason))


def waits_for_image(release: Release, component: str) -> bool:
    """All its volumes are mounted: what it is configured by exists."""
    chosen = f"app.kubernetes.io/component={component}"
    (pod,) = release.cluster.get("-n", release.namespace, "pods", "-l", chosen)["items"]
    conditions = {each["type"]: each["status"] for each in pod["status"]["conditions"]}
    states: list[dict[str, Any]] = [each["state"] for each in pod["status"].get("containerStatuses", [])]
    reasons = [state.get("waiting", {}).get("reason") for state in states]
    return conditions.get("PodReadyToStartContainers") == "True" and reasons == ["ErrImageNeverPull"]
