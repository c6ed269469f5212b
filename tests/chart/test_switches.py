"""Every value of the charts, and what it changes in the objects."""

from typing import Any, Final

import pytest
import yaml
from chart_helm import CHART, SAMPLES, Helm, Json, leaves, look, setting

OPERATOR: Final = "Deployment/logdist-operator"
DISTRIBUTOR: Final = "StatefulSet/logdist-distributor"
FRONTEND: Final = "Deployment/logdist-frontend"
LOCUST: Final = "Deployment/logdist-locust"
WORKER: Final = "Deployment/logdist-locust-worker"
POLICY: Final = "NetworkPolicy/logdist-distributor"
API_POLICY: Final = "NetworkPolicy/logdist-operator"
PAGE_POLICY: Final = "NetworkPolicy/logdist-frontend"
CRD: Final = "CustomResourceDefinition/analysers.logdist.io"
SENDERS: Final = "Service/logdist-distributor"
CERTIFICATE: Final = "Certificate/logdist-ingest-tls"
CLAIM: Final = "spec/volumeClaimTemplates/0/spec"
HPA: Final = "HorizontalPodAutoscaler/logdist-distributor"
POD: Final = "spec/template/spec"
FIRST: Final = f"{POD}/containers/0"
MEMORY: Final = f"{FIRST}/resources/limits/memory"
VOLUME: Final = f"{CLAIM}/resources/requests/storage"
KEEP: Final = "metadata/annotations/helm.sh~resource-policy"

QUOTA: Final = {"requests": {"cpu": "1", "memory": "1Gi"}}
PEER: Final = {"podSelector": {"matchLabels": {"app": "shop"}}}
OUTSIDE: Final = {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}
TOLERATION: Final = {"key": "logs", "operator": "Exists"}
AFFINITY: Final = {"nodeAffinity": {}}
AUTHORITY: Final = {"secretName": "mine", "items": [{"key": "ca.crt", "path": "ca.crt"}]}  # and not the key

READ_SECRETS: Final = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}

