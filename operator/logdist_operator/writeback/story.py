"""What is worth an Event: the turns in an analyser's life, as the documents written one after the other show. Pure.

Told once each, whatever restarts: what an object's status says when this process first sees it has been told already.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from logdist_operator.conditions import FALSE, TRUE
from logdist_operator.kube import Json

HELD_BACK: Final = frozenset({"Suspended", "ZeroWeight"})  # reasons of not being ready that somebody asked for


@dataclass(frozen=True, slots=True)
class Turn:
    reason: str  # CamelCase
    message: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Where the story stands."""

    fault: str = ""  # what was said to be wrong with the object; empty: nothing
    held_back: str = ""  # Suspended, ZeroWeight or empty
    generation: int = 0  # in which every distributor has its entry
    is_refused: bool = False
    trouble: str = ""  # the reason of not being healthy, as Ejected; empty: it is
    is_introduced: bool = False  # it was ready once


def told_by(document: Json) -> Told:
    """Return where the story stands with an object whose status is `document`; at its beginning if it has none."""
    if not document.get("conditions"):
        return Told()
    told = _next(Told(), _Page(document))
    return Told(
        fault=told.fault,
        held_back=told.held_back,
        generation=document.get("registry", {}).get("generation", 0),
        is_refused=told.is_refused,
        trouble=told.trouble,
        is_introduced=True,
    )


def tell(told: Told, document: Json) -> tuple[tuple[Turn, ...], Told]:
    """Return what is to be told of `document`, and where the story stands then."""
    page = _Page(document)
    after = _next(told, page)
    return tuple(_turns(told, after, page)), after


class _Page:
    """A document with its conditions by type."""

    def __init__(self, document: Json) -> None:
        self._conditions = {condition["type"]: condition for condition in document["conditions"]}
        self.registry = document.get("registry", {})
        self.wanted = document.get("share", {}).get("wanted", "")

    def of(self, kind: str) -> tuple[str, str, str]:
        """Return status, reason and message."""
        condition: dict[str, Any] = self._conditions.get(kind, {})
        return condition.get("status", ""), condition.get("reason", ""), condition.get("message", "")


def _next(told: Told, page: _Page) -> Told:
    accepted, _, fault = page.of("Accepted")
    registered, refusal, _ = page.of("Registered")
    healthy, trouble, _ = page.of("Healthy")
    ready, held_back, _ = page.of("Ready")
    return Told(
        fault=fault if accepted == FALSE else "",
        held_back=held_back if held_back in HELD_BACK else "",
        generation=page.registry.get("generation", 0) if registered == TRUE else told.generation,
        is_refused=refusal == "Refused" or (told.is_refused and registered != TRUE),
        trouble=trouble if healthy == FALSE else "" if healthy == TRUE else told.trouble,
        is_introduced=told.is_introduced or ready == TRUE,
    )


def _turns(told: Told, after: Told, page: _Page) -> Iterator[Turn]:
    if after.fault != told.fault:
        _, reason, message = page.of("Accepted")
        yield Turn(reason, message, is_warning=True) if after.fault else Turn("Accepted", "the object is valid again")
    if after.held_back and after.held_back != told.held_back:
        yield Turn(after.held_back, page.of("Ready")[2])
    if told.held_back and not after.held_back:
        yield Turn("Resumed", f"it is to get {page.wanted} % of the traffic again")
    if after.is_refused and not told.is_refused:
        yield Turn("Refused", page.of("Registered")[2], is_warning=True)
    if page.of("Registered")[0] == TRUE and (told.is_refused or after.generation != told.generation):
        holders = page.registry.get("desired", 0)
        every = "the one distributor" if holders == 1 else f"all {holders} distributors"
        yield Turn("Registered", f"registry generation {after.generation} is held by {every}")
    if after.trouble != told.trouble:
        _, reason, message = page.of("Healthy")
        yield Turn(reason, message, is_warning=after.trouble not in {"", "Probing"})
    if after.is_introduced and not told.is_introduced:
        yield Turn("Ready", f"it gets its share, {page.wanted} % of the traffic")
