"""What must hold whatever dies: no generation has two bodies, no distributor goes back, nobody keeps a ghost."""

import itertools
import signal
from pathlib import Path

import pytest
from cluster_site import Site, until

DYING = str(Path(__file__).with_name("dying_operator.py"))
STEPS = ["before list", "after list", "before commit", "after commit", "before push", "after push"]


@pytest.mark.parametrize("step", STEPS)
def test_an_operator_killed_at_any_step_is_made_good_by_the_next(site: Site, step: str) -> None:
    site.distributors(2)
    site.apply(site.analyser("kept"), site.analyser("changed"))
    first = site.operator()
    site.until_weights(kept=1, changed=1)
    first.kill()
    die_changing(site, step, number=1, weight=2)
    die_changing(site, step, number=2, weight=3)
    site.kubectl("delete", "analyser", "kept")
    site.operator()
    site.apply(site.analyser("changed", weight=99))
    site.until_weights(changed=99)
    check(site)


def die_changing(site: Site, step: str, *, number: int, weight: int) -> None:
    """Change an object, and let an operator die when it comes to the step for the first or the second time."""
    site.apply(site.analyser("changed", weight=weight))
    dying = site.operator(program=(DYING, *step.split(), str(number)))
    until("it dies, or is through", lambda: not dying.is_alive or holds(site, changed=weight))
    if dying.is_alive:  # the second time comes with the next change
        site.apply(site.analyser("changed", weight=weight + 10))
        until("it dies", lambda: not dying.is_alive)
    assert dying.child.returncode == -signal.SIGKILL
    check(site)


def test_two_operators_at_once_agree(site: Site) -> None:
    site.distributors(3)
    one, two = site.operator(), site.operator()
    for weight in range(1, 16):
        site.apply(site.analyser("errors", weight=weight), site.analyser(f"also{weight % 3}", weight=weight))
    until("the last change is held", lambda: holds(site, errors=15))
    until("both say so", lambda: one.state()["digest"] == two.state()["digest"] == site.committed()["digest"])
    until("both are at peace", lambda: all(pod["acked"] for each in (one, two) for pod in each.state()["pods"]))
    check(site)
    assert one.is_alive
    assert two.is_alive


def test_an_api_server_that_restarts_costs_nothing_but_time(site: Site) -> None:
    site.distributors(1)
    operator = site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    before = site.pods[0].held["generation"]
    with site.cluster.stopped("kube-apiserver"):
        until("it is away for a while", lambda: operator.state()["source"]["listAgeSeconds"] > 5)
        assert site.pods[0].held["generation"] == before
    site.apply(site.analyser("errors", weight=2))
    site.until_weights(errors=2)
    until("nothing is wrong", lambda: operator.state()["source"]["problems"] == [])
    assert operator.is_alive
    check(site)


def test_a_watch_that_lost_its_place_leaves_no_ghosts(site: Site) -> None:
    site.distributors(1)
    operator = site.operator()
    site.apply(*(site.analyser(f"a{number}") for number in range(6)))
    until("all are held", lambda: len(site.pods[0].weights) == 6)
    operator.child.send_signal(signal.SIGSTOP)  # so that its watch sees nothing of what follows
    site.kubectl("delete", "analyser", "a0", "a1", "a2", "a3")
    site.cluster.compact()
    operator.child.send_signal(signal.SIGCONT)
    site.until_weights(a4=1, a5=1)
    site.apply(site.analyser("new"))
    site.until_weights(a4=1, a5=1, new=1)
    assert operator.is_alive
    check(site)


def test_distributors_serve_the_last_good_registry_while_the_operator_is_gone(site: Site) -> None:
    first, _ = site.distributors(2)
    operator = site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    operator.kill()
    site.kubectl("delete", "analyser", "errors")
    site.apply(site.analyser("audit", weight=4))
    for _ in range(3):
        site.loop.run(first.restart())
        assert first.weights == {"errors": 1}
    site.loop.run(first.restart(is_empty=True))  # its disk was lost, too; the mounted ConfigMap is test_start's
    site.operator()
    site.until_weights(audit=4)
    check(site)


def test_a_namespace_goes_while_the_operator_is_down(site: Site) -> None:
    site.distributors(1)
    operator = site.operator()
    site.apply(*(site.analyser(f"a{number}") for number in range(5)))
    until("all are held", lambda: len(site.pods[0].weights) == 5)
    operator.kill()
    site.cluster.kubectl("delete", "namespace", site.namespace, "--wait=true", "--timeout=40s")
    site.cluster.kubectl("create", "namespace", site.namespace)  # the fixture deletes it


def test_a_registry_lost_from_the_api_is_committed_above_what_distributors_hold(site: Site) -> None:
    [pod] = site.distributors(1)
    first = site.operator()
    for weight in (1, 2, 3):
        site.apply(site.analyser("errors", weight=weight))
        site.until_weights(errors=weight)
    first.kill()
    site.kubectl("delete", "configmap", "logdist-registry")
    site.operator()
    site.apply(site.analyser("errors", weight=9))
    site.until_weights(errors=9)
    assert pod.taken == sorted(pod.taken)
    assert pod.held["generation"] > 3


def test_an_operator_without_the_crd_ends_and_says_what_to_apply(site: Site) -> None:
    site.kubectl("delete", "crd", "analysers.logdist.io", "--wait=true")
    operator = site.operator()
    until("it has ended", lambda: not operator.is_alive)
    assert operator.stop() == 1
    assert "kubectl apply -f manifests/crd.yaml" in operator.log[-1]


def holds(site: Site, **weights: int) -> bool:
    return all(weights.items() <= pod.weights.items() for pod in site.pods)


def check(site: Site) -> None:
    """No generation was ever offered with two bodies, and none that was taken came after a later one."""
    bodies: dict[int, str] = {}
    for pod in site.pods:
        for snapshot in pod.pushed:
            assert bodies.setdefault(snapshot["generation"], snapshot["digest"]) == snapshot["digest"]
        assert all(before <= after for before, after in itertools.pairwise(pod.taken))
