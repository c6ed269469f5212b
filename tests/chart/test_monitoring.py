"""The three modes of monitoring: what each brings, that it fits together, and that Prometheus understands it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from chart_helm import CHART, KUBE_VERSION, ROOT, Helm, Json, Objects, leaves, look, pods, setting
from test_switches import AFFINITY, FIRST, PEER, POD, QUOTA, TOLERATION, Switch

sys.path.insert(0, str(ROOT / "tests" / "monitoring"))
from go_programs import Unavailable, prepare, version

FILES: Final = CHART / "files"
BUILTIN, EXTERNAL = {"monitoring.mode": "builtin"}, {"monitoring.mode": "external"}
PROMETHEUS: Final = "Deployment/logdist-prometheus"
GRAFANA: Final = "Deployment/logdist-grafana"
CONFIG: Final = "ConfigMap/logdist-prometheus"
MONITOR: Final = "PodMonitor/logdist-distributor"
RULES: Final = "PrometheusRule/logdist-alerts"
ENDPOINT: Final = "spec/podMetricsEndpoints/0"
VOLUME: Final = f"{POD}/volumes/2/emptyDir/sizeLimit"
BASE: Final = "https://docs.test/logdist/"
MINE: Final = {"name": "mine", "labels": {"app": "mine"}, "port": "metrics"}

SWITCHES: Final[list[Switch]] = [
    ({}, PROMETHEUS, "", None),
    ({}, GRAFANA, "", None),
    ({}, MONITOR, "", None),
    ({}, RULES, "", None),
    ({}, "ConfigMap/logdist-dashboards", "", None),
    (EXTERNAL, PROMETHEUS, "", None),
    (EXTERNAL, GRAFANA, "", None),
    (EXTERNAL, "ConfigMap/logdist-dashboards", "metadata/labels/grafana_dashboard", "1"),
    (EXTERNAL, MONITOR, f"{ENDPOINT}/port", "control"),
    (EXTERNAL, MONITOR, f"{ENDPOINT}/honorLabels", True),
    (EXTERNAL, MONITOR, f"{ENDPOINT}/interval", "15s"),
    (EXTERNAL | {"monitoring.intervalSeconds": 30}, MONITOR, f"{ENDPOINT}/interval", "30s"),
    (EXTERNAL, MONITOR, f"{ENDPOINT}/authorization/credentials/name", "logdist-distributor-token"),
    (EXTERNAL | {"distributor.existingSecret": "m"}, MONITOR, f"{ENDPOINT}/authorization/credentials/name", "m"),
    (EXTERNAL, "PodMonitor/logdist-operator", f"{ENDPOINT}/authorization", None),
    (EXTERNAL, "PodMonitor/logdist-operator", f"{ENDPOINT}/port", "api"),
    (EXTERNAL, "PodMonitor/logdist-analysers-samples", f"{ENDPOINT}/port", "http"),
    (EXTERNAL | {"monitoring.analysers": []}, "PodMonitor/logdist-analysers-samples", "", None),
    (EXTERNAL | {"monitoring.analysers": [MINE]}, "PodMonitor/logdist-analysers-mine", f"{ENDPOINT}/port", "metrics"),
    (EXTERNAL | {"monitoring.external.labels": {"release": "kps"}}, MONITOR, "metadata/labels/release", "kps"),
    (EXTERNAL | {"monitoring.external.labels": {"release": "kps"}}, RULES, "metadata/labels/release", "kps"),
    (BUILTIN, MONITOR, "", None),
    (BUILTIN, RULES, "", None),
    (BUILTIN, PROMETHEUS, f"{FIRST}/args/--storage.tsdb.retention.time", "7d"),
    (BUILTIN | {"monitoring.builtin.prometheus.image": "r/p:1"}, PROMETHEUS, f"{FIRST}/image", "r/p:1"),
    (
        BUILTIN | {"monitoring.builtin.prometheus.retentionDays": 30},
        PROMETHEUS,
        f"{FIRST}/args/--storage.tsdb.retention.time",
        "30d",
    ),
    (BUILTIN, PROMETHEUS, VOLUME, "2048Mi"),
    (BUILTIN | {"monitoring.builtin.prometheus.storageMiB": 1000}, PROMETHEUS, VOLUME, "1000Mi"),
    (
        BUILTIN | {"monitoring.builtin.prometheus.storageMiB": 1000},
        PROMETHEUS,
        f"{FIRST}/args/--storage.tsdb.retention.size",
        "800MB",
    ),
    (BUILTIN | {"monitoring.builtin.grafana.image": "r/g:1"}, GRAFANA, f"{FIRST}/image", "r/g:1"),
    (BUILTIN, "Secret/logdist-grafana-password", "type", "Opaque"),
    (BUILTIN | {"monitoring.builtin.grafana.existingSecret": "m"}, "Secret/logdist-grafana-password", "", None),
    (
        BUILTIN | {"monitoring.builtin.grafana.existingSecret": "m"},
        GRAFANA,
        f"{POD}/volumes/2/secret/secretName",
        "m",
    ),
    ({}, "NetworkPolicy/logdist-prometheus", "", None),
    (
        BUILTIN,
        "NetworkPolicy/logdist-prometheus",
        "spec/ingress/0/from/0/podSelector/matchLabels/app.kubernetes.io~component",
        "grafana",
    ),
    (BUILTIN | {"monitoring.builtin.networkPolicy.enabled": False}, "NetworkPolicy/logdist-prometheus", "", None),
    (BUILTIN, "NetworkPolicy/logdist-grafana", "spec/ingress/0", {"ports": [{"port": 3000}]}),
    (
        BUILTIN | {"monitoring.builtin.networkPolicy.visitors": [PEER]},
        "NetworkPolicy/logdist-grafana",
        "spec/ingress/0/from/0",
        PEER,
    ),
    *(
        (BUILTIN | {f"monitoring.builtin.{part}.{key}": value}, f"Deployment/logdist-{part}", path, expected)
        for part in ("prometheus", "grafana")
        for key, value, path, expected in (
            ("resources", QUOTA, f"{FIRST}/resources/requests", QUOTA["requests"]),
            ("nodeSelector", {"a": "b"}, f"{POD}/nodeSelector", {"a": "b"}),
            ("tolerations", [TOLERATION], f"{POD}/tolerations", [TOLERATION]),
            ("affinity", AFFINITY, f"{POD}/affinity", AFFINITY),
        )
    ),
]
REFUSED: Final[list[tuple[str, Any]]] = [
    ("mode", "all"),
    ("intervalSeconds", 1),
    ("runbookBase", "docs.test"),
    ("analysers", [{"name": "mine", "labels": {}, "port": "http"}]),
    ("builtin.prometheus.image", "prom/prometheus"),
    ("builtin.prometheus.storageMiB", 1),
    ("builtin.grafana.existingSecret", "My_Secret"),
]


def flags(sets: Json) -> list[str]:
    return [setting(key, value) for key, value in sets.items()]


@pytest.mark.parametrize(("sets", "name", "path", "expected"), SWITCHES)
def test_a_value_of_monitoring_shows_in_the_objects(
    helm: Helm, sets: Json, name: str, path: str, expected: Any
) -> None:
    assert look(helm.objects(*flags(sets)).get(name), path) == expected


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_a_bad_value_of_monitoring_is_refused(helm: Helm, key: str, value: Any) -> None:
    assert f"/monitoring/{key.replace('.', '/')}" in helm.refusal(setting(f"monitoring.{key}", value))


def test_no_value_of_monitoring_is_left_out_of_the_table() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())["monitoring"]
    tried = {leaf for sets, *_ in SWITCHES for key, value in sets.items() for leaf in (key, *leaves(value, key))}
    tried.add("monitoring.runbookBase")  # test_the_alerts_are_those_of_the_file_with_runbooks_where_people_find_them
    missing = {
        leaf for leaf in leaves(values, "monitoring") if not any(f"{leaf}.".startswith(f"{key}.") for key in tried)
    }
    assert not missing


@pytest.mark.parametrize("mode", ["external", "builtin"])
def test_the_alerts_are_those_of_the_file_with_runbooks_where_people_find_them(helm: Helm, mode: str) -> None:
    objects = helm.objects(*flags({"monitoring.mode": mode, "monitoring.runbookBase": BASE}))
    written = yaml.safe_load((FILES / "alerts.yaml").read_text().replace('".*logdist.*"', '".*(logdist|logdist).*"'))
    for group in written["groups"]:
        for rule in group["rules"]:
            rule["annotations"]["runbook_url"] = BASE + rule["annotations"]["runbook_url"]
    assert rules_of(objects) == written


def test_without_a_base_an_alert_names_its_runbook_and_has_no_link_that_leads_nowhere(helm: Helm) -> None:
    groups = rules_of(helm.objects(*flags(EXTERNAL)))["groups"]
    for annotations in (rule["annotations"] for group in groups for rule in group["rules"]):
        assert annotations["runbook"].startswith("docs/operations.md#")
        assert "runbook_url" not in annotations


def test_targets_are_told_by_whatever_name_the_release_has(helm: Helm) -> None:
    objects = helm.objects(*flags(EXTERNAL | {"fullnameOverride": "deal"}))
    rules = [rule for group in objects["PrometheusRule/deal-alerts"]["spec"]["groups"] for rule in group["rules"]]
    [down] = [rule for rule in rules if rule["alert"] == "LogdistDown"]
    assert down["expr"] == 'up{job=~".*(logdist|deal).*"} == 0'


@pytest.mark.parametrize("mode", ["external", "builtin"])
def test_the_dashboards_are_those_of_the_files(helm: Helm, mode: str) -> None:
    data = helm.objects(*flags({"monitoring.mode": mode}))["ConfigMap/logdist-dashboards"]["data"]
    files = {f"logdist-{path.name}": json.loads(path.read_text()) for path in (FILES / "dashboards").glob("*.json")}
    assert {name: json.loads(text) for name, text in data.items()} == files
    assert len(files) == 4


def test_monitors_find_the_pods_by_ports_that_they_have(helm: Helm) -> None:
    objects = helm.objects(*flags(EXTERNAL))
    for component, kind in (("distributor", "StatefulSet"), ("operator", "Deployment")):
        monitor, pod = objects[f"PodMonitor/logdist-{component}"], objects[f"{kind}/logdist-{component}"]
        labels = pod["spec"]["template"]["metadata"]["labels"]
        assert look(monitor, "spec/selector/matchLabels").items() <= labels.items()
        ports = {port["name"] for port in look(pod, f"{FIRST}/ports")}
        assert look(monitor, f"{ENDPOINT}/port") in ports


def test_the_built_in_pods_are_as_restricted_as_all_others(helm: Helm) -> None:
    objects = helm.objects(*flags(BUILTIN))
    for name in (PROMETHEUS, GRAFANA):
        pod = pods(objects)[name]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["enableServiceLinks"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod["volumes"]}
        for volume in pod["volumes"]:
            if "configMap" in volume:
                assert f"ConfigMap/{volume['configMap']['name']}" in objects
            if "secret" in volume:
                assert f"Secret/{volume['secret']['secretName']}" in objects
    assert pods(objects)[GRAFANA]["automountServiceAccountToken"] is False
    assert objects["Role/logdist-prometheus"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    ]


def test_the_built_in_prometheus_is_the_version_that_the_alerts_were_tried_with(helm: Helm) -> None:
    image = look(helm.objects(*flags(BUILTIN))[PROMETHEUS], f"{FIRST}/image")
    assert image == f"docker.io/prom/prometheus:v{version()}"


def test_grafana_asks_the_prometheus_that_there_is(helm: Helm) -> None:
    objects = helm.objects(*flags(BUILTIN), release="my")
    provisioned = yaml.safe_load(objects["ConfigMap/my-logdist-grafana"]["data"]["datasources.yaml"])
    (source,) = provisioned["datasources"]
    host, _, port = source["url"].removeprefix("http://").partition(":")
    assert objects[f"Service/{host}"]["spec"]["ports"][0]["port"] == int(port)
    assert source["jsonData"]["timeInterval"] == "15s"


def test_grafana_knows_all_that_it_is_provisioned_with_and_finds_it(helm: Helm) -> None:
    """Fields as in Grafana's documentation of provisioning: it passes over others without a word."""
    objects = helm.objects(*flags(BUILTIN))
    config = {name: yaml.safe_load(text) for name, text in objects["ConfigMap/logdist-grafana"]["data"].items()}
    assert config["datasources.yaml"].keys() <= {"apiVersion", "prune", "deleteDatasources", "datasources"}
    assert config["dashboards.yaml"].keys() <= {"apiVersion", "providers"}
    (source,), (provider,) = config["datasources.yaml"]["datasources"], config["dashboards.yaml"]["providers"]
    assert source.keys() <= {"name", "uid", "type", "access", "url", "isDefault", "editable", "jsonData"}
    assert source["jsonData"].keys() <= {"timeInterval", "httpMethod"}
    assert provider.keys() <= {"name", "folder", "type", "allowUiUpdates", "options"}
    grafana = pods(objects)[GRAFANA]
    (container,) = grafana["containers"]
    mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    assert mounted[provider["options"]["path"]] == "dashboards"
    (home,) = (each["value"] for each in container["env"] if each["name"].endswith("HOME_DASHBOARD_PATH"))
    assert home.removeprefix(f"{provider['options']['path']}/") in objects["ConfigMap/logdist-dashboards"]["data"]
    for text in objects["ConfigMap/logdist-dashboards"]["data"].values():
        (variable,) = (each for each in json.loads(text)["templating"]["list"] if each["type"] == "datasource")
        assert (variable["query"], source["type"], source["isDefault"]) == ("prometheus", "prometheus", True)


