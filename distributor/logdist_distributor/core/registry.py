"""The registry as the operator pushes it, and what makes a snapshot unacceptable.

Decoding validates; nothing after it re-checks. The digest covers `analysers` as canonical JSON: sorted keys, no
white space, UTF-8. It does not cover `credentials`: what an analyser asks of its callers and nobody else may read. The
entry names their version, so that new ones make a new generation.
"""

import hashlib
import json
from collections import Counter
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec

from logdist_distributor.errors import RegistryRefused, StaleGeneration

SHRINK_GUARD_FROM: Final = 4  # entries; below that a big drop is an ordinary edit

Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[!#$%&'*+.^_`|~0-9a-z-]+\Z")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"^[ -~]*\Z")]  # no line break: nobody adds a header of their own


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """camelCase in JSON; an unknown field is refused, for it may change what the operator meant."""


class BatchLimits(Wire, frozen=True):
    max_packets: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    max_bytes: Annotated[int, msgspec.Meta(ge=1, le=64 << 20)] = 1024 * 1024


class HealthCheck(Wire, frozen=True):
    path: str = "/heartbeat"  # empty: a TCP connect is enough
    interval_ms: Positive = 2_000
    unhealthy_threshold: Positive = 3
    healthy_threshold: Positive = 2
    slow_start_ms: Natural = 10_000


class Tls(Wire, frozen=True):
    server_name: str = ""  # that the certificate must have; empty: the endpoint's host
    insecure_skip_verify: bool = False


class Credentials(Wire, frozen=True):
    """What an analyser's callers show it. Never logged, reported or answered: see `snapshot_json`."""

    headers: dict[HeaderName, HeaderValue] = {}
    ca: str = ""  # PEM; empty: the authorities of the system
    cert: str = ""  # PEM, the client's, with its chain
    key: str = ""

    def __repr__(self) -> str:
        return "Credentials(...)"


class AnalyserEntry(Wire, frozen=True):
    """One analyser as the operator publishes it."""

    uid: Annotated[str, msgspec.Meta(min_length=1)]
    name: Annotated[str, msgspec.Meta(min_length=1)]
    namespace: str
    endpoints: list[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^/@\s?#]+[^@\s?#]*$")]
    ]  # the share is split evenly
    weight: Annotated[int, msgspec.Meta(ge=0, le=1000)]  # relative to the others; 0 gets nothing
    suspend: bool = False  # drained; the weight is kept
    protocol: Literal["packets", "packet", "otlp", "ndjson"] = "packets"
    compression: Literal["none", "gzip"] = "none"
    path: Annotated[str, msgspec.Meta(pattern=r"^/\S*$")] = "/v1/packets"
    timeout_ms: Positive = 5_000
    max_in_flight: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    batch: BatchLimits = BatchLimits()
    health_check: HealthCheck = HealthCheck()
    headers: dict[HeaderName, HeaderValue] = {}
    tls: Tls = Tls()
    credentials: str = ""  # the version of those it asks for; empty: for none


class Snapshot(Wire, frozen=True):
    """The whole set of analysers at one generation."""

    generation: Natural
    digest: str
    analysers: list[AnalyserEntry]
    allow_shrink: bool = False
    credentials: dict[str, Credentials] = {}  # by uid


# What the operator does not send of an entry that does not use it.
LEFT_OUT: Final = {"compression": "none", "headers": {}, "tls": msgspec.to_builtins(Tls()), "credentials": ""}
EMPTY: Final = Snapshot(generation=0, digest="", analysers=[])


def decode_snapshot(data: bytes) -> Snapshot:
    """Read a snapshot and check its digest, uids and endpoints. Raises RegistryRefused with every reason found."""
    try:
        raw: Any = msgspec.json.decode(data)
        snapshot = msgspec.convert(raw, Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryRefused([str(error)]) from error
    reasons = []
    digest = digest_of(raw["analysers"])
    if snapshot.digest != digest:
        reasons.append(f"digest is {snapshot.digest}, the analysers given have {digest}")
    uids = Counter(entry.uid for entry in snapshot.analysers)
    reasons += [f"uid {uid} occurs twice" for uid, entries in sorted(uids.items()) if entries > 1]
    reasons += [f"{entry.uid}: an endpoint occurs twice" for entry in snapshot.analysers if _has_twins(entry.endpoints)]
    for entry in snapshot.analysers:
        reasons += [f"{entry.uid}: {url} is no URL: {flaw}" for url in entry.endpoints if (flaw := _flaw(url))]
    if reasons:
        raise RegistryRefused(reasons)
    return snapshot


def check_succession(held: Snapshot, offered: Snapshot) -> None:
    """May `offered` follow `held`? Raises StaleGeneration or RegistryRefused; the same snapshot again is welcome."""
    is_other = offered.digest != held.digest
    if offered.generation < held.generation or (is_other and offered.generation == held.generation):
        raise StaleGeneration(held=held.generation, offered=offered.generation)
    before = {entry.uid for entry in held.analysers}
    dropped = before - {entry.uid for entry in offered.analysers}
    if len(before) >= SHRINK_GUARD_FROM and len(dropped) * 2 > len(before) and not offered.allow_shrink:
        raise RegistryRefused([f"drops {len(dropped)} of {len(before)} analysers without allowShrink"])


def inherit(snapshot: Snapshot, held: Snapshot) -> Snapshot:
    """`snapshot`, with the credentials of `held` where it lacks those of the same version.

    An operator that has just started, and the copy in a ConfigMap, name credentials and do not bring them.
    """
    versions = {entry.uid: entry.credentials for entry in held.analysers if entry.uid in held.credentials}
    kept = {
        entry.uid: held.credentials[entry.uid]
        for entry in snapshot.analysers
        if entry.credentials and entry.credentials == versions.get(entry.uid)
    }
    return msgspec.structs.replace(snapshot, credentials=kept | snapshot.credentials) if kept else snapshot


def digest_of(analysers: list[dict[str, Any]]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    canonical = json.dumps(analysers, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _flaw(url: str) -> str:
    """What the pattern cannot see: host and port must be such that one can connect to them."""
    try:
        parts = urlsplit(url)
        return "" if parts.hostname and parts.port != 0 else "it has no host, or port 0"
    except ValueError as error:
        return str(error)


def _has_twins(values: list[str]) -> bool:
    return len(set(values)) != len(values)
