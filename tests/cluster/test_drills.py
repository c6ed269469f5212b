"""Whatever dies, under a steady load from a sender in the cluster: nothing accepted is lost, no sender sees an error.

At the end of each drill the books are compared: what the sender had acknowledged, what the analysers wrote down, the
ledgers of the distributors.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import lmdb
import pytest
from cluster_release import Helm, binaries
from cluster_site import until
from drill_ground import LIMIT_S, NAMESPACE, Ground, Load
from lab import Cluster
from lab.errors import Unavailable
from lab.nodes import Node

Drill: TypeAlias = Callable[[str], AbstractContextManager[Load]]

WAIT = "--timeout=120s"
WEIGHTS = {"errors": 1, "traffic": 2, "audit": 3}


@pytest.fixture(scope="module")
def ground(cluster: Cluster, images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ground = Ground(cluster, Helm(binaries(build=True) / "helm"), tmp_path_factory.mktemp("drills"))
    ground.lay()
    yield ground
    ground.clear()


@pytest.fixture
def drill(ground: Ground, record_property: Callable[[str, Any], None]) -> Drill:
    """`with drill("name") as load`: something happens under that load, and then every packet is accounted for."""

    @contextmanager
    def under_load(name: str) -> Iterator[Load]:
        with ground.load(name) as load:
            yield load
            load.more()
            record_property("drill", {"drill": name, **asdict(load.finish())})

    return under_load


# ---- analysers


def test_weights_are_seen_in_the_analysers_own_counters(ground: Ground, drill: Drill) -> None:
    with drill("weights") as load:
        before = taken(ground)
        load.more(600)
        after = taken(ground)
    got = {name: after[name] - before[name] for name in WEIGHTS}
    total = sum(got.values())
    # Two distributors, each exact to one packet an analyser, seen while requests are under way.
    in_flight = 30
    for name, weight in WEIGHTS.items():
        assert abs(got[name] - total * weight / 6) <= in_flight, got


def test_an_analysers_pod_is_deleted(ground: Ground, drill: Drill) -> None:
    with drill("analyser-deleted"):
        (pod,) = ground.pods("traffic")
        ground.kubectl("delete", "pod", pod)
        ground.kubectl("rollout", "status", "deployment/samples-traffic", WAIT)
        ground.release.until_served()


def test_an_analyser_crashes_again_and_again(ground: Ground, drill: Drill) -> None:
    with drill("analyser-crashing"):
        (pod,) = ground.pods("audit")
        for crash in (1, 2):
            until("it runs", partial(is_ready, ground, pod), limit_s=LIMIT_S)
            ground.signal(pod, signal.SIGKILL)
            until("it is started again", partial(has_restarted, ground, pod, crash), limit_s=LIMIT_S)
        ground.release.until_served()


def test_an_analyser_hangs_and_is_not_ready(ground: Ground, drill: Drill) -> None:
    with drill("analyser-unready") as load:
        (pod,) = ground.pods("audit")
        ground.signal(pod, signal.SIGSTOP)
        until("it is not ready", lambda: not is_ready(ground, pod), limit_s=LIMIT_S)
        load.more()
        ground.signal(pod, signal.SIGCONT)
        ground.release.until_served()


def test_an_analyser_is_scaled_out_to_nothing_and_back(ground: Ground, drill: Drill) -> None:
    with drill("analyser-scaled") as load:
        for count in (3, 0, 1):
            ground.kubectl("scale", "deployment/samples-traffic", f"--replicas={count}")
            until(f"it has {count} endpoints", partial(has_endpoints, ground, "traffic", count), limit_s=LIMIT_S)
            load.more()
        ground.release.until_served()


# ---- distributors


def test_distributors_are_restarted_one_by_one(ground: Ground, drill: Drill) -> None:
    with drill("distributors-restarted"):
        ground.kubectl("rollout", "restart", "statefulset/logdist-distributor")
        ground.kubectl("rollout", "status", "statefulset/logdist-distributor", WAIT)


def test_a_distributors_pod_is_deleted(ground: Ground, drill: Drill) -> None:
    with drill("distributor-deleted"):
        ground.kubectl("delete", "pod", "logdist-distributor-0")
        ground.kubectl("rollout", "status", "statefulset/logdist-distributor", WAIT)


def test_distributors_are_killed(ground: Ground, drill: Drill) -> None:
    with drill("distributors-killed") as load:
        for pod in ground.pods("distributor"):
            restarts = restarts_of(ground, pod)
            ground.signal(pod, signal.SIGKILL)
            until("it is started again", partial(has_restarted, ground, pod, restarts + 1), limit_s=LIMIT_S)
            until("it is ready", partial(is_ready, ground, pod), limit_s=LIMIT_S)
            load.more()


def test_distributors_that_are_scaled_away_empty_their_spools_first(ground: Ground, drill: Drill) -> None:
    with drill("distributors-scaled") as load:
        for count in (1, 3):
            scale_distributors(ground, count)
            load.more()
        analysers = [pod for name in WEIGHTS for pod in ground.pods(name)]
        for pod in analysers:
            ground.signal(pod, signal.SIGSTOP)
        until("every distributor has a backlog", lambda: has_backlog(ground, 3), limit_s=LIMIT_S)
        for pod in analysers:
            ground.signal(pod, signal.SIGCONT)
        scale_distributors(ground, 1)
        assert [packets_in(ground.spool(number)) for number in (1, 2)] == [0, 0]
    scale_distributors(ground, 2)


@pytest.mark.timeout(600)
def test_a_node_is_drained(ground: Ground, drill: Drill) -> None:
    with drill("node-drained") as load, second_node(ground) as node:
        everything = ("statefulset/logdist-distributor", *(f"deployment/samples-{name}" for name in WEIGHTS))
        ground.kubectl("cordon", "node1")
        for each in everything:
            ground.kubectl("rollout", "restart", each)
        for each in everything:
            ground.kubectl("rollout", "status", each, WAIT)
        assert pods_on(ground, node.name) >= 5
        ground.kubectl("uncordon", "node1")
        load.more()
        ground.kubectl("drain", node.name, "--ignore-daemonsets", "--timeout=180s")
        assert pods_on(ground, node.name) == 0
        ground.kubectl("rollout", "status", "statefulset/logdist-distributor", WAIT)
        ground.release.until_served()


def second_node(ground: Ground) -> AbstractContextManager[Node]:
    try:
        return ground.cluster.second_node()
    except Unavailable as reason:
        pytest.skip(str(reason))


# ---- what they do without


def test_the_operator_is_deleted_and_away_for_a_while(ground: Ground, drill: Drill) -> None:
    with drill("operator-away") as load:
        (pod,) = ground.pods("operator")
        ground.kubectl("delete", "pod", pod)
        ground.kubectl("scale", "deployment/logdist-operator", "--replicas=0")
        load.more(1000)
        ground.kubectl("scale", "deployment/logdist-operator", "--replicas=1")
        ground.kubectl("rollout", "status", "deployment/logdist-operator", WAIT)


@pytest.mark.timeout(400)
def test_the_api_server_is_down_for_a_minute(ground: Ground, drill: Drill) -> None:
    with drill("api-server-down") as load, ground.cluster.stopped("kube-apiserver"):
        load.more(60 * load.rate_per_s)


def pods_on(ground: Ground, node: str) -> int:
    return len(ground.cluster.get("-n", NAMESPACE, "pods", f"--field-selector=spec.nodeName={node}")["items"])


def taken(ground: Ground) -> dict[str, int]:
    """Packets by analyser, by their own counters."""
    return {name: ground.ask(f"samples-{name}", 8000, "/custom_metrics")["packets"] for name in WEIGHTS}


def status(ground: Ground, pod: str) -> dict[str, Any]:
    found: dict[str, Any] = ground.cluster.get("-n", NAMESPACE, "pod", pod)["status"]
    return found


def is_ready(ground: Ground, pod: str) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in status(ground, pod)["conditions"])


def restarts_of(ground: Ground, pod: str) -> int:
    return int(status(ground, pod)["containerStatuses"][0]["restartCount"])


def has_restarted(ground: Ground, pod: str, times: int) -> bool:
    container = status(ground, pod)["containerStatuses"][0]
    return container["restartCount"] >= times and "running" in container["state"]


def has_endpoints(ground: Ground, analyser: str, count: int) -> bool:
    return int(ground.cluster.get("-n", NAMESPACE, "analyser", analyser)["status"].get("endpoints", 0)) == count


def has_backlog(ground: Ground, distributors: int) -> bool:
    pods = ground.state()["pods"]
    return len(pods) == distributors and all(pod["queue"] and pod["queue"]["spoolPackets"] > 20 for pod in pods)


def packets_in(spool: Path) -> int:
    """What waits in the spool of a distributor that is gone. Only looks: the file stays the pod's."""
    with lmdb.open(str(spool), readonly=True, lock=False, max_dbs=3) as environment:
        packets = environment.open_db(b"packets", create=False)
        with environment.begin() as transaction:
            return int(transaction.stat(packets)["entries"])


def scale_distributors(ground: Ground, count: int) -> None:
    """Scale, and wait until the last pod that goes has gone."""
    ground.kubectl("scale", "statefulset/logdist-distributor", f"--replicas={count}")
    ground.kubectl("rollout", "status", "statefulset/logdist-distributor", WAIT)
    names = {f"pod/logdist-distributor-{number}" for number in range(count)}
    chosen = ("-l", "app.kubernetes.io/component=distributor")
    until(
        f"there are {count} distributors",
        lambda: set(ground.kubectl("get", "pods", *chosen, "-o", "name").split()) == names,
        limit_s=LIMIT_S,
    )
