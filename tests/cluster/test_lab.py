"""The cluster keeps what the other tests build on."""

import json
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lab import Cluster, LabError, choose, mount_points
from lab.images import SINK
from lab.layout import DNS_SERVICE_IP
from lab.namespaces import NamespaceCluster
from lab.netns import connect, fetch
from lab.progress import wait_until
from lab.tools import pinned

PORT = 8000


def test_the_api_server_has_the_pinned_version(cluster: Cluster) -> None:
    pin = pinned("kubernetes", "k8s.io/kubernetes")
    if not isinstance(cluster, NamespaceCluster):
        pin = pin.rsplit(".", 1)[0] + "."  # kind's image may be of another patch release
    assert json.loads(cluster.kubectl("get", "--raw", "/version"))["gitVersion"].startswith(pin)


def test_a_pod_answers_by_address_and_through_a_service_by_name(cluster: Cluster, namespace: str) -> None:
    deploy(cluster, namespace, replicas=1)
    (address,) = endpoints(cluster, namespace)
    assert ask(cluster, f"http://{address}:{PORT}/v1/logs", b"x") == 202
    service = cluster.get("-n", namespace, "service", "sink")["spec"]["clusterIP"]
    wait_until("the Service answers", lambda: ask(cluster, f"http://{service}/") == 200, seconds=30)
    name = f"sink.{namespace}.svc.cluster.local"
    wait_until("its name resolves", lambda: resolve(cluster, name) == service, seconds=30)


def test_a_deployment_shows_in_endpoint_slices_as_it_scales(cluster: Cluster, namespace: str) -> None:
    deploy(cluster, namespace, replicas=2)
    assert len(endpoints(cluster, namespace)) == 2
    cluster.kubectl("-n", namespace, "scale", "deployment/sink", "--replicas=3")
    wait_until("three endpoints", lambda: len(endpoints(cluster, namespace)) == 3, seconds=60)
    cluster.kubectl("-n", namespace, "scale", "deployment/sink", "--replicas=1")
    wait_until("one endpoint", lambda: len(endpoints(cluster, namespace)) == 1, seconds=60)


def test_a_pod_that_says_so_is_no_longer_ready(cluster: Cluster, namespace: str) -> None:
    deploy(cluster, namespace, replicas=2)
    unready = endpoints(cluster, namespace)[0]
    assert ask(cluster, f"http://{unready}:{PORT}/ready?ok=false", b"") == 200
    wait_until("it is no endpoint", lambda: unready not in endpoints(cluster, namespace), seconds=30)
    ask(cluster, f"http://{unready}:{PORT}/ready?ok=true", b"")
    wait_until("it is one again", lambda: unready in endpoints(cluster, namespace), seconds=30)


def test_a_process_with_an_address_of_the_node_plays_a_pod(cluster: Cluster, namespace: str) -> None:
    pod = "10.10.1.1"
    cluster.add_address(pod)
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80, "targetPort": PORT}]}}
    apply(cluster, namespace, service)
    listed = {"addressType": "IPv4", "endpoints": [{"addresses": [pod]}], "ports": [{"port": PORT}]}
    labels = {"kubernetes.io/service-name": "sink"}
    apply(cluster, namespace, {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **listed}, labels)
    sink = cluster.popen(str(cluster.paths.bin / "sink"), f"-listen={pod}:{PORT}")
    try:
        address = cluster.get("-n", namespace, "service", "sink")["spec"]["clusterIP"]
        wait_until("the Service leads to it", lambda: ask(cluster, f"http://{address}/") == 200, seconds=30)
    finally:
        sink.kill()
        sink.wait()