# What is set; then the object, where in it, and what must stand there: None where nothing must, not even the object.
Switch = tuple[dict[str, Any], str, str, Any]
TOKEN: Final = {"distributor.ingest.token.enabled": True}
OWN_TLS: Final = {"distributor.ingest.tls": {"enabled": True, "existingSecret": "mine"}}
ISSUED_TLS: Final = {"distributor.ingest.tls": {"enabled": True, "certManager": {"issuer": "ours"}}}
SWITCHES: Final[list[Switch]] = [
    ({"fullnameOverride": "deal"}, "StatefulSet/deal-distributor", "spec/serviceName", "deal-distributor-headless"),
    ({"fullnameOverride": "deal"}, "Role/deal-operator", "rules/5/resourceNames/0", "deal-registry"),
    ({"image.registry": "r.test:5000"}, OPERATOR, f"{FIRST}/image", "r.test:5000/logdist/operator:0.1.0"),
    ({"image.repository": "mirror/logs"}, DISTRIBUTOR, f"{FIRST}/image", "docker.io/mirror/logs/distributor:0.1.0"),
    ({"image.tag": "9.9"}, "Pod/logdist-test", "spec/containers/0/image", "docker.io/logdist/loadtest:9.9"),
    ({"image.pullPolicy": "Never"}, OPERATOR, f"{FIRST}/imagePullPolicy", "Never"),
    ({"image.pullSecrets": [{"name": "mine"}]}, DISTRIBUTOR, f"{POD}/imagePullSecrets", [{"name": "mine"}]),
    ({"image.pullSecrets": [{"name": "mine"}]}, "Pod/logdist-test", "spec/imagePullSecrets", [{"name": "mine"}]),
    ({}, CRD, KEEP, "keep"),
    ({"crds.keep": False}, CRD, KEEP, None),
    ({"crds.keep": False}, CRD, "spec/group", "logdist.io"),
    ({"crds.enabled": False}, CRD, "", None),
    ({}, OPERATOR, f"{FIRST}/args/--all-namespaces", None),
    ({}, "ClusterRole/logdist-operator", "", None),
    ({}, "Role/logdist-operator", "rules/7", READ_SECRETS),
    ({"operator.readSecrets": False}, "Role/logdist-operator", "rules/7", None),
    ({"operator.allNamespaces": True}, "ClusterRole/logdist-operator", "rules/5", READ_SECRETS),
    ({"operator.allNamespaces": True, "operator.readSecrets": False}, "ClusterRole/logdist-operator", "rules/5", None),
    ({"operator.allNamespaces": True}, OPERATOR, f"{FIRST}/args/--all-namespaces", ""),
    ({"operator.allNamespaces": True}, "ClusterRoleBinding/logdist-operator", "subjects/0/namespace", "logdist"),
    ({}, OPERATOR, f"{FIRST}/args/--api-open-reads", None),
    ({"operator.api.openReads": True}, OPERATOR, f"{FIRST}/args/--api-open-reads", ""),
    ({}, "Secret/logdist-operator-api-token", "type", "Opaque"),
    ({"operator.api.existingSecret": "mine"}, "Secret/logdist-operator-api-token", "", None),
    ({"operator.api.existingSecret": "mine"}, OPERATOR, f"{POD}/volumes/1/secret/secretName", "mine"),
    ({"operator.api.existingSecret": "mine"}, "Pod/logdist-test", "spec/volumes/0/secret/secretName", "mine"),
    ({"operator.networkPolicy.enabled": False}, API_POLICY, "", None),
    ({}, API_POLICY, "spec/ingress/0/from/4", None),
    ({"operator.networkPolicy.clients": [PEER]}, API_POLICY, "spec/ingress/0/from/4", PEER),
    (
        {"locust.enabled": True},
        API_POLICY,
        "spec/ingress/0/from/3/podSelector/matchLabels/app.kubernetes.io~component",
        "locust",
    ),
    ({"distributor.networkPolicy.prometheus": [PEER]}, API_POLICY, "spec/ingress/0/from/3", PEER),
    ({"operator.resources": QUOTA}, OPERATOR, f"{FIRST}/resources/requests", QUOTA["requests"]),
    ({"operator.nodeSelector": {"a": "b"}}, OPERATOR, f"{POD}/nodeSelector", {"a": "b"}),
    ({"operator.tolerations": [TOLERATION]}, OPERATOR, f"{POD}/tolerations", [TOLERATION]),
    ({"operator.affinity": AFFINITY}, OPERATOR, f"{POD}/affinity", AFFINITY),
    ({"distributor.replicas": 5}, DISTRIBUTOR, "spec/replicas", 5),
    ({"distributor.ack": "memory"}, DISTRIBUTOR, f"{FIRST}/args/--ack", "memory"),
    ({"distributor.balanceBy": "bytes"}, DISTRIBUTOR, f"{FIRST}/args/--balance-by", "bytes"),
    ({"distributor.maxConnectionAgeSeconds": 0}, DISTRIBUTOR, f"{FIRST}/args/--max-connection-age", "0"),
    ({}, DISTRIBUTOR, MEMORY, "704Mi"),
    ({"distributor.memoryMiB": 1024}, DISTRIBUTOR, MEMORY, "2560Mi"),
    ({"distributor.memoryMiB": 1024}, DISTRIBUTOR, f"{FIRST}/args/--memory-bytes", str(1 << 30)),
    ({}, DISTRIBUTOR, VOLUME, "3Gi"),
    ({"distributor.spoolGiB": 16384}, DISTRIBUTOR, VOLUME, "32769Gi"),
    ({"distributor.spoolGiB": 16384}, DISTRIBUTOR, f"{FIRST}/args/--spool-bytes", str(16384 << 30)),
    ({}, DISTRIBUTOR, f"{POD}/volumes/2", None),
    ({"distributor.persistence.enabled": False}, DISTRIBUTOR, "spec/volumeClaimTemplates", None),
    ({"distributor.persistence.enabled": False}, DISTRIBUTOR, f"{POD}/volumes/2/emptyDir/sizeLimit", "3Gi"),
    ({}, DISTRIBUTOR, f"{CLAIM}/storageClassName", None),
    (
        {"distributor.persistence.storageClass": "ssd"},
        DISTRIBUTOR,
        f"{CLAIM}/storageClassName",
        "ssd",
    ),
    ({}, DISTRIBUTOR, "spec/persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"}),
    ({"distributor.existingSecret": "mine"}, "Secret/logdist-distributor-token", "", None),
    ({"distributor.existingSecret": "mine"}, DISTRIBUTOR, f"{POD}/volumes/1/secret/secretName", "mine"),
    ({"distributor.existingSecret": "mine"}, OPERATOR, f"{POD}/volumes/0/secret/secretName", "mine"),
    ({}, DISTRIBUTOR, f"{POD}/terminationGracePeriodSeconds", 35),
    ({"distributor.preStopSeconds": 60}, DISTRIBUTOR, f"{POD}/terminationGracePeriodSeconds", 90),
    ({"distributor.drainSeconds": 600}, DISTRIBUTOR, f"{POD}/terminationGracePeriodSeconds", 615),
    ({"distributor.preStopSeconds": 60}, DISTRIBUTOR, f"{FIRST}/lifecycle/preStop/sleep/seconds", 60),
    ({}, "Secret/logdist-ingest-token", "", None),
    (TOKEN, "Secret/logdist-ingest-token", "type", "Opaque"),
    (TOKEN | {"distributor.ingest.token.existingSecret": "mine"}, "Secret/logdist-ingest-token", "", None),
    ({"distributor.ingest.token.existingSecret": "mine"}, DISTRIBUTOR, f"{POD}/volumes/2", None),
    *(
        (TOKEN | {"distributor.ingest.token.existingSecret": own}, name, f"{path}/secret/secretName", secret)
        for own, secret in (("", "logdist-ingest-token"), ("mine", "mine"))
        for name, path in (
            (DISTRIBUTOR, f"{POD}/volumes/2"),
            (OPERATOR, f"{POD}/volumes/2"),
            ("Pod/logdist-test", "spec/volumes/1"),
        )
    ),
    (TOKEN, DISTRIBUTOR, f"{FIRST}/args/--ingest-token-file", "/etc/logdist/ingest-token/token"),
    (TOKEN, OPERATOR, f"{FIRST}/args/--ingest-token-file", "/etc/logdist/ingest-token/token"),
    (TOKEN, OPERATOR, f"{FIRST}/args/--ingest-ca-file", None),
    (TOKEN, OPERATOR, f"{FIRST}/args/--ingest-url", "http://logdist-distributor:8080"),
    (TOKEN | {"locust.enabled": True}, LOCUST, f"{FIRST}/args/--ingest-token-file", "/etc/logdist/ingest-token/token"),
    (TOKEN | {"locust.enabled": True}, WORKER, f"{POD}/volumes/0/secret/secretName", "logdist-ingest-token"),
    ({"locust.enabled": True}, WORKER, f"{POD}/volumes", None),
    ({}, DISTRIBUTOR, f"{FIRST}/args/--tls-cert", None),
    (OWN_TLS, DISTRIBUTOR, f"{FIRST}/args/--tls-cert", "/etc/logdist/ingest-tls/tls.crt"),
    (OWN_TLS, DISTRIBUTOR, f"{FIRST}/args/--tls-key", "/etc/logdist/ingest-tls/tls.key"),
    (OWN_TLS, DISTRIBUTOR, f"{POD}/volumes/2/secret", {"secretName": "mine"}),
    (OWN_TLS, OPERATOR, f"{FIRST}/args/--ingest-ca-file", "/etc/logdist/ingest-ca/ca.crt"),
    (OWN_TLS, OPERATOR, f"{FIRST}/args/--ingest-url", "https://logdist-distributor:8080"),
    (OWN_TLS, "Pod/logdist-test", "spec/volumes/1/secret", AUTHORITY),
    (OWN_TLS, OPERATOR, f"{POD}/volumes/2/secret", AUTHORITY),
    (OWN_TLS | {"locust.enabled": True}, WORKER, f"{POD}/volumes/0/secret", AUTHORITY),
    (OWN_TLS | {"locust.enabled": True}, LOCUST, f"{FIRST}/args/--host", "https://logdist-distributor:8080"),
    (OWN_TLS | {"locust.enabled": True}, LOCUST, f"{FIRST}/args/--ingest-ca-file", "/etc/logdist/ingest-ca/ca.crt"),
    ({}, SENDERS, "spec/ports/0/appProtocol", None),
    (OWN_TLS, SENDERS, "spec/ports/0/appProtocol", "https"),
    (OWN_TLS, CERTIFICATE, "", None),
    ({"distributor.ingest.tls.certManager": {"issuer": "ours"}}, CERTIFICATE, "", None),
    (ISSUED_TLS, CERTIFICATE, "spec/secretName", "logdist-ingest-tls"),
    (ISSUED_TLS, DISTRIBUTOR, f"{POD}/volumes/2/secret/secretName", "logdist-ingest-tls"),
    (ISSUED_TLS, OPERATOR, f"{POD}/volumes/2/secret/secretName", "logdist-ingest-tls"),
    (ISSUED_TLS, CERTIFICATE, "spec/issuerRef", {"group": "cert-manager.io", "kind": "Issuer", "name": "ours"}),
    (
        ISSUED_TLS | {"distributor.ingest.tls.certManager.kind": "ClusterIssuer"},
        CERTIFICATE,
        "spec/issuerRef/kind",
        "ClusterIssuer",
    ),
    (
        ISSUED_TLS,
        CERTIFICATE,
        "spec/dnsNames",
        [f"logdist-distributor{rest}" for rest in ("", ".logdist", ".logdist.svc", ".logdist.svc.cluster.local")],
    ),
    ({"distributor.service.type": "LoadBalancer"}, SENDERS, "spec/type", "LoadBalancer"),
    (
        {"distributor.service.annotations": {"a": "b"}},
        SENDERS,
        "metadata/annotations",
        {"a": "b"},
    ),
    ({}, "PodDisruptionBudget/logdist-distributor", "spec/maxUnavailable", 1),
    ({"distributor.podDisruptionBudget.enabled": False}, "PodDisruptionBudget/logdist-distributor", "", None),
    ({"distributor.topologySpread.keys": []}, DISTRIBUTOR, f"{POD}/topologySpreadConstraints", None),
    ({"distributor.topologySpread.keys": ["z"]}, DISTRIBUTOR, f"{POD}/topologySpreadConstraints/0/topologyKey", "z"),
    (
        {"distributor.topologySpread.whenUnsatisfiable": "DoNotSchedule"},
        DISTRIBUTOR,
        f"{POD}/topologySpreadConstraints/1/whenUnsatisfiable",
        "DoNotSchedule",
    ),
    ({}, HPA, "", None),
    ({"distributor.autoscaling.enabled": True}, HPA, "spec/scaleTargetRef/name", "logdist-distributor"),
    ({"distributor.autoscaling.enabled": True}, DISTRIBUTOR, "spec/replicas", None),
    ({"distributor.autoscaling": {"enabled": True, "minReplicas": 3}}, HPA, "spec/minReplicas", 3),
    ({"distributor.autoscaling": {"enabled": True, "maxReplicas": 30}}, HPA, "spec/maxReplicas", 30),
    (
        {"distributor.autoscaling": {"enabled": True, "cpuPercent": 50}},
        HPA,
        "spec/metrics/0/resource/target/averageUtilization",
        50,
    ),
    ({"distributor.networkPolicy.enabled": False}, POLICY, "", None),
    ({}, POLICY, "spec/ingress/0", {"ports": [{"port": 8080}]}),
    ({"distributor.networkPolicy.senders": [PEER]}, POLICY, "spec/ingress/0/from/0", PEER),
    ({}, POLICY, "spec/ingress/1/from/2/namespaceSelector/matchLabels/kubernetes.io~metadata.name", "monitoring"),
    ({"distributor.networkPolicy.prometheus": []}, POLICY, "spec/ingress/1/from/2", None),
    ({"distributor.networkPolicy.prometheus": [PEER]}, POLICY, "spec/ingress/1/from/2", PEER),
    ({}, POLICY, "spec/egress/1/to", [{"namespaceSelector": {}}]),
    ({"distributor.networkPolicy.outside": [OUTSIDE]}, POLICY, "spec/egress/1/to/1/ipBlock", OUTSIDE),
    ({"distributor.resources": QUOTA}, DISTRIBUTOR, f"{FIRST}/resources/requests", QUOTA["requests"]),
    ({"distributor.resources": QUOTA | {"limits": {"cpu": 2}}}, DISTRIBUTOR, f"{FIRST}/resources/limits/cpu", 2),
    ({"distributor.resources": QUOTA | {"limits": {"cpu": 2}}}, DISTRIBUTOR, MEMORY, "704Mi"),
    ({"distributor.nodeSelector": {"a": "b"}}, DISTRIBUTOR, f"{POD}/nodeSelector", {"a": "b"}),
    ({"distributor.tolerations": [TOLERATION]}, DISTRIBUTOR, f"{POD}/tolerations", [TOLERATION]),
    ({"distributor.affinity": AFFINITY}, DISTRIBUTOR, f"{POD}/affinity", AFFINITY),
    ({}, FRONTEND, "", None),
    ({}, "Service/logdist-frontend", "", None),
    ({"frontend.enabled": True}, "Service/logdist-frontend", "spec/ports/0/port", 80),
    (
        {"frontend.enabled": True},
        FRONTEND,
        f"{FIRST}/env",
        [{"name": "LOGDIST_OPERATOR_URL", "value": "http://logdist-operator:8082"}],
    ),
    ({"frontend": {"enabled": True, "replicas": 3}}, FRONTEND, "spec/replicas", 3),
    ({}, PAGE_POLICY, "", None),
    ({"frontend": {"enabled": True, "networkPolicy": {"enabled": False}}}, PAGE_POLICY, "", None),
    ({"frontend.enabled": True}, PAGE_POLICY, "spec/ingress/0", {"ports": [{"port": 8080}]}),
    (
        {"frontend": {"enabled": True, "networkPolicy": {"visitors": [PEER]}}},
        PAGE_POLICY,
        "spec/ingress/0/from/0",
        PEER,
    ),
    ({"frontend": {"enabled": True, "resources": QUOTA}}, FRONTEND, f"{FIRST}/resources/requests", QUOTA["requests"]),
    ({"frontend": {"enabled": True, "nodeSelector": {"a": "b"}}}, FRONTEND, f"{POD}/nodeSelector", {"a": "b"}),
    ({"frontend": {"enabled": True, "tolerations": [TOLERATION]}}, FRONTEND, f"{POD}/tolerations", [TOLERATION]),
    ({"frontend": {"enabled": True, "affinity": AFFINITY}}, FRONTEND, f"{POD}/affinity", AFFINITY),
    ({}, LOCUST, "", None),
    ({}, WORKER, "", None),
    ({}, "Service/logdist-locust", "", None),
    ({"locust.enabled": True}, "Service/logdist-locust", "spec/ports/0/port", 8089),
    ({"locust.enabled": True}, LOCUST, f"{FIRST}/image", "docker.io/logdist/loadtest:0.1.0"),
    ({"locust.enabled": True}, LOCUST, f"{FIRST}/args/--host", "http://logdist-distributor:8080"),
    ({"locust.enabled": True}, LOCUST, f"{FIRST}/args/--operator", "http://logdist-operator:8082"),
    (
        {"locust.enabled": True, "operator.api.existingSecret": "mine"},
        LOCUST,
        f"{POD}/volumes/0/secret/secretName",
        "mine",
    ),
    ({"locust.enabled": True}, LOCUST, f"{FIRST}/args/--autostart", None),
    ({"locust.enabled": True}, LOCUST, f"{FIRST}/args/--run-time", None),
    ({"locust.enabled": True}, WORKER, f"{FIRST}/args/--master-host", "logdist-locust"),
    ({"locust.enabled": True}, WORKER, "spec/replicas", 2),
    ({"locust": {"enabled": True, "workers": 5}}, WORKER, "spec/replicas", 5),
    ({"locust": {"enabled": True, "scenario": "spike"}}, LOCUST, f"{FIRST}/args/--scenario", "spike"),
    ({"locust": {"enabled": True, "pace": 2.5}}, LOCUST, f"{FIRST}/args/--pace", "2.5"),
    ({"locust": {"enabled": True, "users": 1000000}}, LOCUST, f"{FIRST}/args/--users", "1000000"),
    ({"locust": {"enabled": True, "spawnRate": 50}}, LOCUST, f"{FIRST}/args/--spawn-rate", "50"),
    ({"locust": {"enabled": True, "runTime": "10m"}}, LOCUST, f"{FIRST}/args/--run-time", "10m"),
    ({"locust": {"enabled": True, "autostart": True}}, LOCUST, f"{FIRST}/args/--autostart", ""),
    ({"locust": {"enabled": True, "autostart": True, "workers": 3}}, LOCUST, f"{FIRST}/args/--expect-workers", "3"),
    *(
        ({"locust": {"enabled": True, key: value}}, name, f"{POD}/{path}", value)
        for name in (LOCUST, WORKER)
        for key, value, path in (
            ("resources", QUOTA | {"limits": {"memory": "2Gi"}}, "containers/0/resources"),
            ("nodeSelector", {"a": "b"}, "nodeSelector"),
            ("tolerations", [TOLERATION], "tolerations"),
            ("affinity", AFFINITY, "affinity"),
        )
    ),
]

