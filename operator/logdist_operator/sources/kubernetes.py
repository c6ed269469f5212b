"""Analyser objects of a Kubernetes API as the source, with the pods behind their Services and the distributors' own.

The watch (kopf) only says that something may have changed; every pass lists afresh. What is safe to conclude:

    an object is not in a listing         it was deleted, deliberately
    the listing fails, or the CRD is gone unavailable, nothing changes
    a Service is gone, or has no pod      the analyser stays registered, without endpoints: its share goes to others
"""

import asyncio
import base64
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import kopf

from logdist_operator import crd
from logdist_operator.credentials import secret_names
from logdist_operator.errors import EditRefused, LogdistError, ObjectMissing, SourceUnavailable
from logdist_operator.kube import Json, Kube, KubeError
from logdist_operator.model import AnalyserObject, Fault, Listing, NoSecret, Problem, Secret
from logdist_operator.sources import kubeedit
from logdist_operator.sources.endpoints import SERVICE_LABEL, Pods, Unresolved, is_there

CONTROL_PORT: Final = "control"  # name of the port in the distributors' Service
SLICES: Final = "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices"
SERVICES: Final = "/api/v1/namespaces/{}/services"
SECRETS: Final = "/api/v1/namespaces/{}/secrets/{}"
CRD_MISSING: Final = "the CustomResourceDefinition analysers.logdist.io is missing: kubectl apply -f manifests/crd.yaml"
SERVER_TIMEOUT_S: Final = 300  # the server ends a watch after so long, and it is taken up where it ended;
CLIENT_TIMEOUT_S: Final = 330  # a connection that is dead without knowing is given up then
LIST_AGE_MAX_S: Final = 180.0
RETRIES_S: Final = (1.0,) * 10  # kopf's own grow to 21 s: so late would changes count after the API was away

log = logging.getLogger(__name__)


