"""Fixtures of the tests that need a Kubernetes. Where none can be had, they are skipped, and say why."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / "operator"))  # whose stand-ins these tests use, too
sys.path.insert(2, str(Path(__file__).parents[1] / "loopback"))
sys.path.insert(3, str(Path(__file__).parents[1] / "monitoring"))

from cluster_release import CRD, RESTRICTED, Helm, Release, binaries
from cluster_site import Site, inside
from lab import Cluster, build
from lab.errors import Unavailable
from lab.own import own_cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "cluster" in getattr(item, "fixturenames", ()) and item.get_closest_marker("timeout") is None:
            # Building Kubernetes takes minutes: the usual limit holds for the test itself, not for its fixtures.
            item.add_marker(pytest.mark.timeout(300, func_only=True))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of this process's own, for all its tests."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(own_cluster())
        except Unavailable as reason:
            pytest.skip(str(reason))
        yield found


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own. It is deleted afterwards, and nobody waits for that."""
    words = re.sub("[^a-z0-9]+", "-", request.node.name.lower().removeprefix("test_"))
    name = f"{words[:40].strip('-')}-{os.urandom(3).hex()}"
    cluster.kubectl("create", "namespace", name)
    cluster.wait_for_namespace(name)
    try:
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def site(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    """What an operator needs, in the test's own namespace. The test runs in the node's network."""
    with inside(cluster):
        site = Site(cluster, namespace, tmp_path)
        try:
            yield site
        finally:
            site.close()


@pytest.fixture(scope="session", params=["helm", "helm3"])
def helm(request: pytest.FixtureRequest, cluster: Cluster) -> Helm:
    return Helm(binaries(build=True) / request.param)


@pytest.fixture
def restricted(cluster: Cluster, namespace: str) -> str:
    cluster.kubectl("label", "namespace", namespace, *(f"{key}={value}" for key, value in RESTRICTED.items()))
    return namespace


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> None:
    build.load(cluster, build.build())


@pytest.fixture
def release(cluster: Cluster, helm: Helm, restricted: str, tmp_path: Path, images: None) -> Iterator[Release]:
    release = Release(cluster, helm, restricted, tmp_path)
    release.make_volumes(2)
    try:
        yield release
    finally:
        release.remove_volumes(2)


@pytest.fixture
def no_crd(cluster: Cluster) -> Iterator[None]:
    """The kind is not there, as in a new cluster."""
    cluster.kubectl("delete", "--ignore-not-found", "--timeout=60s", CRD)
    yield
    cluster.kubectl("delete", "--ignore-not-found", "--timeout=60s", CRD)
