"""An analyser's conditions, each with a reason and a message that says what to do. Pure.

Accepted    its object is valid
Registered  every distributor holds its entry as it now is
Healthy     every distributor that answers has it admitted
Ready       all of these, and it is meant to get traffic
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from logdist_operator.compile import Verdict
from logdist_operator.merge import Totals
from logdist_operator.push import Pod, PushState
from logdist_operator.wire import Entry

TRUE: Final = "True"
FALSE: Final = "False"
UNKNOWN: Final = "Unknown"
TYPES: Final = ("Accepted", "Registered", "Healthy", "Ready")


@dataclass(frozen=True, slots=True)
class Condition:
    type: str
    status: str  # True, False or Unknown, as Kubernetes writes them
    reason: str  # CamelCase
    message: str = ""
    last_transition_time: str = ""  # RFC 3339; when `status` last changed


def conditions_of(
    verdict: Verdict,
    entry: Entry | None,
    changed: int,
    pods: Iterable[Pod],
    totals: Totals,
    *,
    unresolved: str = "",
    is_committed: bool = True,
) -> tuple[Condition, ...]:
    """Judge one analyser.

    `changed`: the generation in which its entry last changed. `unresolved`: why it has no endpoints. `is_committed`:
    the entry is that of its present object; else `changed` speaks of an earlier one.
    """
    accepted = Condition("Accepted", TRUE if verdict.is_accepted else FALSE, verdict.reason, verdict.message)
    registered = _registered(entry, changed, list(pods), is_committed=is_committed)
    healthy = _healthy(entry, totals, unresolved)
    return accepted, registered, healthy, _ready(entry, accepted, registered, healthy)


def holds_entry(pod: Pod, changed: int) -> bool:
    """Say whether the distributor has acknowledged the generation in which the entry changed, or a later one."""
    return bool(pod.digest) and changed > 0 and pod.generation >= changed


def with_transitions(
    before: Mapping[str, Condition], fresh: Iterable[Condition], now_rfc3339: str
) -> tuple[Condition, ...]:
    """Give each condition its transition time: the one it had while its status stays, else now."""
    stamped = []
    for condition in fresh:
        last = before.get(condition.type)
        is_same = last is not None and last.status == condition.status
        stamped.append(
            replace(condition, last_transition_time=last.last_transition_time if last and is_same else now_rfc3339)
        )
    return tuple(stamped)


def listed_conditions(status: Mapping[str, Any]) -> dict[str, Condition]:
    """Return our conditions as the status of an object has them, by type."""
    found: dict[str, Condition] = {}
    for item in status.get("conditions") or ():
        if item.get("type") in TYPES:
            told = (str(item.get(key, "")) for key in ("type", "status", "reason", "message", "lastTransitionTime"))
            condition = Condition(*told)
            found[condition.type] = condition
    return found


def _registered(entry: Entry | None, changed: int, pods: list[Pod], *, is_committed: bool) -> Condition:
    if not is_committed:
        said = "its present version is not committed yet; if this stays, the operator's log says why"
        return Condition("Registered", FALSE, "Waiting", said)
    if entry is None:
        return Condition("Registered", FALSE, "NotAccepted", "there is no valid version of it to register")
    missing = [pod for pod in pods if not holds_entry(pod, changed)]
    if not pods:
        return Condition("Registered", FALSE, "NoDistributor", "no distributor is known; start one")
    if not missing:
        return Condition("Registered", TRUE, "Acknowledged", f"held by every distributor ({len(pods)})")
    refused = [pod for pod in missing if pod.state is PushState.REFUSED]
    if refused:
        said = f"{refused[0].url} keeps the registry it had, for it refused the new one: {refused[0].reason}"
        return Condition("Registered", FALSE, "Refused", said)
    said = f"{len(pods) - len(missing)} of {len(pods)} distributors hold it; waiting for {missing[0].url}"
    return Condition("Registered", FALSE, "Waiting", f"{said}: {missing[0].reason}" if missing[0].reason else said)


def _healthy(entry: Entry | None, totals: Totals, unresolved: str) -> Condition:
    if entry is not None and not entry.endpoints:
        return Condition("Healthy", FALSE, "NoEndpoints", unresolved or "no ready pod is behind the Service")
    if not totals.standings:
        return Condition("Healthy", UNKNOWN, "NoReport", "no distributor that answers has reported on it")
    for standing, reason in (("ejected", "Ejected"), ("probing", "Probing")):
        found = [seen for seen in totals.standings if seen.standing == standing]
        if found:
            said = f"{standing} by {len(found)} of {len(totals.standings)} distributors"
            said += ", its share goes to the others" if standing == "ejected" else ""
            why = "its checks pass, the next packet decides" if standing == "probing" else found[0].reason
            return Condition("Healthy", FALSE, reason, f"{said}: {why}" if why else said)
    return Condition(
        "Healthy", TRUE, "Admitted", f"admitted by every distributor that answers ({len(totals.standings)})"
    )


def _ready(entry: Entry | None, *others: Condition) -> Condition:
    accepted, registered, healthy = others
    if entry is not None and entry.suspend:
        return Condition("Ready", FALSE, "Suspended", "spec.suspend is true; it gets nothing new")
    if entry is not None and entry.weight == 0:
        return Condition("Ready", FALSE, "ZeroWeight", "spec.weight is 0; it gets nothing")
    # An object that has become invalid still gets traffic by its last valid version: Accepted tells, Ready stays.
    for condition in (registered, healthy) if entry is not None else (accepted,):
        if condition.status != TRUE:
            return Condition("Ready", condition.status, condition.reason, condition.message)
    return Condition("Ready", TRUE, "Serving", "it gets its share")
