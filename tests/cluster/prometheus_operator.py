"""The Prometheus operator on the test cluster, as kube-prometheus-stack has it: its kinds, its pod, and a Prometheus.

It makes the Prometheus' pod and configuration of the monitors and rules with a label that it finds in any namespace.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from cluster_monitoring import EVERY_S, bring
from go_programs import OPERATOR, version
from lab import Cluster

GROUP: Final = "monitoring.coreos.com"
KINDS: Final = ("podmonitors", "probes", "prometheuses", "prometheusrules", "scrapeconfigs", "servicemonitors")
REGISTRY: Final = "quay.io/prometheus-operator"
LABELS: Final = {"release": "kube-prometheus-stack"}
NAME: Final = "stack"  # of the Prometheus, its account and its role

Json = dict[str, Any]


@contextlib.contextmanager
def kinds(cluster: Cluster, programs: Path) -> Iterator[None]:
    """PodMonitor and the others are known. Afterwards they are gone, with all their objects."""
    names = [f"crd/{kind}.{GROUP}" for kind in KINDS]
    folder = programs / "example" / "prometheus-operator-crd"
    files = [f"--filename={folder}/{GROUP}_{kind}.yaml" for kind in KINDS]
    try:
        cluster.kubectl("apply", "--server-side", *files)  # too large for the annotation of a plain apply
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *names)
        yield
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--timeout=60s", *names)


@contextlib.contextmanager
def running(cluster: Cluster, programs: Path, namespace: str, image: str) -> Iterator[str]:
    """Run the operator and a Prometheus of this image in a namespace of their own; gives the URL of the latter."""
    for program in OPERATOR.programs:
        bring(cluster, f"{REGISTRY}/{program}:v{OPERATOR.version}", programs / program)
    objects = [*_operator(programs, namespace), *_prometheus(namespace, image)]
    try:
        cluster.kubectl("create", "namespace", namespace)
        cluster.kubectl("apply", "-f", "-", input="\n---\n".join(map(json.dumps, objects)))
        cluster.kubectl("-n", namespace, "rollout", "status", "deployment/prometheus-operator", "--timeout=120s")
        cluster.kubectl("-n", namespace, "wait", "--for=create", f"statefulset/prometheus-{NAME}", "--timeout=60s")
        cluster.kubectl("-n", namespace, "rollout", "status", f"statefulset/prometheus-{NAME}", "--timeout=180s")
        yield f"http://{cluster.get('-n', namespace, 'pod', f'prometheus-{NAME}-0')['status']['podIP']}:9090"
    finally:
        for name in (NAME, "prometheus-operator"):
            cluster.kubectl("delete", "clusterrole,clusterrolebinding", "--ignore-not-found", name)
        cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def _operator(programs: Path, namespace: str) -> Iterator[Json]:
    """The module's own manifests, in this namespace."""
    for file in sorted((programs / "example" / "rbac" / "prometheus-operator").glob("*.yaml")):
        each: Json = yaml.safe_load(file.read_text().replace("namespace: default", f"namespace: {namespace}"))
        if each["kind"] != "ServiceMonitor":  # of the operator itself
            yield each


def _prometheus(namespace: str, image: str) -> Iterator[Json]:
    """What kube-prometheus-stack makes: it takes objects with its label from all namespaces."""
    metadata = {"name": NAME, "namespace": namespace}
    watched = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME}
    account = {"kind": "ServiceAccount", **metadata}
    everywhere, chosen = {"matchLabels": {}}, {"matchLabels": LABELS}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    yield _rbac("ClusterRole", rules=[watched])
    yield _rbac("ClusterRoleBinding", roleRef=role, subjects=[account])
    spec = {
        "image": image,
        "version": f"v{version()}",
        "serviceAccountName": NAME,
        "scrapeInterval": f"{EVERY_S}s",
        "evaluationInterval": f"{EVERY_S}s",
        "podMonitorSelector": chosen,
        "podMonitorNamespaceSelector": everywhere,
        "ruleSelector": chosen,
        "ruleNamespaceSelector": everywhere,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 2000, "fsGroup": 2000},
    }
    yield {"apiVersion": f"{GROUP}/v1", "kind": "Prometheus", "metadata": metadata, "spec": spec}


def _rbac(kind: str, **content: Any) -> Json:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": NAME}, **content}
