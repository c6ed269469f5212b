"""A release on a cluster, as `make cluster` leaves it, to hold drills on: reached by kubectl alone.

For the length of the game day its sample analysers tell a collector what they take. What kubectl cannot do (SIGKILL and
SIGSTOP to what runs in a pod, ending the API server) is done by the lab, where its command is given.
"""

import json
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from logdist_loadtest.drill import pods
from logdist_loadtest.drill.ground import RECORDER, WEIGHTS
from logdist_loadtest.drill.status import Status, decode_status
from logdist_loadtest.drill.waiting import until

NAMESPACE: Final = "logdist"
DISTRIBUTORS: Final = "statefulset/logdist-distributor"
OPERATOR: Final = "deployment/logdist-operator"
WAIT: Final = "--timeout=180s"
STATUS: Final = """
import urllib.request as request
token = open("/etc/logdist/token/token").read().split()[0]
asked = request.Request("http://127.0.0.1:8081/control/v1/status", headers={"Authorization": "Bearer " + token})
print(request.urlopen(asked, timeout=5).read().decode())
"""


class KubeError(OSError):
    """kubectl or the lab said no. The message is what it said."""


class Cluster:
    """`lab`: the command of the lab, or nothing."""

    def __init__(self, lab: str) -> None:
        self._lab = shlex.split(lab)
        self.run = ""
        self.image = ""

    @property
    def has_lab(self) -> bool:
        return bool(self._lab)

    def kubectl(self, *arguments: str, told: str | None = None) -> str:
        """What it prints. Raises KubeError."""
        return _run(["kubectl", "--namespace", NAMESPACE, *arguments], told)

    def lab(self, *arguments: str) -> None:
        _run([*self._lab, *arguments], None)

    def get(self, *arguments: str) -> Any:
        return json.loads(self.kubectl("get", *arguments, "--output=json"))

    @contextmanager
    def prepared(self) -> Iterator["Cluster"]:
        """Analysers that are recorded; afterwards everything is as it was. Raises KubeError, NeverHappened."""
        (container,) = self.get(DISTRIBUTORS)["spec"]["template"]["spec"]["containers"]
        self.image = container["image"].replace("/distributor:", "/loadtest:")
        try:
            self._apply(*pods.collector(self.image), pods.recorder(RECORDER.read_text()))
            self.kubectl("wait", "--for=condition=Ready", f"pod/{pods.RECORDS}", WAIT)
            for name in WEIGHTS:
                patch = json.dumps(pods.recorded("analyser"))
                self.kubectl("patch", f"deployment/samples-{name}", f"--patch={patch}")
            for name in WEIGHTS:
                self.wait_for(f"deployment/samples-{name}")
            yield self
        finally:
            for name in WEIGHTS:
                with suppress(KubeError):  # it was not changed
                    self.kubectl("rollout", "undo", f"deployment/samples-{name}")
            objects = (f"pod/{pods.RECORDS}", f"service/{pods.RECORDS}", "configmap/drill-recorder")
            self.kubectl("delete", "--ignore-not-found", "--wait=false", "--grace-period=1", *objects)

    @contextmanager
    def sending(self, run: str, rate_per_s: float) -> Iterator[None]:
        """A sender, whose ids begin with `run`."""
        self.run = run
        self._apply(pods.steady_sender(self._sender, self.image, run, rate_per_s))
        try:
            yield
        finally:
            self.kubectl("delete", "--ignore-not-found", "--wait=false", "--grace-period=1", f"pod/{self._sender}")

    # ---- what is asked: see ground.py

    def statuses(self) -> Sequence[Status]:
        return [
            decode_status(self.kubectl("exec", pod, "--container=distributor", "--", "python", "-c", STATUS))
            for pod in self.pods_of("distributor")
        ]

    def received(self) -> Counter[str]:
        lines = self.kubectl("exec", pods.RECORDS, "--", "cat", pods.FILE).splitlines()
        return Counter(line for line in lines if line.startswith(f"{self.run}-"))

    def finish(self) -> dict[str, Any]:
        end = "import os, signal; os.kill(1, signal.SIGTERM)"
        self.kubectl("exec", self._sender, "--", "python", "-c", end)
        until("the sender has settled every packet", lambda: self._book()["isOver"])
        return self._book()

    # ---- what is done

    def pods_of(self, component: str) -> list[str]:
        """The names of the pods of a part or an analyser that run and are not being deleted."""
        found = self.get("pods", f"--selector=app.kubernetes.io/component={component}")["items"]
        living = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return sorted(pod["metadata"]["name"] for pod in living)

    def signal(self, pod: str, name: str) -> None:
        """To process 1 of each container of the pod."""
        self.lab("signal", NAMESPACE, pod, name)

    def scale(self, what: str, count: int) -> None:
        """And wait until it is so."""
        self.kubectl("scale", what, f"--replicas={count}")
        self.wait_for(what)

    def wait_for(self, what: str) -> None:
        self.kubectl("rollout", "status", what, WAIT)

    def count(self, what: str) -> int:
        """The pods that are wanted of it."""
        return int(self.get(what)["spec"]["replicas"])

    @property
    def _sender(self) -> str:
        return f"drill-sender-{self.run}"

    def _book(self) -> dict[str, Any]:
        lines = self.kubectl("logs", self._sender, "--tail=1").splitlines()
        book: dict[str, Any] = json.loads(lines[-1]) if lines else {"isOver": False}
        return book

    def _apply(self, *objects: pods.Json) -> None:
        self.kubectl("apply", "--filename=-", told="\n---\n".join(map(json.dumps, objects)))


def _run(command: Sequence[str], told: str | None) -> str:
    try:
        done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise KubeError(f"{command[0]} is not there: {error}") from error
    if done.returncode:
        raise KubeError(f"{' '.join(command[:6])}: {done.stderr.strip()}")
    return done.stdout
