"""When which status may be written. Pure: the clock comes in as `now_s`.

    a turn           a condition has changed: at once, the oldest first
    a shift          what is wanted of it has changed, often because of others: after that, the oldest first
    a moving number  last: the oldest first, and none of one object twice within a second

All writes together take from one bucket of tokens. Moving numbers leave most of it, so that eighty turns and shifts go
out at once even under traffic. With many objects the numbers of each are refreshed every `objects / RATE_PER_S`
seconds. Only the newest content is ever written.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

RATE_PER_S: Final = 20.0
BURST: Final = 100.0
RESERVE: Final = 80.0  # tokens that moving numbers leave alone
INTERVAL_S: Final = 1.0  # of one object's moving numbers


class Change(IntEnum):
    NONE = 0
    MOVING = 1  # what moves with the traffic, and the wording of messages
    SHIFT = 2  # the share wanted, endpoints, the registry's numbers
    TURN = 3  # a condition's status or reason


@dataclass(slots=True)
class _Pending:
    change: Change = Change.NONE
    since_s: float = 0.0  # when it came to differ so much
    written_s: float = float("-inf")
    rests_until_s: float = float("-inf")
    is_in_flight: bool = False

    def ready_s(self) -> float:
        """Return from when on it may be written, tokens aside."""
        spaced_s = self.written_s + INTERVAL_S if self.change is Change.MOVING else self.since_s
        return max(spaced_s, self.rests_until_s)

    def order(self) -> tuple[int, float]:
        return -self.change, self.since_s


class Pace:
    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}
        self._tokens, self._counted_s = BURST, float("-inf")
        self._paused_until_s = float("-inf")

    def offer(self, uid: str, change: Change, now_s: float) -> None:
        """Say how much the object's content differs from what is written."""
        pending = self._pending.setdefault(uid, _Pending())
        if change is not pending.change:
            pending.change, pending.since_s = change, now_s

    def pick(self, now_s: float) -> str | None:
        """Choose the object to write now, and charge it; None: there is none. `settle` must follow."""
        self._refill(now_s)
        if now_s < self._paused_until_s:
            return None
        ready = [(one.order(), uid) for uid, one in self._due() if one.ready_s() <= now_s and self._has_token(one)]
        if not ready:
            return None
        _, uid = min(ready)
        pending = self._pending[uid]
        pending.is_in_flight, pending.change, pending.written_s = True, Change.NONE, now_s
        self._tokens -= 1
        return uid

    def settle(self, uid: str) -> None:
        """Say that the write has ended, well or not: from now on what is offered may be picked."""
        if pending := self._pending.get(uid):
            pending.is_in_flight = False

    def rest(self, uid: str, until_s: float) -> None:
        """Leave this object alone until then."""
        if pending := self._pending.get(uid):
            pending.rests_until_s = until_s

    def pause(self, until_s: float) -> None:
        """Write nothing at all until then."""
        self._paused_until_s = until_s

    def forget(self, uid: str) -> None:
        self._pending.pop(uid, None)

    def wait_s(self, now_s: float) -> float | None:
        """Return in how many seconds something can be picked, unless something is offered before; None: never."""
        self._refill(now_s)
        waits = [max(one.ready_s() - now_s, self._token_wait_s(one)) for _, one in self._due()]
        return max(0.0, min(waits), self._paused_until_s - now_s) if waits else None

    def _due(self) -> list[tuple[str, _Pending]]:
        return [(uid, one) for uid, one in self._pending.items() if one.change and not one.is_in_flight]

    def _refill(self, now_s: float) -> None:
        if now_s > self._counted_s:
            self._tokens = min(BURST, self._tokens + (now_s - self._counted_s) * RATE_PER_S)
            self._counted_s = now_s

    def _has_token(self, pending: _Pending) -> bool:
        return self._token_wait_s(pending) <= 0

    def _token_wait_s(self, pending: _Pending) -> float:
        needed = 1.0 + (RESERVE if pending.change is Change.MOVING else 0.0)
        return (needed - self._tokens) / RATE_PER_S
