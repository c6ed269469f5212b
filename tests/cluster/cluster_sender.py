"""A sender in a pod, which sends numbered packets steadily until it is told to stop."""

from typing import Any, Final

from lab.build import Image

LOCKED_DOWN: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def steady_sender(namespace: str, pod: str, run: str, rate_per_s: float) -> dict[str, Any]:
    """The pod, for the release `logdist` of that namespace. Ids of its packets begin with `run`."""
    url = "http://logdist-distributor:8080/v1/packets"
    container = {
        "name": "sender",
        "image": Image("loadtest").reference,
        "imagePullPolicy": "Never",
        "command": ["python", "-m", "logdist_loadtest.steady", url, f"--run={run}", f"--rate={rate_per_s}"],
        "securityContext": LOCKED_DOWN,
    }
    spec = {"restartPolicy": "Never", "containers": [container], "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": namespace}, "spec": spec}
