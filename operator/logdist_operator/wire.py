"""What the operator and the distributors say to each other, as JSON.

The operator sends snapshots and receives the rest. What it receives may have grown fields it does not know, so they are
skipped; fields it needs are checked here and nowhere else. Reports come 50,000 entries a second: the garbage collector
leaves them alone (`gc=False`), for they can form no cycle. `tests/contract/golden` holds both ends to the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    max_packets: int
    max_bytes: int


class HealthCheck(msgspec.Struct, frozen=True, rename="camel"):
    path: str  # empty: check by TCP connect
    interval_ms: int
    unhealthy_threshold: int
    healthy_threshold: int
    slow_start_ms: int


class Tls(msgspec.Struct, frozen=True, rename="camel"):
    server_name: str
    insecure_skip_verify: bool


class Credentials(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What callers show an analyser, and by what they know it. Pushed to distributors; nobody else gets it."""

    headers: Mapping[str, str]
    ca: str = ""  # PEM, and so are the others
    cert: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return "Credentials(...)"


class Entry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One analyser as the distributors get it. Integers and text only: every JSON writer gives the same bytes.

    A field added later needs a default, and one that msgspec knows by identity (None, or an empty container): the
    operator's record on disk is older than its next version, and what an analyser does not use is not sent, so that
    digests stay as they were and an older distributor, which refuses fields it does not know, takes the entry.
    """

    uid: str
    name: str
    namespace: str
    endpoints: tuple[str, ...]  # base URLs; the share is split evenly over them
    weight: int
    suspend: bool
    protocol: str
    path: str
    timeout_ms: int
    max_in_flight: int
    batch: Batch
    health_check: HealthCheck
    compression: str | None = None
    headers: Mapping[str, str] = {}  # names in lower case
    tls: Tls | None = None
    credentials: str | None = None  # version of those it asks for


class Snapshot(msgspec.Struct, frozen=True, rename="camel"):
    """The whole registry at one generation. `analysers` is sorted by uid."""

    generation: int
    digest: str
    allow_shrink: bool
    analysers: tuple[Entry, ...]


class Push(Snapshot, frozen=True, rename="camel", omit_defaults=True):
    """A snapshot as it is pushed. The digest does not cover the credentials; the entries name their version."""

    credentials: Mapping[str, Credentials] = {}  # by uid


def digest_of(entries: tuple[Entry, ...]) -> str:
    """SHA-256, in hex, of the canonical JSON of the analysers. Both ends compute it the same way."""
    plain: Any = msgspec.to_builtins(entries)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class RegistryAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What a distributor holds: the answer to a push (200, 409, 422) and, with the analysers, to a GET.

    `reasons` says why it refused (422 only).
    """

    generation: int
    digest: str
    instance_id: str
    error: str = ""
    reasons: tuple[str, ...] = ()


class Share(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    wanted: float | None = None  # percent
    got: float | None = None  # percent, over the last minute


class Delivery(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Requests of the last minute, and how long they took."""

    requests: int = 0
    p50_seconds: float | None = None
    p99_seconds: float | None = None


class EndpointReport(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    url: str
    standing: str
    reason: str = ""
    last_error: str = ""
    failures: int = 0


class AnalyserReport(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    uid: str
    standing: str
    share: Share = Share()
    delivered: int = 0
    requeued: int = 0
    dead: int = 0
    in_flight: int = 0
    waiting: int = 0
    delivery: Delivery = Delivery()
    endpoints: tuple[EndpointReport, ...] = ()


class RegistryHeld(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    generation: int
    digest: str
    rejected: int = 0


class Ledger(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`accepted + restored = delivered + queued + in_flight + dead`, in packets. `messages`: in those accepted."""

    accepted: int = 0
    messages: int = 0
    restored: int = 0
    delivered: int = 0
    queued: int = 0
    in_flight: int = 0
    dead: int = 0
    repeats: int = 0
    requeued: int = 0


class Queue(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    packets: int = 0
    bytes: int = 0
    oldest_age_seconds: float = 0.0
    memory_bytes: int = 0
    spool_packets: int = 0
    spool_bytes: int = 0
    spool_limit_bytes: int = 0
    dead_letters: int = 0


class StatusReport(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One distributor's own account of itself."""

    instance_id: str
    registry: RegistryHeld
    ready: bool = False
    version: str = ""
    ack: str = ""
    ledger: Ledger = Ledger()
    queue: Queue = Queue()
    analysers: tuple[AnalyserReport, ...] = ()
