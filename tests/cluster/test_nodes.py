"""The second node is as good as the first, can fail in every way, and leaves no trace."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Cluster, LabError, images
from lab.errors import Unavailable
from lab.namespaces import NamespaceCluster
from lab.nodes import Node
from lab.progress import wait_until
from sink_pods import PORT, fetch_from, run_sink


@pytest.fixture
def second(cluster: Cluster) -> Iterator[Node]:
    try:
        joined = cluster.second_node()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with joined as node:
        yield node


def test_pods_of_both_nodes_reach_each_others_addresses_services_and_names(
    cluster: Cluster, namespace: str, second: Node
) -> None:
    pods = {node: run_sink(cluster, namespace, f"on-{node}", node=node) for node in ("node1", second.name)}
    for node in pods:
        cluster.kubectl("-n", namespace, "expose", f"pod/on-{node}", f"--port={PORT}")
    for here, pod in pods.items():
        for there, address in pods.items():
            name = f"on-{there}"
            service = cluster.get("-n", namespace, "service", name)["spec"]["clusterIP"]
            for host in (address, service, name, f"{name}.{namespace}.svc.cluster.local"):
                until_answered(cluster, pod, f"http://{host}:{PORT}/", by=name, what=f"{here} to {host}")


def until_answered(cluster: Cluster, pod: str, url: str, *, by: str, what: str) -> None:
    def is_answered() -> bool:
        status, body = fetch_from(cluster, pod, url)
        return status == 200 and json.loads(body)["host"] == by

    wait_until(what, is_answered, seconds=30)


def test_a_pod_of_the_second_node_reaches_a_process_that_plays_one(
    cluster: Cluster, namespace: str, second: Node
) -> None:
    played = "10.10.1.2"
    cluster.add_address(played)
    sink = cluster.popen(str(cluster.paths.bin / "sink"), f"-listen={played}:{PORT}")
    try:
        pod = run_sink(cluster, namespace, "asks", node=second.name)
        wait_until("it answers", lambda: fetch_from(cluster, pod, f"http://{played}:{PORT}/")[0] == 200, seconds=30)
    finally:
        sink.kill()
        sink.wait()


def test_logs_and_exec_work_on_the_second_node(cluster: Cluster, namespace: str, second: Node) -> None:
    run_sink(cluster, namespace, "there", node=second.name)
    assert "listening on :8000" in cluster.kubectl("-n", namespace, "logs", "there")
    with pytest.raises(LabError, match="flag provided but not defined: -nonsense"):
        cluster.kubectl("-n", namespace, "exec", "there", "--", "/sink", "-nonsense")


def test_an_image_loaded_later_is_on_the_second_node_too(
    cluster: Cluster, namespace: str, second: Node, tmp_path: Path
) -> None:
    later = f"{images.DOMAIN}/later:1"
    images.write(tmp_path / "later.tar", later, cluster.paths.bin / "sink")
    cluster.load(tmp_path / "later.tar")
    assert run_sink(cluster, namespace, "later", node=second.name, image=later)


def test_a_component_of_the_second_node_stays_away_while_it_is_stopped(second: Node) -> None:
    with second.stopped("kubelet"):
        assert not second.is_component_well("kubelet")
        assert second.is_component_well("kube-proxy")
    assert second.is_component_well("kubelet")


def test_kubernetes_notices_a_dead_node_and_sends_its_pods_nothing_more(
    cluster: Cluster, namespace: str, second: Node
) -> None:
    run_sink(cluster, namespace, "dies", node=second.name)
    cluster.kubectl("-n", namespace, "expose", "pod/dies", f"--port={PORT}")
    wait_until("it is an endpoint", lambda: is_endpoint_ready(cluster, namespace, "dies"), seconds=30)
    second.kill()
    assert not second.is_alive()
    wait_until("it is none any more", lambda: not is_endpoint_ready(cluster, namespace, "dies"), seconds=120)
    assert not cluster.is_node_ready(second.name)


def is_endpoint_ready(cluster: Cluster, namespace: str, service: str) -> bool:
    slices = cluster.get("-n", namespace, "endpointslices", "-l", f"kubernetes.io/service-name={service}")["items"]
    return any(each["conditions"]["ready"] for item in slices for each in item["endpoints"] or [])


@pytest.mark.parametrize("has_died", [False, True])
def test_the_second_node_leaves_no_trace(cluster: Cluster, namespace: str, has_died: bool) -> None:
    if not isinstance(cluster, NamespaceCluster):
        pytest.skip("only a cluster of namespaces has a second node")
    before = network(cluster)
    with cluster.second_node() as second:
        run_sink(cluster, namespace, "there", node=second.name)
        assert network(cluster) != before
        state = second.layout.state
        cgroups = [Path(line) for line in (state / "cgroups").read_text().splitlines()]
        if has_died:
            second.kill()
    assert network(cluster) == before
    assert not state.exists()
    assert str(state) not in Path("/proc/self/mountinfo").read_text()
    assert not [group for group in cgroups if group.exists()]
    assert [node["metadata"]["name"] for node in cluster.get("nodes")["items"]] == ["node1"]
    assert cluster.get("-n", namespace, "pods")["items"] == []


def network(cluster: Cluster) -> set[str]:
    """The first node's links, addresses and routes, but those of its pods, which come and go."""
    shown = [cluster.run("ip", "-brief", what).stdout for what in ("link", "address")]
    lines = "".join([*shown, cluster.run("ip", "route").stdout]).splitlines()
    return {line for line in lines if not line.startswith(("veth", "cni0"))}
