"""The second node: it joins a running cluster for a test, and leaves no trace behind."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab.cluster import Cluster
from lab.layout import PLAYED_PODS, SERVICE_CIDR
from lab.nodes import START_S, Node
from lab.progress import locked, wait_until


@contextmanager
def joined(cluster: Cluster, first: Node, second: Node, archives: list[Path]) -> Iterator[Node]:
    """Have the second node in the cluster, ready and with these images; one process at a time."""
    with locked(cluster.paths.second_node_lock):
        _leave(cluster, first, second)  # a test that was killed may have left it
        try:
            _join(cluster, first, second, archives)
            yield second
        finally:
            _leave(cluster, first, second)


def _join(cluster: Cluster, first: Node, second: Node, archives: list[Path]) -> None:
    second.start()
    with second.held("kubelet"):  # no pod comes before its image
        _connect(first, second)
        second.wait_for("containerd")
        with ThreadPoolExecutor() as pool:
            list(pool.map(second.load, archives))
    wait_until(f"{second.name} ready", lambda: cluster.is_node_ready(second.name), seconds=START_S)
    second.wait_for("kube-proxy")


def _leave(cluster: Cluster, first: Node, second: Node) -> None:
    """Kill it, then tell Kubernetes: what ran there starts anew on the first node, where it has an owner."""
    if not second.layout.state.exists():
        return
    second.kill()
    _disconnect(first, second)
    second.remove()
    cluster.kubectl("delete", "node", second.name, "--ignore-not-found")
    there = ("--all-namespaces", f"--field-selector=spec.nodeName={second.name}")
    cluster.kubectl("delete", "pods", *there, "--force", "--grace-period=0", "--wait=false")
    wait_until("its pods are gone", lambda: not cluster.get("pods", *there)["items"], seconds=START_S)
    cluster.kubectl("uncordon", first.name)
    cluster.wait_for_dns()


def _connect(first: Node, second: Node) -> None:
    """A cable between the nodes' bridges, and the way to each other's pods; also to those that processes play."""
    wait_until("its network is set up", lambda: SERVICE_CIDR in second.run("ip", "route"), seconds=START_S)
    peer = ("peer", "name", f"to-{first.name}", "netns", str(second.pid))
    first.run("ip", "link", "add", f"to-{second.name}", "type", "veth", *peer)
    for here, there in ((first, second), (second, first)):
        here.run("ip", "link", "set", f"to-{there.name}", "master", "node0", "up")
        here.run("ip", "route", "add", there.layout.pod_cidr, "via", there.ip)
    second.run("ip", "route", "add", PLAYED_PODS, "via", first.ip)


def _disconnect(first: Node, second: Node) -> None:
    first.run("ip", "route", "flush", second.layout.pod_cidr)
    # The other end of the cable has gone with the node; the kernel takes this end away in its own time.
    wait_until("its cable is gone", lambda: f"to-{second.name}" not in first.run("ip", "link"), seconds=START_S)