def test_grafana_may_write_where_it_does_and_leaves_the_plugins_of_its_image_alone(helm: Helm) -> None:
    """Its start script writes below /var/lib/grafana, its plugins listen on sockets in /tmp; its log is the console."""
    grafana = pods(helm.objects(*flags(BUILTIN)))[GRAFANA]
    (container,) = grafana["containers"]
    empty = {volume["name"] for volume in grafana["volumes"] if "emptyDir" in volume}
    assert {mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in empty} == {
        "/var/lib/grafana",
        "/tmp",
    }
    env = {each["name"]: each["value"] for each in container["env"]}
    assert (env["GF_LOG_MODE"], env["GF_PLUGINS_PREINSTALL_DISABLED"]) == ("console", "true")


def test_promtool_takes_the_configuration(helm: Helm, tmp_path: Path) -> None:
    try:
        promtool = prepare() / "promtool"
    except Unavailable as reason:
        pytest.skip(str(reason))
    for name, text in helm.objects(*flags(BUILTIN | {"monitoring.analysers": [MINE]}))[CONFIG]["data"].items():
        (tmp_path / name).write_text(text)
    for check in (["config", "--syntax-only", "prometheus.yml"], ["rules", "alerts.yaml"]):
        done = subprocess.run([promtool, "check", *check], cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_rule_or_dashboard_restarts_who_reads_it(helm4: Helm) -> None:
    before, same, after = (
        helm4.objects(*flags(BUILTIN | more)) for more in ({}, {}, {"monitoring.intervalSeconds": 30})
    )
    for name in (PROMETHEUS, GRAFANA):
        path = "spec/template/metadata/annotations/checksum~config"
        assert look(before[name], path) == look(same[name], path) != look(after[name], path)


def test_helm_lint_finds_nothing_in_any_mode(helm: Helm) -> None:
    for sets in (BUILTIN, EXTERNAL):
        done = helm.call("lint", "--strict", "--kube-version", KUBE_VERSION, str(CHART), *flags(sets))
        assert done.returncode == 0, done.stdout + done.stderr


def rules_of(objects: Objects) -> Json:
    """The alerts of either mode."""
    if RULES in objects:
        spec: Json = objects[RULES]["spec"]
        return spec
    rules: Json = yaml.safe_load(objects[CONFIG]["data"]["alerts.yaml"])
    return rules