class KubernetesSource:
    """Lists and watches one namespace, or all (`namespace` empty).

    `distributor_service`: headless Service of the distributors in the operator's own namespace; empty: not looked for.
    """

    def __init__(self, kube: Kube, namespace: str, distributor_service: str) -> None:
        self._kube, self._namespace = kube, namespace
        self._distributor_service = distributor_service
        self._services: frozenset[tuple[str, str]] = frozenset()  # namespace and name of those whose pods matter
        self._checked: dict[str, tuple[int, Mapping[str, Any], tuple[Fault, ...]]] = {}  # by uid, with generation

    @property
    def location(self) -> str:
        where = f"namespace {self._namespace}" if self._namespace else "all namespaces"
        return f"{where} of {self._kube.host}"

    @property
    def namespace(self) -> str:
        return self._namespace or self._kube.namespace

    @property
    def list_age_max_s(self) -> float:
        return LIST_AGE_MAX_S

    def check(self) -> None:
        """Raise LogdistError when the analysers cannot be listed: at start that is a mistake in the set-up."""
        try:
            self._kube.get(crd.api_path(self._namespace), limit="1")
        except KubeError as error:
            raise LogdistError(_advice(error)) from error

    async def watch(self, mark_dirty: Callable[[], None]) -> None:
        """Run kopf in a thread and a loop of its own: it takes over signals and ends the tasks it finds."""
        loop, stop, ended = asyncio.get_running_loop(), threading.Event(), asyncio.Event()
        registry = self._registry(lambda: loop.call_soon_threadsafe(mark_dirty))
        reason = "for no reason given"

        def run() -> None:
            nonlocal reason
            try:
                asyncio.run(self._kopf(registry, stop))
            except Exception as error:  # whatever it is, it ends the operator
                reason = str(error.args[0] if error.args else error) or type(error).__name__
            with contextlib.suppress(RuntimeError):  # where this loop is closed, nobody waits
                loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=run, name="watch", daemon=True).start()
        try:
            await ended.wait()
        finally:
            stop.set()
        raise LogdistError(f"the watch of the Kubernetes API has ended: {reason}")

    async def read(self) -> Listing:
        return await asyncio.to_thread(self._read)

    async def create(self, namespace: str, name: str, spec: Mapping[str, Any]) -> None:
        if self._namespace and namespace != self._namespace:
            raise EditRefused(f"namespace: must be {self._namespace}, the one that this operator serves")
        await asyncio.to_thread(kubeedit.create, self._kube, namespace, name, spec)

    async def change(self, namespace: str, name: str, fields: Mapping[str, Any]) -> None:
        self._must_serve(namespace, name)
        await asyncio.to_thread(kubeedit.change, self._kube, namespace, name, fields)

    async def delete(self, namespace: str, name: str) -> None:
        self._must_serve(namespace, name)
        await asyncio.to_thread(kubeedit.delete, self._kube, namespace, name)

    def _must_serve(self, namespace: str, name: str) -> None:
        if self._namespace and namespace != self._namespace:
            raise ObjectMissing(f"there is no analyser {namespace}/{name}: this operator serves {self._namespace}")

    def _registry(self, mark_dirty: Callable[[], object]) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)
        def login(**context: Any) -> kopf.ConnectionInfo | None:
            return kopf.login_via_client(**context)

        @kopf.on.event(crd.GROUP, crd.VERSION, "analysers", registry=registry)
        async def analyser_changed(type: str | None, meta: kopf.Meta, memo: kopf.Memo, **_: Any) -> None:  # noqa: A002  kopf's name
            version = (meta.get("generation"), meta.get("deletionTimestamp"))
            if type == "MODIFIED" and memo.get("version") == version:
                return  # a status was written, or a label
            memo["version"] = version
            mark_dirty()

        @kopf.on.event("discovery.k8s.io", "v1", "endpointslices", registry=registry)
        async def pods_changed(meta: kopf.Meta, **_: Any) -> None:
            if (meta.get("namespace"), meta.labels.get(SERVICE_LABEL)) in self._services:
                mark_dirty()

        return registry

    async def _kopf(self, registry: kopf.OperatorRegistry, stop: threading.Event) -> None:
        settings = kopf.OperatorSettings()
        settings.peering.standalone = True
        settings.scanning.disabled = True
        settings.posting.enabled = False
        settings.watching.server_timeout = SERVER_TIMEOUT_S
        settings.watching.client_timeout = CLIENT_TIMEOUT_S
        settings.networking.error_backoffs = RETRIES_S
        settings.process.ultimate_exiting_timeout = None
        try:
            await kopf.operator(
                registry=registry,
                settings=settings,
                clusterwide=not self._namespace,
                namespaces=[self._namespace] if self._namespace else [],
                stop_flag=stop,
            )
        finally:
            stop.set()  # a thread of this loop waits for it, and the loop for the thread

    def _read(self) -> Listing:
        try:
            items = self._kube.get(crd.api_path(self._namespace))["items"]
            present = [item for item in items if "deletionTimestamp" not in item["metadata"]]
            self._services = frozenset(_services(present)) | self._own_service()  # before the pods are listed
            pods = {namespace: self._pods(namespace) for namespace in {namespace for namespace, _ in self._services}}
            objects = tuple(self._object(item, pods) for item in present)
            named = {(item.namespace, name) for item in objects if not item.faults for name in secret_names(item.spec)}
            secrets = {ref: self._secret(*ref) for ref in named}
        except KubeError as error:
            raise SourceUnavailable(_advice(error)) from error
        self._checked = {item.uid: (item.generation, item.spec, item.faults) for item in objects}
        if not self._distributor_service:
            return Listing(objects, secrets=secrets)
        distributors, problems = _distributors(self._distributor_service, pods[self._kube.namespace])
        return Listing(objects, problems, distributors=distributors, secrets=secrets)

    def _own_service(self) -> frozenset[tuple[str, str]]:
        name = self._distributor_service
        return frozenset({(self._kube.namespace, name)} if name else ())

    def _pods(self, namespace: str) -> Pods:
        services = self._kube.get(SERVICES.format(namespace))["items"]
        return Pods(services, self._kube.get(SLICES.format(namespace))["items"])

    def _secret(self, namespace: str, name: str) -> Secret | NoSecret:
        try:
            found = self._kube.get(SECRETS.format(namespace, name))
        except KubeError as error:
            if error.status == 404:
                return NoSecret("SecretMissing", f"there is no Secret {name} in namespace {namespace}: create it")
            if error.status == 403:
                advice = "set operator.readSecrets in the chart, or grant it `get` on this Secret"
                return NoSecret("SecretForbidden", f"the operator may not read the Secret {name}: {advice}")
            raise
        data = {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}
        return Secret(found["metadata"]["resourceVersion"], data)

    def _object(self, item: Json, pods: Mapping[str, Pods]) -> AnalyserObject:
        meta = item["metadata"]
        uid, generation = meta["uid"], meta["generation"]
        known = self._checked.get(uid)
        if known and known[0] == generation:
            spec, faults = known[1], known[2]
        else:
            spec = crd.with_defaults(item.get("spec") or {})
            faults = crd.faults_of(spec)
        has_ref = "serviceRef" in spec and not faults
        addresses, unresolved = pods[meta["namespace"]].of(spec["serviceRef"]) if has_ref else ((), "")
        return AnalyserObject(
            uid=uid,
            name=meta["name"],
            namespace=meta["namespace"],
            spec=spec,
            faults=faults,
            addresses=addresses,
            unresolved=unresolved,
            generation=generation,
            status=item.get("status") or {},
        )


def _services(items: Iterable[Json]) -> Iterable[tuple[str, str]]:
    for item in items:
        ref = (item.get("spec") or {}).get("serviceRef")
        if isinstance(ref, dict) and isinstance(ref.get("name"), str):
            yield item["metadata"]["namespace"], ref["name"]


def _distributors(service: str, pods: Pods) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    try:
        return pods.urls(service, CONTROL_PORT, "http", is_there), ()
    except Unresolved as why:
        return (), (Problem(f"no distributor can be found: Service {service}: {why}"),)


def _advice(error: KubeError) -> str:
    if error.status == 404:
        return CRD_MISSING
    if error.status in {401, 403}:
        return f"the operator may not read what it needs; apply manifests/operator-rbac.yaml ({error})"
    return f"the Kubernetes API cannot be read: {error}"
