"""A release to drill on: analysers that write down what they take, a sender that knows what was acknowledged."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from cluster_release import CHART, PATIENCE, RESTRICTED, SAMPLES, SMALL, Helm, Release
from cluster_site import OPENER, ROOT, inside, until
from lab import Cluster
from lab.build import Image
from lab.pods import signal_pod

from logdist_loadtest.drill.ground import RECORDER
from logdist_loadtest.drill.outcome import Books, keep_books, problems_of
from logdist_loadtest.drill.pods import steady_sender

NAMESPACE: Final = "drills"
RATE_PER_S: Final = 150
LIMIT_S: Final = 180.0
PODS_MAX: Final = 3
RECORDS: Final = "records"
RECORDS_NUMBER: Final = 99  # of its volume, beside those of the distributors
SETTINGS: Final = [
    "--set=crds.enabled=false",  # the other tests' is there
    "--set=operator.api.openReads=true",
    "--set=distributor.maxConnectionAgeSeconds=5",  # for the sender to reach distributors that were added meanwhile
]
Json = dict[str, Any]


class Ground:
    def __init__(self, cluster: Cluster, helm: Helm, folder: Path) -> None:
        self.cluster = cluster
        self.release = Release(cluster, helm, NAMESPACE, folder)
        self.records = folder / RECORDS

    def lay(self) -> None:
        """Install everything, and wait until the analysers are served."""
        self.cluster.kubectl("apply", "-f", str(ROOT / "manifests" / "crd.yaml"))
        self.cluster.kubectl("create", "namespace", NAMESPACE)
        self.cluster.wait_for_namespace(NAMESPACE)
        self.cluster.kubectl("label", "namespace", NAMESPACE, *(f"{key}={value}" for key, value in RESTRICTED.items()))
        self.release.make_volumes(PODS_MAX)
        self.release.helm("install", "logdist", str(CHART), *SMALL, *SETTINGS, *PATIENCE)
        self.records.mkdir()
        self.records.chmod(0o777)
        self.apply(*self._records(), *self._analysers())
        self.release.until_served()

    def clear(self) -> None:
        """Leave room for the tests that come after."""
        self.cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
        self.release.remove_volumes(PODS_MAX)
        self.cluster.kubectl("delete", "pv", "--wait=false", f"{NAMESPACE}-{RECORDS_NUMBER}")

    def apply(self, *objects: Json) -> None:
        self.kubectl("apply", "-f", "-", input="\n---\n".join(json.dumps(each) for each in objects))

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return self.release.kubectl(*arguments, **options)

    def pods(self, component: str) -> list[str]:
        """The names of the pods of a part or an analyser that run and are not being deleted."""
        found = self.cluster.get("-n", NAMESPACE, "pods", "-l", f"app.kubernetes.io/component={component}")["items"]
        living = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return sorted(pod["metadata"]["name"] for pod in living)

    def signal(self, pod: str, number: int) -> None:
        signal_pod(self.cluster, NAMESPACE, pod, number)

    def ask(self, service: str, port: int, path: str) -> Json:
        with (
            inside(self.cluster),
            OPENER.open(f"http://{self.release.address(service)}:{port}{path}", timeout=20) as it,
        ):
            answer: Json = json.load(it)
        return answer

    def state(self) -> Json:
        """What the operator knows."""
        return self.ask("logdist-operator", 8082, "/api/v1/state")

    def spool(self, number: int) -> Path:
        """The folder of a distributor's spool."""
        return self.release.folder / f"volume{number}" / "spool"

    def is_settled(self) -> bool:
        """Every distributor is heard from, has delivered all it took, and its ledger balances."""
        pods = self.state()["pods"]
        return bool(pods) and all(
            not pod["staleSince"]
            and (ledger := pod["ledger"])
            and ledger["queued"] == ledger["inFlight"] == 0
            and ledger["accepted"] + ledger["restored"] == ledger["delivered"] + ledger["dead"]
            for pod in pods
        )

    def received(self, run: str) -> Counter[str]:
        """How often each packet of a run was delivered, to any analyser."""
        lines = (line for file in self.records.iterdir() for line in file.read_text().splitlines())
        return Counter(line for line in lines if line.startswith(f"{run}-"))

    @contextmanager
    def load(self, run: str) -> Iterator["Load"]:
        """A sender in a pod, at a steady rate. Fails when it does not run."""
        load = Load(self, run)
        load.start()
        try:
            yield load
        finally:
            self.kubectl("delete", "pod", load.pod, "--wait=false", "--grace-period=1", "--ignore-not-found")

    def _records(self) -> Iterator[Json]:
        volume = self.release.volume(self.records, number=RECORDS_NUMBER)
        volume["spec"] |= {"accessModes": ["ReadWriteMany"], "claimRef": {"namespace": NAMESPACE, "name": RECORDS}}
        yield volume
        request = {"requests": {"storage": "1Gi"}}
        spec = {"accessModes": ["ReadWriteMany"], "storageClassName": "", "resources": request}
        yield self._object("v1", "PersistentVolumeClaim", RECORDS, spec=spec)
        yield self._object("v1", "ConfigMap", "recorder", data={RECORDER.name: RECORDER.read_text()})

    def _analysers(self) -> Iterator[Json]:
        """The samples chart, with the recorder in front of the program."""
        flags = ["--set=image.pullPolicy=Never"]
        rendered = self.release.program.template(*flags, chart=SAMPLES, release="samples", namespace=NAMESPACE)
        for each in filter(None, yaml.safe_load_all(rendered)):
            if each["kind"] == "Deployment":
                pod = each["spec"]["template"]["spec"]
                container = pod["containers"][0]
                container["command"] = ["python", f"/recorder/{RECORDER.name}"]
                container["volumeMounts"] = [
                    {"name": RECORDS, "mountPath": "/records"},
                    {"name": "recorder", "mountPath": "/recorder", "readOnly": True},
                ]
                pod["volumes"] = [
                    {"name": RECORDS, "persistentVolumeClaim": {"claimName": RECORDS}},
                    {"name": "recorder", "configMap": {"name": "recorder"}},
                ]
            yield each

    def _object(self, version: str, kind: str, name: str, **content: Any) -> Json:
        return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **content}


class Load:
    """One run of the sender."""

    rate_per_s = RATE_PER_S

    def __init__(self, ground: Ground, run: str) -> None:
        self.ground, self.run = ground, run
        self.pod = f"sender-{run}"

    def start(self) -> None:
        self.ground.apply(steady_sender(self.pod, Image("loadtest").reference, self.run, RATE_PER_S))
        self.more(RATE_PER_S)

    def more(self, count: int = 2 * RATE_PER_S) -> None:
        """Wait until that many packets more have come to analysers."""
        wanted = len(self.ground.received(self.run)) + count
        until(f"{count} packets more", lambda: len(self.ground.received(self.run)) >= wanted, limit_s=LIMIT_S)

    def finish(self) -> Books:
        """Stop the sender and account for every packet of it. Fails when one is lost or was refused."""
        self.ground.signal(self.pod, signal.SIGTERM)
        book = until("the sender has settled every packet", self._last_words, limit_s=LIMIT_S)
        until("all is settled", self.ground.is_settled, limit_s=LIMIT_S)
        books = keep_books(book, self.run, self.ground.received(self.run))
        assert list(problems_of(books)) == []
        return books

    def _last_words(self) -> Json | None:
        line = self.ground.kubectl("logs", self.pod, "--tail=1")
        book: Json = json.loads(line)
        return book if book["isOver"] else None
