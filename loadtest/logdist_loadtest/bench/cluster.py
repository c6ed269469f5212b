"""What a bench needs of a Kubernetes: a namespace for an operator, pods that the API knows of, and its objects.

Runs in the node's network, as root, with `kubectl` on the path and a KUBECONFIG that may do everything.
"""

import asyncio
import base64
import json
import shutil
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

MANIFESTS: Final = Path("manifests")
NAMESPACE: Final = "logdist-bench"
SERVICE: Final = "logdist-distributors"
PORT: Final = 8081
USER: Final = f"system:serviceaccount:{NAMESPACE}:logdist-operator"
ANALYSERS: Final = f"/apis/logdist.io/v1alpha1/namespaces/{NAMESPACE}/analysers"
MANAGER: Final = "bench"
SENDERS: Final = 8  # requests at once, where many objects are made

Json = dict[str, Any]


class ClusterError(RuntimeError):
    """The cluster did not do what it was asked for."""


def kubectl(*arguments: str, given: str | None = None) -> str:
    """What kubectl prints. Raises ClusterError with its complaint."""
    command = [shutil.which("kubectl") or "kubectl", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=given)  # noqa: S603
    if done.returncode:
        raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def give_addresses(count: int) -> list[str]:
    """Addresses of this network for so many pods (RFC 2544's range; the API takes no loopback addresses)."""
    addresses = [f"198.18.{number // 250}.{number % 250 + 1}" for number in range(count)]
    tool = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin") or "ip"
    for address in addresses:
        subprocess.run([tool, "address", "replace", f"{address}/32", "dev", "lo"], check=True)  # noqa: S603
    return addresses


def prepare(addresses: Sequence[str], work: Path) -> Path:
    """Make the namespace anew, with Role and Service. Returns the kubeconfig of the operator's service account."""
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    kubectl("create", "namespace", NAMESPACE)
    kubectl("apply", "-f", str(MANIFESTS / "crd.yaml"))
    kubectl("wait", "--for=condition=Established", "crd/analysers.logdist.io", "--timeout=30s")
    rights = (MANIFESTS / "operator-rbac.yaml").read_text().replace("namespace: logdist", f"namespace: {NAMESPACE}")
    kubectl("apply", "-f", "-", given=rights)
    kubectl("apply", "-f", "-", given="\n---\n".join(json.dumps(each) for each in _service(addresses)))
    config: Json = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    token = kubectl("-n", NAMESPACE, "create", "token", "logdist-operator", "--duration=24h").strip()
    context = {"cluster": config["clusters"][0]["name"], "user": "operator", "namespace": NAMESPACE}
    config |= {"users": [{"name": "operator", "user": {"token": token}}], "current-context": "operator"}
    config |= {"contexts": [{"name": "operator", "context": context}]}
    path = work / "kubeconfig"
    path.write_text(json.dumps(config))
    return path


def clean_up() -> None:
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


def _service(addresses: Sequence[str]) -> list[Json]:
    """A headless Service and its slices, as the controller writes them: 100 endpoints each at most."""
    ports = [{"name": "control", "port": PORT}]
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True, "ports": ports}
    labels = {"kubernetes.io/service-name": SERVICE, "endpointslice.kubernetes.io/managed-by": "bench"}
    objects: list[Json] = [
        {"apiVersion": "v1", "kind": "Service", "metadata": _meta(SERVICE), "spec": spec},
    ]
    for start in range(0, len(addresses), 100):
        ends = [{"addresses": [each], "conditions": {"ready": True}} for each in addresses[start : start + 100]]
        objects.append(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {**_meta(f"{SERVICE}-{start}"), "labels": labels},
                "addressType": "IPv4",
                "ports": ports,
                "endpoints": ends,
            }
        )
    return objects


def _meta(name: str) -> Json:
    return {"name": name, "namespace": NAMESPACE}


class Analysers:
    """The Analyser objects of the namespace, by the API itself: no kubectl's start is measured. As administrator."""

    def __init__(self, work: Path) -> None:
        config: Json = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        for name in ("client-certificate", "client-key"):
            (work / name).write_bytes(base64.b64decode(user[f"{name}-data"]))
        context.load_cert_chain(work / "client-certificate", work / "client-key")
        self.client = httpx.AsyncClient(base_url=cluster["server"], verify=context, trust_env=False, timeout=30)

    async def version(self) -> str:
        answer = await self.client.get("/version")
        return str(answer.json()["gitVersion"])

    async def apply(self, name: str, weight: int) -> None:
        """Server-side apply, as `kubectl apply --server-side` sends it."""
        spec = {"weight": weight, "endpoint": f"http://{name}.bench.svc:8000"}
        body = {"apiVersion": "logdist.io/v1alpha1", "kind": "Analyser", "metadata": _meta(name), "spec": spec}
        kind = {"content-type": "application/apply-patch+yaml"}
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict"}
        path = f"{ANALYSERS}/{name}"
        answer = await self.client.patch(path, params=query, headers=kind, content=json.dumps(body))
        answer.raise_for_status()

    async def apply_all(self, names: Sequence[str]) -> None:
        await self._each(names, lambda name: self.apply(name, 1))

    async def forget_statuses(self, names: Sequence[str]) -> None:
        kind = {"content-type": "application/merge-patch+json"}

        async def forget(name: str) -> None:
            path = f"{ANALYSERS}/{name}/status"
            answer = await self.client.patch(path, headers=kind, content='{"status": null}')
            answer.raise_for_status()

        await self._each(names, forget)

    async def are_ready(self, count: int) -> bool:
        """Whether so many say in their status that they are ready, as they now are."""
        answer = await self.client.get(ANALYSERS, params={"resourceVersion": "0"})
        items = answer.raise_for_status().json()["items"]
        return sum(map(_is_ready, items)) >= count

    async def _each(self, names: Sequence[str], do: Any) -> None:
        left = list(names)

        async def work() -> None:
            while left:
                await do(left.pop())

        await asyncio.gather(*(work() for _ in range(SENDERS)))


def _is_ready(item: Json) -> bool:
    status, generation = item.get("status") or {}, item["metadata"]["generation"]
    found = {each["type"]: each["status"] for each in status.get("conditions", ())}
    return found.get("Ready") == "True" and status.get("observedGeneration") == generation
