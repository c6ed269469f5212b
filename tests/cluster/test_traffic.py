"""Real distributors, real pods as analysers: what `kubectl` says moves the packets, and the operator may be away."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from cluster_site import CONTROL_PORT, LIMIT_S, OPENER, SUBNET, Site, until
from test_registry import deploy

TOKEN = "a-token-of-this-test"


class Pod:
    """One distributor process with an address of its own, as a pod has it."""

    def __init__(self, site: Site, number: int) -> None:
        self.host = f"{SUBNET}.{200 + number}"
        self.folder = site.folder / f"distributor{number}"
        self.folder.mkdir()
        (self.folder / "token").write_text(TOKEN)
        self.registry = self.folder / "mounted.json"  # the operator's ConfigMap, where a pod mounts it
        site.cluster.add_address(self.host)
        self.start()

    def start(self, spool: str = "spool") -> None:
        flags = {"host": self.host, "control-port": CONTROL_PORT, "spool-dir": self.folder / spool}
        flags |= {"token-file": self.folder / "token", "registry-file": self.registry}
        command = [sys.executable, "-m", "logdist_distributor", *(f"--{flag}={value}" for flag, value in flags.items())]
        self.child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until("its control port answers", self.is_listening)

    def is_listening(self) -> bool:
        try:
            self.status()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.child.kill()
        self.child.wait(LIMIT_S)

    def status(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(f"http://{self.host}:{CONTROL_PORT}/control/v1/status", headers=headers)
        with OPENER.open(request, timeout=5) as answer:
            status: dict[str, Any] = json.load(answer)
        return status

    def delivered(self) -> dict[str, int]:
        return {each["name"]: each["delivered"] for each in self.status()["analysers"]}

    def send(self, prefix: str, count: int) -> dict[str, int]:
        """Send packets, wait until they are delivered, and return who got how many of them."""
        before = self.delivered()
        packets = [{"id": f"{prefix}-{number}", "timestamp": 1, "messages": []} for number in range(count)]
        body = "\n".join(map(json.dumps, packets)).encode()
        headers = {"content-type": "application/x-ndjson"}
        request = urllib.request.Request(f"http://{self.host}:8080/v1/packets", body, headers)
        with OPENER.open(request, timeout=20) as answer:
            assert answer.status == 202
        goal = sum(before.values()) + count
        until("all are delivered", lambda: sum(self.delivered().values()) == goal)
        return {name: total - before.get(name, 0) for name, total in self.delivered().items()}


@pytest.fixture
def pods(site: Site) -> Iterator[list[Pod]]:
    pods: list[Pod] = []
    try:
        pods += [Pod(site, 1), Pod(site, 2)]
        site.publish_addresses([pod.host for pod in pods])
        yield pods
    finally:
        for pod in pods:
            pod.kill()


def test_what_kubectl_says_moves_the_packets_on_every_distributor(site: Site, pods: list[Pod]) -> None:
    operator = site.operator("--token-file", str(pods[0].folder / "token"))
    deploy(site, replicas=2)
    service = {"name": "sink", "port": 80}
    quick = {"path": "/", "intervalSeconds": 1, "healthyThreshold": 1, "slowStartSeconds": 0}
    errors = site.analyser("errors", weight=1, serviceRef=service, healthCheck=quick)
    audit = site.analyser("audit", weight=3, serviceRef=service, healthCheck=quick)
    site.apply(errors, audit)
    until_ready(site, "errors", "audit")
    assert [pod.send("a", 400) for pod in pods] == [{"errors": 100, "audit": 300}] * 2
    site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", '{"spec":{"weight":7}}')
    until("all hold it", lambda: all(weight(pod, "errors") == 7 for pod in pods))
    assert [pod.send("b", 400) for pod in pods] == [{"errors": 280, "audit": 120}] * 2
    site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    until("all hold it", lambda: operator.state()["analysers"] and all(is_suspended(pod, "errors") for pod in pods))
    assert [pod.send("c", 100) for pod in pods] == [{"errors": 0, "audit": 100}] * 2
    told = {"audit": ["3", "100.00", "True", "True"], "errors": ["7", "0.00", "True", "False"]}
    until("`kubectl get` tells the truth", lambda: columns(site) == told)


def test_a_distributor_without_disk_or_operator_starts_from_the_mounted_registry(site: Site, pods: list[Pod]) -> None:
    operator = site.operator("--token-file", str(pods[0].folder / "token"))
    deploy(site, replicas=1)
    site.apply(site.analyser("only", serviceRef={"name": "sink", "port": 80}, healthCheck={"path": "/"}))
    until_ready(site, "only")
    operator.kill()
    pods[0].registry.write_text(site.get("configmap", "logdist-registry")["data"]["registry.json"])
    pods[0].kill()
    pods[0].start("another-spool")
    assert pods[0].send("d", 50) == {"only": 50}


def until_ready(site: Site, *names: str) -> None:
    def is_ready(name: str) -> bool:
        conditions = site.get("analyser", name).get("status", {}).get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    until(f"{names} are ready", lambda: all(map(is_ready, names)))


def columns(site: Site) -> dict[str, list[str]]:
    """Weight, Share, Healthy and Ready; not Got, which tells of a whole minute."""
    rows = [line.split() for line in site.kubectl("get", "anl", "--no-headers").splitlines()]
    return {row[0]: [row[1], row[2], *row[4:6]] for row in rows if len(row) == 7}


def registered(pod: Pod, name: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(f"http://{pod.host}:{CONTROL_PORT}/control/v1/registry", headers=headers)
    with OPENER.open(request, timeout=5) as answer:
        return next(each for each in json.load(answer)["analysers"] if each["name"] == name)


def weight(pod: Pod, name: str) -> int:
    return int(registered(pod, name)["weight"])


def is_suspended(pod: Pod, name: str) -> bool:
    return bool(registered(pod, name)["suspend"])
