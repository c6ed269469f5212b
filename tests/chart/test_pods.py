"""What every pod of the charts promises, in every profile."""

from typing import Final

import pytest
from chart_helm import PROFILES, SAMPLES, Helm, Json, Objects, pods, setting

ALL: Final = [*PROFILES, "samples"]
RESTRICTED: Final = {  # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, and more
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
SERVING_NOBODY: Final = "Deployment/logdist-locust-worker"
WITH_API: Final = "Deployment/logdist-operator"  # the only pod that talks to the API server


@pytest.fixture(params=ALL)
def objects(helm: Helm, request: pytest.FixtureRequest) -> Objects:
    if request.param == "samples":
        return helm.objects(chart=SAMPLES)
    return helm.objects(*PROFILES[request.param])


def test_every_pod_meets_pod_security_restricted(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        assert pod["securityContext"].items() >= {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001}.items()
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert all(volume.keys() & {"configMap", "secret", "emptyDir"} for volume in pod.get("volumes", ()))
        for container in containers(pod):
            assert container["securityContext"] == RESTRICTED, name
            assert not any("hostPort" in port for port in container.get("ports", ()))


def test_every_container_asks_for_resources_and_bounds_its_memory(objects: Objects) -> None:
    for pod in pods(objects).values():
        for container in containers(pod):
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_only_the_operator_gets_a_token_of_the_api_server(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        assert pod.get("automountServiceAccountToken", True) == (name == WITH_API)
        assert ("serviceAccountName" in pod) == (name == WITH_API)


def test_no_pod_gets_variables_of_services(objects: Objects) -> None:
    """A Service called `logdist` would set LOGDIST_PORT, which the programs read as a setting."""
    assert all(pod["enableServiceLinks"] is False for pod in pods(objects).values())


def test_every_server_is_probed_at_a_port_it_has(objects: Objects) -> None:
    for name, pod in pods(objects).items():
        for container in containers(pod) if not name.startswith(("Pod/", SERVING_NOBODY)) else ():
            ports = {port["name"] for port in container["ports"]}
            for probe in ("livenessProbe", "readinessProbe"):
                assert container[probe]["httpGet"]["port"] in ports


def test_every_selector_finds_its_pods_and_no_others(objects: Objects) -> None:
    labels = {name: pod_labels(each) for name, each in objects.items() if pod_labels(each)}
    for name, each in objects.items():
        selector = each.get("spec", {}).get("selector")
        if selector is None or each["kind"] == "PersistentVolumeClaim":
            continue
        wanted = selector.get("matchLabels", selector).items()
        assert len([owner for owner, has in labels.items() if wanted <= has.items()]) == 1, name


def test_everything_is_in_the_namespace_of_the_release(objects: Objects) -> None:
    everywhere = ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding")
    for each in objects.values():
        assert each["metadata"].get("namespace") == (None if each["kind"] in everywhere else "logdist")


@pytest.mark.parametrize("release", ["logdist", "my", "2.b", "a-release-whose-name-is-as-long-as-helm-takes-it-1234"])
def test_names_fit_whatever_the_release_is_called(helm: Helm, release: str) -> None:
    for chart in ({}, {"chart": SAMPLES}):
        for each in helm.objects(release=release, **chart).values():
            assert len(each["metadata"]["name"]) <= (52 if each["kind"] == "StatefulSet" else 63)


@pytest.mark.parametrize("profile", PROFILES)
def test_selectors_stay_what_they_are_when_values_change(helm: Helm, profile: str) -> None:
    """Kubernetes refuses to change those of a StatefulSet or a Deployment. These are the ones of the first version."""
    objects = helm.objects(*PROFILES[profile], setting("image.tag", "9.9"))
    for component, kind in (("operator", "Deployment"), ("distributor", "StatefulSet")):
        item = objects[f"{kind}/logdist-{component}"]
        labels = {"name": "logdist", "instance": "logdist", "component": component}
        selector = item["spec"]["selector"]["matchLabels"]
        assert selector == {f"app.kubernetes.io/{key}": value for key, value in labels.items()}
        assert pod_labels(item) == selector  # else an upgrade that changes nothing would restart pods


def test_the_operator_finds_the_distributors_and_the_registry_they_read(helm: Helm) -> None:
    objects = helm.objects(release="my")
    (operator,) = containers(pods(objects)["Deployment/my-logdist-operator"])
    flags = dict(flag.partition("=")[::2] for flag in operator["args"])
    service = objects[f"Service/{flags['--distributor-service']}"]["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    assert [port["name"] for port in service["ports"]] == ["control"]
    registry, token, *_ = pods(objects)["StatefulSet/my-logdist-distributor"]["volumes"]
    assert registry["configMap"] == {"name": flags["--registry-configmap"], "optional": True}
    assert f"Secret/{token['secret']['secretName']}" in objects
    granted = [rule.get("resourceNames") for rule in objects["Role/my-logdist-operator"]["rules"]]
    assert [flags["--registry-configmap"]] in granted
    host, _, port = flags["--ingest-url"].removeprefix("http://").partition(":")
    assert objects[f"Service/{host}"]["spec"]["ports"][0]["port"] == int(port)


def containers(pod: Json) -> list[Json]:
    return [*pod["containers"], *pod.get("initContainers", ())]


def pod_labels(item: Json) -> Json:
    """The labels of the pods it makes, or has; nothing when it makes none."""
    if item["kind"] == "Pod":
        return item["metadata"]["labels"]
    labels: Json = item.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
    return labels
