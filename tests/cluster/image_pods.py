"""Pods of the product's images that may do nothing: Pod Security `restricted`, and nowhere to write."""

import json
import urllib.error
from typing import Any, Final

from cluster_site import OPENER, Json, Site, until
from lab import LabError, build

HOLD: Final = "logdist.test/hold"  # a finalizer: the object stays when the pod has ended, with its exit code
LEVEL: Final = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}


class Pods:
    """Pods of these images in the test's namespace, which takes none that is not restricted."""

    def __init__(self, site: Site, images: dict[str, build.Image]) -> None:
        self.site, self.images = site, images
        self.names: list[str] = []
        site.kubectl("patch", "namespace", site.namespace, "-p", json.dumps(LEVEL))

    def start(
        self, name: str, *arguments: str, image: str = "", ready: tuple[int, str] | None = None, **more: Any
    ) -> None:
        """Run a pod. `ready`: port and path of its probe. `mounts`: paths and the volumes there; the rest: its spec."""
        mounts = more.pop("mounts", {})
        container: Json = {
            "name": "main",
            "image": self.images[image or name].reference,
            "imagePullPolicy": "Never",
            "args": list(arguments),
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "volumeMounts": [{"name": f"v{number}", "mountPath": path} for number, path in enumerate(mounts)],
        }
        if ready:
            port, path = ready
            container["readinessProbe"] = {"httpGet": {"path": path, "port": port}, "periodSeconds": 1}
        spec = {
            "restartPolicy": "Never",
            "enableServiceLinks": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [{"name": f"v{number}", **volume} for number, volume in enumerate(mounts.values())],
        }
        metadata = {"name": name, "finalizers": [HOLD]}
        self.names.append(name)
        self.site.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec | more})

    def status(self, name: str) -> Json:
        status: Json = self.site.get("pod", name)["status"]
        return status

    def is_ready(self, name: str) -> bool:
        conditions = {each["type"]: each["status"] for each in self.status(name).get("conditions", [])}
        assert self.status(name)["phase"] != "Failed", self.log(name)
        return conditions.get("Ready") == "True"

    def log(self, name: str) -> str:
        return self.site.kubectl("logs", name)

    def url(self, name: str, port: int) -> str:
        return f"http://{self.status(name)['podIP']}:{port}"

    def get(self, name: str, port: int, path: str) -> bytes:
        with OPENER.open(f"{self.url(name, port)}{path}", timeout=10) as answer:
            return bytes(answer.read())

    def answer(self, name: str, port: int, path: str) -> int:
        """HTTP status; 0 while nobody answers."""
        try:
            with OPENER.open(f"{self.url(name, port)}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, KeyError):  # no address yet
            return 0

    def exit_code(self, name: str) -> int:
        """Wait for its end."""
        ended = until(f"{name} ends", lambda: self._state(name).get("terminated") or {})
        return int(ended["exitCode"])

    def stop(self, name: str) -> int:
        """Delete it: SIGTERM (or the image's own signal), and SIGKILL when its grace period of 30 s is over."""
        self.site.kubectl("delete", "pod", name, "--wait=false")
        return self.exit_code(name)

    def _state(self, name: str) -> Json:
        return next((each["state"] for each in self.status(name).get("containerStatuses", [])), {})

    def close(self) -> None:
        for name in self.names:
            try:
                print(f"--- {name}\n{self.log(name)}")  # pytest shows it with a failure
            except LabError as error:
                print(error)
            self.site.kubectl("patch", "pod", name, "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
