"""A Service and its EndpointSlices -> the URLs of the pods behind it. Pure; kubernetes.py lists both."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

Json = Mapping[str, Any]

SERVICE_LABEL: Final = "kubernetes.io/service-name"


class Unresolved(Exception):
    """Why no address can be told, for people."""


def is_ready(endpoint: Json) -> bool:
    """A pod that may get traffic. A missing `ready` means yes, as the API has it."""
    return _conditions(endpoint).get("ready") is not False and not is_leaving(endpoint)


def is_leaving(endpoint: Json) -> bool:
    return _conditions(endpoint).get("terminating") is True


def is_there(endpoint: Json) -> bool:
    """A pod that runs, ready or not."""
    return not is_leaving(endpoint)


class Pods:
    """The Services of one namespace, and the pods behind them."""

    def __init__(self, services: Iterable[Json], slices: Iterable[Json]) -> None:
        self._services = {service["metadata"]["name"]: service for service in services}
        self._slices: dict[str, list[Json]] = {}
        for part in slices:
            name = (part["metadata"].get("labels") or {}).get(SERVICE_LABEL, "")
            self._slices.setdefault(name, []).append(part)

    def of(self, ref: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
        """Return the ready pods of a serviceRef, or why there are none."""
        try:
            found = self.urls(ref["name"], ref["port"], ref["scheme"], is_ready)
        except Unresolved as why:
            return (), f"Service {ref['name']}: {why}"
        return found, "" if found else f"Service {ref['name']}: no ready pod is behind it"

    def urls(self, name: str, port: int | str, scheme: str, is_wanted: Callable[[Any], bool]) -> tuple[str, ...]:
        """Raises Unresolved."""
        if name not in self._services:
            raise Unresolved("there is no such Service in this namespace")
        return resolve(self._services[name], self._slices.get(name, ()), port, scheme, is_wanted)


def resolve(
    service: Json, slices: Iterable[Json], port: int | str, scheme: str, is_wanted: Callable[[Json], bool]
) -> tuple[str, ...]:
    """Return base URLs, sorted. `port` is one of the Service's, by number or name. Raises Unresolved."""
    spec: Json = service["spec"]
    if spec.get("type") == "ExternalName":
        raise Unresolved("the Service is an ExternalName; give the address as endpoint")
    name = _port_name(spec, port)
    family = (spec.get("ipFamilies") or [None])[0]  # a pod with two addresses is still one pod
    found: set[str] = set()
    for part in slices:
        number = _target(part, name, port)
        if number is None or family not in {None, part["addressType"]}:
            continue
        wanted = filter(is_wanted, part.get("endpoints") or ())
        found.update(f"{scheme}://{_host(part, endpoint['addresses'][0])}:{number}" for endpoint in wanted)
    return tuple(sorted(found))


def _conditions(endpoint: Json) -> Json:
    conditions: Json = endpoint.get("conditions") or {}
    return conditions


def _port_name(spec: Json, port: int | str) -> str | None:
    """Return the name that the slices know the port by; None: the Service lists no ports, so neither do they."""
    ports = spec.get("ports") or ()
    if not ports and spec.get("clusterIP") == "None":
        return None
    for candidate in ports:
        if port in {candidate["port"], candidate.get("name")}:
            return candidate.get("name") or ""
    known = ", ".join(str(candidate["port"]) for candidate in ports)
    raise Unresolved(f"the Service has no port {port}, only {known}")


def _target(part: Json, name: str | None, port: int | str) -> int | None:
    """Return the pods' port in one slice; None when it does not serve this one."""
    if name is None:
        return port if isinstance(port, int) else None
    for candidate in part.get("ports") or ():
        if (candidate.get("name") or "") == name:
            number: int | None = candidate.get("port")
            return number
    return None


def _host(part: Json, address: str) -> str:
    return f"[{address}]" if part["addressType"] == "IPv6" else address
