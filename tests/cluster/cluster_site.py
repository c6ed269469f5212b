"""The operator on a real API server: its namespace, its service account, and distributors that it finds there.

All of it runs in the node's network (`inside`), for the API takes no loopback addresses for pods.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import kubernetes
from lab import Cluster, LabError, netns
from loopback_wait import LoopThread
from operator_harness import FakeDistributor

ROOT: Final = Path(__file__).parents[2]
MANIFESTS: Final = ROOT / "manifests"
KIND: Final = ("logdist.io", "v1alpha1")
PLURAL: Final = "analysers"
SERVICE: Final = "logdist-distributors"
CONTROL_PORT: Final = 8081
SUBNET: Final = f"10.10.{100 + os.getpid() % 100}"  # of the pods that this test process plays
LIMIT_S: Final = 90.0
OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Json = dict[str, Any]
Result = TypeVar("Result")


def until(what: str, look: Callable[[], Result], *, limit_s: float = LIMIT_S) -> Result:
    """Look until it gives something true, and return that. The limit ends a run that has failed anyway."""
    give_up_s = time.monotonic() + limit_s
    while not (found := look()):
        assert time.monotonic() < give_up_s, f"not within {limit_s:g} s: {what}; last seen: {found!r}"
        time.sleep(0.02)
    return found


@contextlib.contextmanager
def inside(cluster: Cluster) -> Iterator[None]:
    """Have this thread, and what it starts, in the node's network."""
    with Path("/proc/thread-self/ns/net").open("rb") as here:
        netns.enter(cluster.node_pid)
        try:
            yield
        finally:
            netns.enter_file(here.fileno())


