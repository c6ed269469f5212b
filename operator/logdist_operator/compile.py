"""Objects -> registry entries, or the reasons why not. Pure: what goes in decides what comes out, in any order.

The rule that keeps traffic flowing: **an entry leaves the registry only when its object is known to be gone.** One that
has become invalid, or that is missed in a file with errors, keeps the entry it had (`held`).

controller.py calls this after every listing. Here, too, stand the CRD's CEL rules, which JSON Schema cannot express.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from typing import Any, Final

from logdist_operator.credentials import Unusable, resolve
from logdist_operator.model import AnalyserObject, Fault, Listing, Problem, Secrets
from logdist_operator.wire import Batch, Credentials, Entry, HealthCheck, Tls

DEFAULT_PATHS: Final = {"packets": "/v1/packets", "packet": "/analyse", "otlp": "/v1/logs", "ndjson": "/"}
WRITTEN_HEADERS: Final = frozenset({"content-encoding", "content-length", "content-type", "transfer-encoding"}) | {
    *("connection", "expect", "host", "keep-alive", "te", "trailer", "upgrade")
}
COMPRESSIBLE: Final = frozenset({"otlp", "ndjson"})
# What Go's parser, which the API server uses, and the CRD's rules leave of a URL. Python's own parser takes more.
URL: Final = re.compile(
    r"https?://([^/?#@]*@)?([A-Za-z0-9._-]+|\[(?P<ipv6>[0-9A-Fa-f:.]+)\])(:(?P<port>[0-9]*))?"
    r"(/([^%?#]|%[0-9A-Fa-f]{2})*)?([?#].*)?\Z"
)


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of the last committed registry, the file its object came from, and the credentials of its version.

    The credentials are None where it asks for none, and where this operator has not read them yet.
    """

    entry: Entry
    origin: str = ""
    credentials: Credentials | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one object: the condition Accepted. `is_held`: the entry published is an earlier, valid one."""

    uid: str
    name: str
    namespace: str
    is_accepted: bool
    reason: str
    message: str
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Compiled:
    held: Mapping[str, Held]  # by uid, sorted
    verdicts: tuple[Verdict, ...]  # sorted by uid
    problems: tuple[Problem, ...]
    removed: frozenset[str]  # entries that left because their objects are gone
    objects: Mapping[str, AnalyserObject]  # by uid, one for each

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(held.entry for held in self.held.values())


def compile_listing(listing: Listing, before: Mapping[str, Held]) -> Compiled:
    """Turn a listing into the entries to publish. `before` is what the last committed registry held.

    O(n log n). Never raises: what is wrong with an object becomes its verdict and a problem.
    """
    chosen, problems = _without_duplicates(listing, before)
    held: dict[str, Held] = {}
    verdicts: dict[str, Verdict] = {}
    doubtful = set(listing.incomplete)
    for uid, item in chosen.items():
        fresh, faults = _judge(item, listing.secrets)
        problems += [_problem(item, fault) for fault in faults]
        last = before.get(uid)
        if fresh:
            held[uid] = fresh
        elif last:
            held[uid] = replace(last, origin=item.origin)
        verdicts[uid] = _verdict(item, faults, is_held=bool(faults and last))
        if faults and item.origin:
            doubtful.add(item.origin)  # a half-written file may end in the middle of a name
    for uid, last in before.items():
        if uid not in chosen and last.origin in doubtful:
            held[uid] = last
            verdicts[uid] = _doubtful(last)
    return Compiled(
        held=dict(sorted(held.items())),
        verdicts=tuple(verdicts[uid] for uid in sorted(verdicts)),
        problems=(*listing.problems, *problems),
        removed=frozenset(before) - frozenset(held),
        objects=chosen,
    )


def _judge(item: AnalyserObject, secrets: Secrets) -> tuple[Held | None, tuple[Fault, ...]]:
    """Return what to hold of the object, or what is wrong with it."""
    faults = item.faults or tuple(cel_faults(item))
    if faults:
        return None, faults
    try:
        credentials, version = resolve(item.spec, item.namespace, secrets)
    except Unusable as unusable:
        return None, (unusable.fault,)
    return Held(build_entry(item, version), item.origin, credentials), ()


def build_entry(item: AnalyserObject, credentials: str = "") -> Entry:
    """Build the entry of a valid object. Seconds become milliseconds, and the protocol's own path is filled in.

    `credentials`: the version of those it asks for.
    """
    spec = item.spec
    protocol, batch, check = spec["protocol"], spec["batch"], spec["healthCheck"]
    endpoints = (spec["endpoint"].rstrip("/"),) if "endpoint" in spec else tuple(sorted(item.addresses or ()))
    return Entry(
        uid=item.uid,
        name=item.name,
        namespace=item.namespace,
        endpoints=endpoints,
        weight=spec["weight"],
        suspend=spec["suspend"],
        protocol=protocol,
        path=spec.get("path") or DEFAULT_PATHS[protocol],
        timeout_ms=spec["timeoutSeconds"] * 1000,
        max_in_flight=spec["maxInFlight"],
        batch=Batch(1 if protocol == "packet" else batch["maxPackets"], batch["maxBytes"]),
        health_check=HealthCheck(
            path=check["path"],
            interval_ms=check["intervalSeconds"] * 1000,
            unhealthy_threshold=check["unhealthyThreshold"],
            healthy_threshold=check["healthyThreshold"],
            slow_start_ms=check["slowStartSeconds"] * 1000,
        ),
        compression=None if spec["compression"] == "none" else spec["compression"],
        headers={header["name"].lower(): header["value"] for header in spec.get("headers", ())},
        tls=Tls(tls.get("serverName", ""), tls["insecureSkipVerify"]) if (tls := spec.get("tls")) else None,
        credentials=credentials or None,
    )


def _without_duplicates(
    listing: Listing, before: Mapping[str, Held]
) -> tuple[dict[str, AnalyserObject], list[Problem]]:
    """Choose one object for each uid: the one from the file that had it before, else the first by file and line.

    So a copy beside the original (`errors-old.yaml`) never takes over while the original is there.
    """
    found: dict[str, list[AnalyserObject]] = {}
    for item in listing.objects:
        found.setdefault(item.uid, []).append(item)
    chosen: dict[str, AnalyserObject] = {}
    problems: list[Problem] = []
    for uid in sorted(found):
        origin = before[uid].origin if uid in before else ""
        first, *others = sorted(found[uid], key=lambda item: (item.origin != origin, item.origin, item.line_of("")))
        chosen[uid] = first
        for other in others:
            message = f"duplicate name, ignored; {first.origin}:{first.line_of('')} is used"
            problems.append(_problem(other, Fault("metadata.name", message)))
    return chosen, problems


def cel_faults(item: AnalyserObject) -> Iterator[Fault]:
    """Check what crd.yaml says in CEL, in its words, and whether serviceRef can be resolved here."""
    spec: Mapping[str, Any] = item.spec
    if ("endpoint" in spec) == ("serviceRef" in spec):
        yield Fault("spec", "set exactly one of endpoint and serviceRef")
    elif "endpoint" in spec:
        yield from (Fault("spec.endpoint", message) for message in _url_faults(spec["endpoint"]))
    elif item.addresses is None:
        message = "serviceRef needs Kubernetes; give the address as endpoint"
        yield Fault("spec.serviceRef", message, reason="ServiceRefNeedsKubernetes")
    if spec["compression"] != "none" and spec["protocol"] not in COMPRESSIBLE:
        yield Fault("spec", "compression needs protocol otlp or ndjson")
    if "tls" in spec and not (spec.get("endpoint") or spec.get("serviceRef", {}).get("scheme", "")).startswith("https"):
        yield Fault("spec", "tls needs an https endpoint, or a serviceRef with scheme https")
    for part in ("headers", "headersFrom"):
        for place, header in enumerate(spec.get(part, ())):
            if header["name"].lower() in WRITTEN_HEADERS:
                yield Fault(f"spec.{part}.{place}.name", "must not be a header that the distributor itself writes")


def _url_faults(text: str) -> Iterator[str]:
    if not text.startswith(("http://", "https://")):
        yield "must start with http:// or https://"
        return
    if "@" in text:
        yield "must not contain @, hence no user name or password"
    if "?" in text or "#" in text:
        yield "must not carry a query or a fragment; the path of requests is spec.path"
    url = URL.match(text)
    if url is None or (url["ipv6"] and not _is_ipv6(url["ipv6"])):
        yield "must be a URL with a host name or an IP address"
    elif url["port"] and not (len(url["port"]) <= 5 and 1 <= int(url["port"]) <= 65535):
        yield "must have a port from 1 to 65535"


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _problem(item: AnalyserObject, fault: Fault) -> Problem:
    return Problem(fault.message, item.origin, item.line_of(fault.field), fault.field, item.uid)


def _verdict(item: AnalyserObject, faults: tuple[Fault, ...], *, is_held: bool) -> Verdict:
    names = (item.uid, item.name, item.namespace)
    if not faults:
        return Verdict(*names, is_accepted=True, reason="Valid", message="")
    said = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
    message = f"{said}. The last valid version stays in force." if is_held else said
    return Verdict(*names, is_accepted=False, reason=faults[0].reason, message=message, is_held=is_held)


def _doubtful(last: Held) -> Verdict:
    entry = last.entry
    message = (
        f"not found in {last.origin}, which has errors. The last valid version stays in force until they are mended."
    )
    names = (entry.uid, entry.name, entry.namespace)
    return Verdict(*names, is_accepted=False, reason="FileHasErrors", message=message, is_held=True)
