"""An analyser's status as the API server keeps it, and how far two of them differ. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from logdist_operator.conditions import TYPES
from logdist_operator.kube import Json
from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback.pace import Change

MESSAGE_CHARS_MAX: Final = 1024
FIELDS: Final = ("observedGeneration", "endpoints", "share", "delivered", "registry", "conditions")


def build_document(status: AnalyserStatus) -> Json:
    """Return all that the operator says of the analyser. `share.got` is absent while there is no traffic."""
    got = status.totals.got
    return {
        "observedGeneration": status.observed,
        "endpoints": len(status.entry.endpoints) if status.entry else 0,
        "share": {"wanted": f"{status.wanted:.2f}"} | ({} if got is None else {"got": f"{got:.2f}"}),
        "delivered": status.totals.delivered,
        "registry": {"generation": status.changed, "acked": status.acked, "desired": status.desired},
        "conditions": [
            {
                "type": condition.type,
                "status": condition.status,
                "reason": condition.reason,
                "message": cut(condition.message),
                "lastTransitionTime": condition.last_transition_time,
                "observedGeneration": status.observed,
            }
            for condition in status.conditions
        ],
    }


def ours(listed: Mapping[str, Any]) -> Json:
    """Return what of an object's status is the operator's, to be compared with a document. Others may add theirs."""
    found = {key: listed[key] for key in FIELDS if key in listed}
    if "conditions" in found:
        by_type = {condition.get("type"): condition for condition in found["conditions"]}
        found["conditions"] = [by_type[kind] for kind in TYPES if kind in by_type]
    return found


def change_between(before: Json, after: Json) -> Change:
    if before == after:
        return Change.NONE
    if _turning(before) != _turning(after):
        return Change.TURN
    return Change.SHIFT if _shifting(before) != _shifting(after) else Change.MOVING


def cut(message: str) -> str:
    return message if len(message) <= MESSAGE_CHARS_MAX else message[: MESSAGE_CHARS_MAX - 3] + "..."


def _turning(document: Json) -> list[tuple[Any, ...]]:
    keys = ("type", "status", "reason", "observedGeneration")
    return [tuple(condition.get(key) for key in keys) for condition in document.get("conditions", ())]


def _shifting(document: Json) -> tuple[Any, ...]:
    return document.get("share", {}).get("wanted"), document.get("registry"), document.get("endpoints")
