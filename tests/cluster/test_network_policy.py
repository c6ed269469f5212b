"""The chart's NetworkPolicies, enforced: who reaches whom, and that nothing else keeps the others away."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from cluster_release import CHART, PATIENCE, SAMPLES, SMALL, Release
from cluster_site import ROOT
from lab import Cluster, LabError
from lab.layout import API_SERVICE_IP, DNS_SERVICE_IP
from sink_pods import PORT, fetch_from, run_sink

METADATA: Final = "169.254.169.254"  # where clouds tell a machine its secrets
SENDER: Final = {"sends": "true"}
VALUES: Final = {"distributor": {"networkPolicy": {"senders": [{"podSelector": {"matchLabels": SENDER}}]}}}
MORE: Final = {"frontend": {"enabled": True}, "monitoring": {"mode": "builtin"}}

Connection = tuple[str, str, int]  # who, whom, at which port
ALLOWED: Final[set[Connection]] = {
    ("sender", "distributor", 8080),
    ("operator", "distributor", 8080),
    ("operator", "distributor", 8081),
    ("operator", "api server", 443),
    ("distributor", "analyser", 8000),
    ("distributor", "dns", 53),
    ("frontend", "operator", 8082),
    ("stranger", "frontend", 8080),
    ("prometheus", "distributor", 8081),
    ("prometheus", "operator", 8082),
    ("prometheus", "api server", 443),
    ("grafana", "prometheus", 9090),
    ("stranger", "grafana", 3000),
}
FORBIDDEN: Final[set[Connection]] = {
    ("stranger", "distributor", 8080),
    ("stranger", "distributor", 8081),
    ("stranger", "operator", 8082),
    ("stranger", "prometheus", 9090),
    ("sender", "distributor", 8081),
    ("sender", "operator", 8082),
    ("distributor", "api server", 443),
    ("distributor", "metadata", 80),
    ("frontend", "distributor", 8081),
    ("frontend", "api server", 443),
    ("frontend", "metadata", 80),
    ("grafana", "distributor", 8081),
    ("grafana", "api server", 443),
}
CONNECT: Final = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
# What has no image here, or none that connects on request: pods with the labels that the policies go by.
PLAYED: Final = {"stranger": PORT, "sender": PORT, "frontend": 8080, "prometheus": 9090, "grafana": 3000}


@pytest.mark.parametrize("helm", ["helm"], indirect=True)
@pytest.mark.timeout(600)
def test_the_policies_let_in_and_out_who_should_and_nobody_else(release: Release, tmp_path: Path) -> None:
    values = tmp_path / "values.json"
    values.write_text(json.dumps(VALUES))
    release.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
    with release.cluster.network_policies(), metadata_address(release.cluster):
        release.helm(
            "install", "logdist", str(CHART), f"--values={values}", "--set=crds.enabled=false", *SMALL, *PATIENCE
        )
        release.helm("install", "samples", str(SAMPLES), "--set=image.pullPolicy=Never", *PATIENCE)
        release.until_served()
        assert release.helm("test", "logdist", "--logs").count("ok  ") == 4
        apply_policies_of_what_has_no_image(release, tmp_path)
        pods = Pods(release)
        assert connected(pods, ALLOWED) == ALLOWED
        release.kubectl("delete", "networkpolicies", "--all")
        assert connected(pods, ALLOWED | FORBIDDEN) == ALLOWED | FORBIDDEN  # so it was the policies


class Pods:
    """The real pods of a release, and players of the other parts."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.played = {
            name: run_sink(release.cluster, release.namespace, name, port=port, labels=labels(name))
            for name, port in PLAYED.items()
        }
        self.addresses = self.played | {
            "distributor": self._address("app.kubernetes.io/component=distributor"),
            "operator": self._address("app.kubernetes.io/component=operator"),
            "analyser": release.address("samples-errors"),
            "api server": API_SERVICE_IP,
            "dns": DNS_SERVICE_IP,
            "metadata": METADATA,
        }

    def _address(self, selector: str) -> str:
        pods = self.release.cluster.get("-n", self.release.namespace, "pods", "-l", selector)["items"]
        return str(pods[0]["status"]["podIP"])

    def connects(self, connection: Connection) -> bool:
        who, whom, port = connection
        address = self.addresses[whom]
        if who in self.played:
            # Any answer will do. The API server answers 400, as this is not TLS.
            url = f"http://{address}:{port}/healthz"
            return fetch_from(self.release.cluster, self.played[who], url, port=PLAYED[who])[0] != 502
        part = {"operator": "deployment/logdist-operator", "distributor": "logdist-distributor-0"}[who]
        try:
            self.release.kubectl("exec", part, "--", "python", "-c", CONNECT, address, str(port))
        except LabError:
            return False
        return True


def labels(name: str) -> dict[str, str]:
    known = {"stranger": {"app": "stranger"}, "sender": SENDER}
    part = {"name": "logdist", "instance": "logdist", "component": name}
    return known.get(name) or {f"app.kubernetes.io/{key}": value for key, value in part.items()}


def connected(pods: Pods, expected: set[Connection]) -> set[Connection]:
    """The connections that are possible: once they are as expected, or after a minute in which they were not."""
    give_up_s = time.monotonic() + 60
    while True:
        found = {each for each in ALLOWED | FORBIDDEN if pods.connects(each)}
        if found == expected or time.monotonic() > give_up_s:
            return found


def apply_policies_of_what_has_no_image(release: Release, folder: Path) -> None:
    values = folder / "more.json"
    values.write_text(json.dumps(MORE))
    templates = ("frontend/networkpolicy.yaml", "monitoring/networkpolicies.yaml")
    shown = [f"--show-only=templates/{name}" for name in templates]
    policies = release.helm("template", "logdist", str(CHART), f"--values={values}", *shown)
    release.kubectl("apply", "-f", "-", input=policies)


@contextmanager
def metadata_address(cluster: Cluster) -> Iterator[None]:
    """A server at the address, on the node, as a cloud's is."""
    cluster.add_address(METADATA)
    server = cluster.popen(str(cluster.paths.bin / "sink"), f"-listen={METADATA}:80")
    try:
        yield
    finally:
        server.kill()
        server.wait()
        cluster.run("ip", "address", "delete", f"{METADATA}/32", "dev", cluster.bridge)