ERRORS: Final = "Deployment/logdist-errors"
SAMPLE_SWITCHES: Final[list[Switch]] = [
    ({}, "Analyser/errors", "spec", {"weight": 1, "serviceRef": {"name": "logdist-errors", "port": 8000}}),
    ({}, "Analyser/traffic", "spec/weight", 2),
    ({}, "Analyser/audit", "spec/weight", 3),
    ({"analysers.errors.weight": 0}, "Analyser/errors", "spec/weight", 0),
    ({"analysers.errors.replicas": 4}, ERRORS, "spec/replicas", 4),
    ({"analysers.more": {"weight": 9, "replicas": 1}}, "Service/logdist-more", "spec/ports/0/port", 8000),
    ({"analysers.traffic": None}, "Analyser/traffic", "", None),
    ({"image.registry": "r.test"}, ERRORS, f"{FIRST}/image", "r.test/logdist/analyser:0.1.0"),
    ({"image.repository": "mirror"}, ERRORS, f"{FIRST}/image", "docker.io/mirror/analyser:0.1.0"),
    ({"image.tag": "9.9"}, ERRORS, f"{FIRST}/image", "docker.io/logdist/analyser:9.9"),
    ({"image.pullPolicy": "Always"}, ERRORS, f"{FIRST}/imagePullPolicy", "Always"),
    ({"image.pullSecrets": [{"name": "mine"}]}, ERRORS, f"{POD}/imagePullSecrets", [{"name": "mine"}]),
    ({"resources": QUOTA}, ERRORS, f"{FIRST}/resources/requests", QUOTA["requests"]),
    ({}, ERRORS, f"{FIRST}/args/--name", "errors"),
]


