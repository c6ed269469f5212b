"""`kubectl apply` moves the registry of every distributor, whatever happens to objects, Services and pods."""

from typing import Any

import pytest
from cluster_site import Site, until
from lab.images import SINK

PORT = 8000


def test_every_change_of_an_object_reaches_every_distributor(site: Site) -> None:
    site.distributors(3)
    site.operator()
    site.apply(site.analyser("errors"), site.analyser("audit", weight=3))
    site.until_weights(errors=1, audit=3)
    site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", '{"spec":{"weight":7}}')
    site.until_weights(errors=7, audit=3)
    site.kubectl("patch", "analyser", "errors", "--type=merge", "-p", '{"spec":{"suspend":true}}')
    until("it is suspended everywhere", lambda: all(entry(pod, "errors")["suspend"] for pod in site.pods))
    site.kubectl("delete", "analyser", "audit")
    site.until_weights(errors=7)
    pushed = [[snapshot["generation"] for snapshot in pod.pushed] for pod in site.pods]
    assert all(numbers == sorted(numbers) for numbers in pushed)
    assert {pod.held["digest"] for pod in site.pods} == {site.committed()["digest"]}


def test_an_object_made_anew_under_the_same_name_is_another_analyser(site: Site) -> None:
    site.distributors(1)
    site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    first = entry(site.pods[0], "errors")["uid"]
    site.kubectl("delete", "analyser", "errors")
    site.apply(site.analyser("errors", weight=2))
    site.until_weights(errors=2)
    assert entry(site.pods[0], "errors")["uid"] != first


def test_five_hundred_analysers_at_once_reach_every_distributor(site: Site) -> None:
    site.distributors(3)
    operator = site.operator()
    site.create(*(site.analyser(f"a{number}") for number in range(500)))
    until("500 are held", lambda: all(len(pod.held["analysers"]) == 500 for pod in site.pods))
    assert operator.state()["generation"] == site.committed()["generation"]
    site.delete_all()
    site.until_weights()  # deliberate, so the brake on shrinking does not hold it up


def test_distributors_are_found_and_forgotten_as_their_service_changes(site: Site) -> None:
    first, second, third = site.distributors(3)
    operator = site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    site.publish([first, third])
    until("the second is forgotten", lambda: [pod["url"] for pod in operator.state()["pods"]] == [first.url, third.url])
    site.apply(site.analyser("errors", weight=2))
    until("the others follow", lambda: first.weights == third.weights == {"errors": 2})
    assert second.weights == {"errors": 1}
    site.publish(site.pods, ready=False)  # unready is where a distributor without a registry is
    site.until_weights(errors=2)
    site.publish(site.pods, terminating=True)
    until("who leaves is not waited for", lambda: operator.state()["pods"] == [])


def test_a_distributor_restarted_at_the_same_address_is_noticed_by_its_instance(site: Site) -> None:
    [pod] = site.distributors(1)
    operator = site.operator()
    site.apply(site.analyser("errors"))
    site.until_weights(errors=1)
    site.loop.run(pod.restart(is_empty=True))
    site.until_weights(errors=1)
    until("it is known anew", lambda: operator.state()["pods"][0]["instanceId"] == pod.instance_id)


def test_a_service_ref_follows_the_pods_of_a_deployment_and_keeps_the_share(site: Site) -> None:
    site.distributors(1)
    operator = site.operator()
    deploy(site, replicas=1)
    site.apply(site.analyser("sink", serviceRef={"name": "sink", "port": 80}), site.analyser("other"))
    until("one pod is found", lambda: count(site) == 1)
    [first] = urls(site)
    assert first.endswith(f":{PORT}")
    site.kubectl("scale", "deployment/sink", "--replicas=3")
    until("three pods are found", lambda: count(site) == 3)
    assert share(operator, "sink") == share(operator, "other") == 50.0
    site.kubectl("scale", "deployment/sink", "--replicas=1")
    until("one pod is left", lambda: count(site) == 1)
    site.kubectl("scale", "deployment/sink", "--replicas=0")
    until("none is left", lambda: count(site) == 0)
    until("the other has all", lambda: (share(operator, "sink"), share(operator, "other")) == (0.0, 100.0))
    assert condition(operator, "sink", "Healthy")["reason"] == "NoEndpoints"


def test_a_pod_that_is_not_ready_gets_nothing(site: Site) -> None:
    site.distributors(1)
    site.operator()
    deploy(site, replicas=2)
    site.apply(site.analyser("sink", serviceRef={"name": "sink", "port": 80}))
    until("both pods are found", lambda: count(site) == 2)
    unwell = urls(site)[0]
    site.cluster.run("curl", "-sf", "-X", "POST", f"{unwell}/ready?ok=false")
    until("the other is left", lambda: count(site) == 1 and unwell not in urls(site))
    site.cluster.run("curl", "-sf", "-X", "POST", f"{unwell}/ready?ok=true")
    until("it is back", lambda: unwell in urls(site))


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ({"name": "nowhere", "port": 80}, "there is no such Service"),
        ({"name": "sink", "port": 81}, "no port 81, only 80"),
    ],
)
def test_a_service_ref_that_leads_nowhere_says_why(site: Site, ref: dict[str, Any], said: str) -> None:
    site.distributors(1)
    operator = site.operator()
    deploy(site, replicas=0)
    site.apply(site.analyser("lost", serviceRef=ref))
    until("it is registered", lambda: count(site, "lost") == 0)
    until("its condition says why", lambda: said in condition(operator, "lost", "Healthy")["message"])


def entry(pod: Any, name: str) -> dict[str, Any]:
    return next((each for each in pod.held["analysers"] if each["name"] == name), {})


def urls(site: Site, name: str = "sink") -> list[str]:
    found: list[str] = entry(site.pods[0], name)["endpoints"]
    return found


def count(site: Site, name: str = "sink") -> int:
    """How many endpoints the distributor knows; -1 while it does not know the analyser."""
    return len(urls(site, name)) if entry(site.pods[0], name) else -1


def analyser(operator: Any, name: str) -> dict[str, Any]:
    return next(each for each in operator.state()["analysers"] if each["name"] == name)


def share(operator: Any, name: str) -> float:
    wanted: float = analyser(operator, name)["share"]["wanted"]
    return wanted


def condition(operator: Any, name: str, kind: str) -> dict[str, Any]:
    return next(each for each in analyser(operator, name)["conditions"] if each["type"] == kind)


def deploy(site: Site, *, replicas: int) -> None:
    """A Deployment of pods that take everything, and its Service, port 80."""
    probe = {"httpGet": {"path": "/ready", "port": PORT}, "periodSeconds": 1, "failureThreshold": 1}
    container = {"name": "sink", "image": SINK, "imagePullPolicy": "Never", "readinessProbe": probe}
    labels = {"app": "sink"}
    pod = {"terminationGracePeriodSeconds": 1, "containers": [container]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "sink", "namespace": site.namespace}
    ports = [{"port": 80, "targetPort": PORT}]
    site.apply(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": labels, "ports": ports}},
    )