class Operator:
    """One operator process, with the rights of the service account that `kubeconfig` names."""

    def __init__(self, kubeconfig: Path, *flags: str, program: tuple[str, ...] = ("-m", "logdist_operator")) -> None:
        arguments = [sys.executable, *program, "--api-port", "0", *flags]
        environ = {**os.environ, "KUBECONFIG": str(kubeconfig)}
        self.child = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environ)
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stderr
        for line in self.child.stderr:
            self.log.append(line)

    @property
    def is_alive(self) -> bool:
        return self.child.poll() is None

    @property
    def url(self) -> str:
        def found() -> str:
            assert self.is_alive, "".join(self.log)
            return next((hit[1] for line in self.log if (hit := re.search(r"API on (http://\S+)", line))), "")

        return until("the operator serves its API", found)

    def state(self) -> Json:
        with OPENER.open(f"{self.url}/api/v1/state", timeout=10) as answer:
            state: Json = json.load(answer)
        return state

    def metrics(self) -> str:
        with OPENER.open(f"{self.url}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def until_logged(self, pattern: str) -> str:
        return until(f"a line with {pattern}", lambda: next((x for x in self.log if re.search(pattern, x)), ""))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it, wait for its end, and return the exit code."""
        if self.is_alive:
            self.child.send_signal(number)
        code = self.child.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


class Site:
    """One namespace with an operator's service account and Role, and simulated distributors in a headless Service."""

    def __init__(self, cluster: Cluster, namespace: str, folder: Path) -> None:
        self.cluster, self.namespace, self.folder = cluster, namespace, folder
        self.loop = LoopThread()
        client = kubernetes.config.new_client_from_config(str(cluster.kubeconfig))
        self.objects = kubernetes.client.CustomObjectsApi(client)
        self.pods: list[FakeDistributor] = []
        self.operators: list[Operator] = []
        cluster.kubectl("apply", "-f", str(MANIFESTS / "crd.yaml"))
        cluster.kubectl("wait", "--for=condition=Established", "crd/analysers.logdist.io", "--timeout=30s")
        self.apply(
            (MANIFESTS / "operator-rbac.yaml").read_text().replace("namespace: logdist", f"namespace: {namespace}")
        )
        self.user = f"system:serviceaccount:{namespace}:logdist-operator"
        until("the API server knows the Role", lambda: self.can("list", "analysers"))

    def close(self) -> None:
        for operator in self.operators:
            operator.kill()
            sys.stderr.write("".join(operator.log))  # pytest shows it with a failure
        for pod in self.pods:
            self.loop.run(pod.stop())
        self.loop.close()

    def can(self, verb: str, resource: str, *flags: str) -> bool:
        """Say whether the API server grants this to the operator; it learns of a new Role a moment later."""
        try:
            return "yes" in self.kubectl("auth", "can-i", verb, resource, *flags, "--as", self.user)
        except LabError:  # kubectl's way to say no
            return False

    # ---- the API

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, **options)

    def apply(self, *objects: Json | str) -> None:
        text = "\n---\n".join(each if isinstance(each, str) else json.dumps(each) for each in objects)
        self.kubectl("apply", "-f", "-", input=text)

    def create(self, *analysers: Json) -> None:
        """Make many Analyser objects in little time: kubectl keeps itself to five a second."""
        api = kubernetes.client.CustomObjectsApi(kubernetes.config.new_client_from_config(str(self.cluster.kubeconfig)))

        def one(analyser: Json) -> None:
            api.create_namespaced_custom_object("logdist.io", "v1alpha1", self.namespace, "analysers", analyser)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, analysers))

    def delete_all(self) -> None:
        """Delete every Analyser object of the namespace in one request."""
        self.objects.delete_collection_namespaced_custom_object(*KIND, self.namespace, PLURAL)

    def analyser(self, name: str, **spec: Any) -> Json:
        """An Analyser object; its endpoint is one that nobody listens on, unless told otherwise."""
        spec = spec if {"endpoint", "serviceRef"} & spec.keys() else {"endpoint": f"http://{name}.test", **spec}
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": "logdist.io/v1alpha1", "kind": "Analyser", "metadata": metadata, "spec": spec}

    def get(self, *arguments: str) -> Json:
        found: Json = self.cluster.get("-n", self.namespace, *arguments)
        return found

    def committed(self) -> Json:
        """The registry that the fence holds; generation 0 before there is one."""
        maps = self.get("configmaps")["items"]
        data = next((item.get("data", {}) for item in maps if item["metadata"]["name"] == "logdist-registry"), {})
        snapshot: Json = json.loads(data.get("registry.json", '{"generation": 0, "analysers": []}'))
        return snapshot

    # ---- the processes

    def kubeconfig(self) -> Path:
        """Credentials of the operator's service account, and nothing else."""
        path = self.folder / "kubeconfig"
        if not path.exists():
            token = self.kubectl("create", "token", "logdist-operator", "--duration=24h").strip()
            config = json.loads(self.cluster.kubectl("config", "view", "--raw", "-o", "json"))
            config["users"] = [{"name": "operator", "user": {"token": token}}]
            context = {"cluster": config["clusters"][0]["name"], "user": "operator", "namespace": self.namespace}
            config |= {"contexts": [{"name": "operator", "context": context}], "current-context": "operator"}
            path.write_text(json.dumps(config))
        return path

    def operator(self, *flags: str, **options: Any) -> Operator:
        """Start an operator for this namespace that finds its distributors by their Service."""
        where = () if "--all-namespaces" in flags else ("--namespace", self.namespace)
        found = () if "--distributor" in flags else ("--distributor-service", SERVICE)
        operator = Operator(self.kubeconfig(), *where, *found, *flags, **options)
        self.operators.append(operator)
        return operator

    def distributors(self, count: int) -> list[FakeDistributor]:
        """Start that many simulated distributors more, and put them into the Service."""
        for number in range(len(self.pods) + 1, len(self.pods) + count + 1):
            address = f"{SUBNET}.{number}"
            self.cluster.add_address(address)
            pod = FakeDistributor(host=address, port=CONTROL_PORT)
            self.loop.run(pod.start())
            self.pods.append(pod)
        self.publish(self.pods)
        return self.pods

    def publish(self, pods: list[FakeDistributor], **conditions: bool) -> None:
        """Make the headless Service lead to exactly these."""
        self.publish_addresses([pod.url.removeprefix("http://").rpartition(":")[0] for pod in pods], **conditions)

    def publish_addresses(self, addresses: list[str], **conditions: bool) -> None:
        metadata = {"name": SERVICE, "namespace": self.namespace}
        ports = [{"name": "control", "port": CONTROL_PORT}]
        spec = {"clusterIP": "None", "publishNotReadyAddresses": True, "ports": ports}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
        self.apply(service, self.slice(SERVICE, addresses, ports, **conditions))

    def slice(self, service: str, addresses: list[str], ports: list[Json], **conditions: bool) -> Json:
        """An EndpointSlice as the controller writes it for a Service with a selector."""
        labels = {"kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "test"}
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": service, "namespace": self.namespace, "labels": labels},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [each], "conditions": {"ready": True, **conditions}} for each in addresses],
        }

    def until_weights(self, **weights: int) -> None:
        """Wait until every distributor holds exactly these analysers."""
        until(f"every distributor has {weights}", lambda: all(pod.weights == weights for pod in self.pods))
