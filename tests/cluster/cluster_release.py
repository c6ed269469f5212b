"""A release of the charts on the test cluster, and a load on it."""

import contextlib
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cluster_site import OPENER, ROOT, inside, until
from lab import Cluster, LabError

sys.path.insert(0, str(ROOT / "tests" / "chart"))
sys.path.insert(1, str(ROOT / "charts"))

from chart_helm import CHART, PROFILES, SAMPLES, Helm, binaries

__all__ = ["CHART", "PROFILES", "SAMPLES", "Helm", "Load", "Release", "binaries", "dry_run", "received", "sending"]

CRD: Final = "customresourcedefinition/analysers.logdist.io"
PATIENCE: Final = ["--wait", "--timeout", "3m"]
JSON: Final = {"content-type": "application/json"}
SMALL: Final = [  # two cores are all there is, and nothing is pulled
    "--set=image.pullPolicy=Never",
    "--set=operator.resources.requests.cpu=10m",
    "--set=distributor.resources.requests.cpu=10m",
]
RESTRICTED: Final = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
COMPONENTS: Final = ("operator", "distributor", "errors")


class Release:
    """A release `logdist` in a namespace, with volumes for its distributors."""

    def __init__(self, cluster: Cluster, helm: Helm, namespace: str, folder: Path) -> None:
        self.cluster, self.program, self.namespace, self.folder = cluster, helm, namespace, folder

    def helm(self, *arguments: str) -> str:
        command = [str(self.program.program), *arguments, "--namespace", self.namespace]
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=self.cluster.env)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout}{done.stderr}\n{self.situation()}"
        return done.stdout

    def situation(self) -> str:
        """What a person would look at after a failure."""
        looks = (("get", "pods,pvc,analysers"), ("get", "events", "--sort-by=.lastTimestamp"))
        tails = [("logs", "--tail=15", "--prefix", "-l", f"app.kubernetes.io/component={each}") for each in COMPONENTS]
        return "\n".join(self.try_kubectl(*arguments) for arguments in (*looks, *tails))

    def try_kubectl(self, *arguments: str) -> str:
        try:
            return self.kubectl(*arguments)
        except LabError as error:
            return str(error)

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, **options)

    def make_volumes(self, count: int) -> None:
        """The test cluster has no storage class: make a volume for each claim, as an administrator would."""
        for number in range(count):
            folder = self.folder / f"volume{number}"
            folder.mkdir()
            self.cluster.kubectl("apply", "-f", "-", input=json.dumps(self.volume(folder, number)))

    def volume(self, folder: Path, number: int) -> dict[str, Any]:
        node = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
        spec = {
            "capacity": {"storage": "3Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(folder)},
            "claimRef": {"namespace": self.namespace, "name": f"spool-logdist-distributor-{number}"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [node]}]}},
        }
        metadata = {"name": f"{self.namespace}-{number}"}
        return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}

    def remove_volumes(self, count: int) -> None:
        names = [f"{self.namespace}-{number}" for number in range(count)]
        self.cluster.kubectl("delete", "pv", "--ignore-not-found", "--wait=false", *names)

    def address(self, service: str) -> str:
        return str(self.cluster.get("-n", self.namespace, "service", service)["spec"]["clusterIP"])

    def tokens(self) -> list[str]:
        names = ("logdist-distributor-token", "logdist-operator-api-token")
        return [self.cluster.get("-n", self.namespace, "secret", name)["data"]["token"] for name in names]

    def names(self, kinds: str) -> set[str]:
        return set(self.kubectl("get", kinds, "-o", "name").split())

    def until_served(self) -> None:
        def all_ready() -> bool:
            conditions = [
                {each["type"]: each["status"] for each in item.get("status", {}).get("conditions", [])}
                for item in self.cluster.get("-n", self.namespace, "analysers")["items"]
            ]
            return len(conditions) == 3 and all(each.get("Ready") == "True" for each in conditions)

        try:
            until("three analysers are ready", all_ready, limit_s=90)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.situation()}") from error


class Load:
    """Sends a packet every few milliseconds, each over a connection of its own, until told to stop."""

    def __init__(self, release: Release) -> None:
        self.release, self.accepted, self.refusals = release, list[str](), list[str]()
        self.url = f"http://{release.address('logdist-distributor')}:8080/v1/packets"
        self.is_over = threading.Event()

    def send(self) -> None:
        with inside(self.release.cluster):
            while not self.is_over.wait(0.02):
                packet = {"id": f"load-{len(self.accepted)}", "timestamp": 1, "messages": []}
                request = urllib.request.Request(self.url, json.dumps(packet).encode(), JSON)
                try:
                    with OPENER.open(request, timeout=20):
                        self.accepted.append(str(packet["id"]))
                except OSError as error:
                    self.refusals.append(str(error))


@contextlib.contextmanager
def sending(release: Release) -> Iterator[Load]:
    load = Load(release)
    thread = threading.Thread(target=load.send)
    thread.start()
    try:
        yield load
    finally:
        load.is_over.set()
        thread.join()


def received(release: Release) -> set[str]:
    """The ids of all packets that the sample analysers have got."""
    lines: list[str] = []
    with inside(release.cluster):
        for name in ("errors", "traffic", "audit"):
            url = f"http://{release.address(f'samples-{name}')}:8000/internal/received"
            with OPENER.open(url, timeout=20) as answer:
                lines += answer.read().decode().splitlines()
    return {line.partition("\t")[0] for line in lines}


def dry_run(cluster: Cluster, text: str) -> str:
    """What the API server says to these objects, warnings included."""
    command = [str(cluster.paths.bin / "kubectl"), "apply", "--dry-run=server", "-f", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=cluster.env, input=text)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
