"""The cluster keeps what the other tests build on."""

from lab import Cluster
from lab.tools import pinned


def test_the_api_server_has_the_pinned_version(cluster: Cluster) -> None:
    assert pinned("kubernetes", "k8s.io/kubernetes") in cluster.kubectl("get", "--raw", "/version")


def test_a_namespace_is_ready_for_use(cluster: Cluster, namespace: str) -> None:
    assert cluster.get("namespace", namespace)["status"]["phase"] == "Active"