@pytest.mark.parametrize(("sets", "name", "path", "expected"), SWITCHES)
def test_a_value_shows_in_the_objects(helm: Helm, sets: Json, name: str, path: str, expected: Any) -> None:
    objects = helm.objects(*(setting(key, value) for key, value in sets.items()))
    assert look(objects.get(name), path) == expected


@pytest.mark.parametrize(("sets", "name", "path", "expected"), SAMPLE_SWITCHES)
def test_a_value_of_the_samples_shows(helm: Helm, sets: Json, name: str, path: str, expected: Any) -> None:
    objects = helm.objects(*(setting(key, value) for key, value in sets.items()), chart=SAMPLES)
    assert look(objects.get(name), path) == expected


@pytest.mark.parametrize(("chart", "table"), [(CHART, SWITCHES), (SAMPLES, SAMPLE_SWITCHES)])
def test_no_value_is_left_out_of_the_tables(chart: Any, table: list[Switch]) -> None:
    values = yaml.safe_load((chart / "values.yaml").read_text())
    tried = {leaf for sets, *_ in table for key, value in sets.items() for leaf in {key, *leaves(value, key)}}
    missing = {leaf for leaf in leaves(values) if not any(f"{leaf}.".startswith(f"{key}.") for key in tried)}
    elsewhere = (
        "analysers.traffic.",
        "analysers.audit.",
        "monitoring.",
    )  # shown by one; test_monitoring.py
    assert not [leaf for leaf in missing if not leaf.startswith(elsewhere)]


def test_restricted_senders_leave_the_operator_and_helm_test_in(helm: Helm) -> None:
    peers = helm.objects(setting("distributor.networkPolicy.senders", [PEER]))[POLICY]["spec"]["ingress"][0]["from"]
    component = "podSelector/matchLabels/app.kubernetes.io~component"
    assert [look(peer, component) for peer in peers] == [None, "operator", "test"]


def test_restricted_senders_let_locust_in_where_it_is_on(helm: Helm) -> None:
    on = (setting("distributor.networkPolicy.senders", [PEER]), setting("locust.enabled", True))
    peers = helm.objects(*on)[POLICY]["spec"]["ingress"][0]["from"]
    component = "podSelector/matchLabels/app.kubernetes.io~component"
    assert [look(peer, component) for peer in peers] == [None, "operator", "locust-worker", "test"]
