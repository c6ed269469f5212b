"""Whether an endpoint gets its share.

    ADMITTED --(failures in a row)--> EJECTED --(checks in a row)--> PROBING --DELIVERED--> ADMITTED
        |------- TIMED_OUT ------------^ ^------ FAILED, TIMED_OUT, CHECK_FAILED --|
        '------- WITHHELD -------------^ '--GRANTED--> PROBING                     '-- WITHHELD --> EJECTED

Deliveries and active checks are counted apart: a healthy check must not excuse deliveries that fail. One time-out
ejects, for it has already cost as long as several checks. A probe is one packet. Without its credentials (WITHHELD) an
endpoint gets nothing; new ones (GRANTED) are tried at once.
Pure: no clock, no socket. delivery/ feeds events; the fleet obeys the state.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    ADMITTED = "admitted"
    EJECTED = "ejected"
    PROBING = "probing"


class Event(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CHECK_PASSED = "check passed"
    CHECK_FAILED = "check failed"
    WITHHELD = "credentials withheld"
    GRANTED = "credentials granted"


ADMITTED: Final = State.ADMITTED  # looking a member up in its enum costs as much as a call

# (state, event) -> (next state, how many in a row it takes)
RULES: Final[dict[tuple[State, Event], tuple[State, str]]] = {
    (State.ADMITTED, Event.FAILED): (State.EJECTED, "unhealthy"),
    (State.ADMITTED, Event.TIMED_OUT): (State.EJECTED, "once"),
    (State.ADMITTED, Event.CHECK_FAILED): (State.EJECTED, "unhealthy"),
    (State.ADMITTED, Event.WITHHELD): (State.EJECTED, "once"),
    (State.EJECTED, Event.GRANTED): (State.PROBING, "once"),
    (State.EJECTED, Event.CHECK_PASSED): (State.PROBING, "healthy"),
    (State.PROBING, Event.DELIVERED): (State.ADMITTED, "once"),
    (State.PROBING, Event.FAILED): (State.EJECTED, "once"),
    (State.PROBING, Event.TIMED_OUT): (State.EJECTED, "once"),
    (State.PROBING, Event.CHECK_FAILED): (State.EJECTED, "once"),
    (State.PROBING, Event.WITHHELD): (State.EJECTED, "once"),
}
OPPOSITE: Final = {
    Event.DELIVERED: (Event.FAILED,),
    Event.CHECK_PASSED: (Event.CHECK_FAILED,),
    Event.CHECK_FAILED: (Event.CHECK_PASSED,),
}


class Standing:
    """One endpoint's standing. Thresholds count events in a row and are at least 1."""

    __slots__ = ("counts", "state", "thresholds")

    def __init__(self, unhealthy: int = 1, healthy: int = 1) -> None:
        self.state = State.ADMITTED  # trusted until it fails
        self.counts: dict[Event, int] = {}
        self.set_thresholds(unhealthy, healthy)

    def set_thresholds(self, unhealthy: int, healthy: int) -> None:
        self.thresholds = {"once": 1, "unhealthy": unhealthy, "healthy": healthy}

    @property
    def is_beyond_doubt(self) -> bool:
        """Admitted, and nothing counts against it: another delivery changes nothing."""
        return not self.counts and self.state is ADMITTED

    def feed(self, event: Event) -> bool:
        """Take one event; True when the state changed."""
        for opposite in OPPOSITE.get(event, ()):
            self.counts.pop(opposite, None)
        rule = RULES.get((self.state, event))
        if rule is None:
            return False
        following, threshold = rule
        self.counts[event] = self.counts.get(event, 0) + 1
        if self.counts[event] < self.thresholds[threshold]:
            return False
        self.state = following
        self.counts.clear()
        return True
