"""Single pods of the image `sink`, on a node of the test's choice, and what they get when they ask for something."""

import json
from typing import Any, Final
from urllib.parse import quote

from lab import Cluster
from lab.images import SINK
from lab.netns import fetch

PORT: Final = 8000


def run_sink(
    cluster: Cluster,
    namespace: str,
    name: str,
    *,
    node: str = "",
    image: str = SINK,
    port: int = PORT,
    labels: dict[str, str] | None = None,
) -> str:
    """Run a pod and return its address when it is ready. It meets the Pod Security level `restricted`."""
    container: dict[str, Any] = {
        "name": "sink",
        "image": image,
        "imagePullPolicy": "Never",
        "args": [f"-listen=:{port}"],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": port}, "periodSeconds": 1, "failureThreshold": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec: dict[str, Any] = {
        "containers": [container],
        "terminationGracePeriodSeconds": 1,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    if node:
        spec["nodeName"] = node
    metadata = {"name": name, "labels": labels or {"app": name}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    cluster.kubectl("-n", namespace, "apply", "-f", "-", input=json.dumps(pod))
    cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    return str(cluster.get("-n", namespace, "pod", name)["status"]["podIP"])


def fetch_from(cluster: Cluster, pod: str, url: str, *, port: int = PORT) -> tuple[int, bytes]:
    """What the pod at this address gets for a URL; status 502 with the reason when it gets nothing."""
    return fetch(f"http://{pod}:{port}/fetch?url={quote(url, safe='')}", pid=cluster.node_pid)