def test_a_watch_from_before_a_compaction_gets_410(cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    before = json.loads(cluster.kubectl("get", "--raw", path))["metadata"]["resourceVersion"]
    cluster.compact()
    watch = f"{path}?watch=1&timeoutSeconds=20&resourceVersion={before}"
    event = json.loads(cluster.kubectl("get", "--raw", watch))
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


@pytest.mark.parametrize("component", ["kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler"])
def test_a_killed_component_comes_back(cluster: Cluster, namespace: str, component: str) -> None:
    cluster.restart(component)
    wait_until("the API answers", lambda: bool(cluster.get("namespace", namespace)), seconds=30)


def test_the_api_stays_away_while_it_is_stopped(cluster: Cluster) -> None:
    with cluster.stopped("kube-apiserver"):
        time.sleep(1.5)  # longer than any restart takes
        assert not cluster.is_up()
    assert cluster.is_up()


def test_who_asks_for_a_cluster_during_a_restart_gets_that_one(cluster: Cluster) -> None:
    node = cluster.node_pid
    with ThreadPoolExecutor() as pool, cluster.stopped("kube-apiserver"):
        has_started = pool.submit(choose(cluster.paths.name).up)
    assert not has_started.result()
    assert cluster.node_pid == node


def test_the_audit_log_names_users_and_verbs(cluster: Cluster, namespace: str) -> None:
    user = f"system:serviceaccount:{namespace}:default"
    cluster.kubectl("auth", "can-i", "list", "pods", "-n", namespace)
    with pytest.raises(LabError, match="orbidden"):
        cluster.kubectl("get", "pods", "-n", namespace, "--as", user)
    mine = [event for event in cluster.audit() if event.get("impersonatedUser", {}).get("username") == user]
    assert [(event["verb"], event["objectRef"]["resource"]) for event in mine] == [("list", "pods")]
    assert mine[0]["responseStatus"]["code"] == 403


def test_down_leaves_no_process_mount_cgroup_or_file(cluster: Cluster, tmp_path: Path) -> None:
    second = choose(f"{cluster.paths.name}-second")
    if not isinstance(second, NamespaceCluster):
        pytest.skip("a cluster of kind is cleaned up by kind")
    assert second.up()
    groups = [Path(line) for line in (second.first.layout.state / "cgroups").read_text().splitlines()]
    assert all(group.is_dir() for group in groups)
    assert second.kubeconfig.read_text() != cluster.kubeconfig.read_text()
    second.down()
    assert not second.paths.state.exists()
    assert not [group for group in groups if group.exists()]
    assert str(second.paths.state) not in Path("/proc/self/mountinfo").read_text()
    wait_until("its last process has ended", lambda: not processes_naming(second.paths.state), seconds=5)
    assert (second.paths.last_log / "node1" / "kube-apiserver.log").exists()


def test_a_folder_that_is_mounted_over_stays_until_its_last_user_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kubelet"
    monkeypatch.setattr(mount_points, "PATHS", (str(path),))
    program = f"from lab import mount_points as m; m.PATHS = ({str(path)!r},); m.hold(); print(flush=True); input()"
    held = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": Path(__file__).parent}
    with subprocess.Popen([sys.executable, "-c", program], **held) as user:
        assert user.stdout
        user.stdout.readline()
        mount_points.remove()
        assert path.exists()
        user.kill()
    mount_points.remove()
    assert not path.exists()


def deploy(cluster: Cluster, namespace: str, *, replicas: int) -> None:
    """A Deployment and a Service called `sink`; all its pods are ready when this returns."""
    probe = {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 1, "failureThreshold": 1}
    container = {"name": "sink", "image": SINK, "imagePullPolicy": "Never", "readinessProbe": probe}
    labels = {"app": "sink"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 1}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": PORT}]}
    apply(cluster, namespace, {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec})
    apply(cluster, namespace, {"apiVersion": "v1", "kind": "Service", "spec": service})
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/sink", "--timeout=60s")
    wait_until("all are endpoints", lambda: len(endpoints(cluster, namespace)) == replicas, seconds=30)


def apply(cluster: Cluster, namespace: str, item: dict[str, Any], labels: dict[str, str] | None = None) -> None:
    metadata = {"name": "sink", "labels": labels or {}}
    cluster.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps({**item, "metadata": metadata}))


def endpoints(cluster: Cluster, namespace: str) -> list[str]:
    """The addresses of the ready endpoints of the Service `sink`."""
    slices = cluster.get("-n", namespace, "endpointslices", "-l", "kubernetes.io/service-name=sink")["items"]
    ready = [each for item in slices for each in item["endpoints"] or [] if each["conditions"]["ready"]]
    return sorted(each["addresses"][0] for each in ready)


def ask(cluster: Cluster, url: str, body: bytes | None = None) -> int:
    """The status of one request from the node's network."""
    return fetch(url, pid=cluster.node_pid, body=body)[0]


def resolve(cluster: Cluster, name: str) -> str:
    """The address that the cluster's DNS gives for a name: one question (RFC 1035), and the end of the only answer."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with connect((DNS_SERVICE_IP, 53), pid=cluster.node_pid, timeout_s=5) as stream:
        stream.sendall(struct.pack(">H", len(question)) + question)
        return socket.inet_ntoa(stream.recv(512)[-4:])


def processes_naming(path: Path) -> list[str]:
    lines = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if f"{path}/" in line]
