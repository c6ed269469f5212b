"""Pods that drills bring along: a steady sender, and a collector of what analysers took. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from logdist_loadtest.drill.collector import PORT

RECORDS: Final = "drill-records"
FILE: Final = "/records/ids"
LOCKED_DOWN: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
Json = dict[str, Any]


def steady_sender(pod: str, image: str, run: str, rate_per_s: float) -> Json:
    """For the release `logdist` of the namespace it is put into. Ids of its packets begin with `run`."""
    url = "http://logdist-distributor:8080/v1/packets"
    command = ["python", "-m", "logdist_loadtest.steady", url, f"--run={run}", f"--rate={rate_per_s:g}"]
    return _pod(pod, image, command)


def collector(image: str) -> list[Json]:
    """The pod and its Service."""
    pod = _pod(RECORDS, image, ["python", "-m", "logdist_loadtest.drill.collector", FILE])
    (container,) = pod["spec"]["containers"]
    container["volumeMounts"] = [{"name": "records", "mountPath": "/records"}]
    container["readinessProbe"] = {"tcpSocket": {"port": PORT}, "periodSeconds": 1}
    pod["spec"]["volumes"] = [{"name": "records", "emptyDir": {}}]
    service = {"selector": {"app": RECORDS}, "ports": [{"port": PORT}]}
    return [pod, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": RECORDS}, "spec": service}]


def recorded(container: str) -> Json:
    """The patch of a sample analyser's Deployment that has it tell the collector what it takes."""
    with_recorder = {
        "name": container,
        "command": ["python", "/recorder/recording_analyser.py"],
        "env": [{"name": "RECORDS", "value": f"tcp:{RECORDS}:{PORT}"}],
        "volumeMounts": [{"name": "recorder", "mountPath": "/recorder", "readOnly": True}],
    }
    volume = {"name": "recorder", "configMap": {"name": "drill-recorder"}}
    return {"spec": {"template": {"spec": {"containers": [with_recorder], "volumes": [volume]}}}}


def recorder(text: str) -> Json:
    """The ConfigMap with the recorder."""
    data = {"recording_analyser.py": text}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "drill-recorder"}, "data": data}


def _pod(name: str, image: str, command: Sequence[str]) -> Json:
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "securityContext": LOCKED_DOWN,
    }
    spec = {"restartPolicy": "Never", "containers": [container], "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}
