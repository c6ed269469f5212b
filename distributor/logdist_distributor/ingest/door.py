"""What all connections of senders share, and the sweep that closes the idle, the stuck and the old.

The hot path keeps no time: the sweep compares request counts from one second to the next.
"""

import asyncio
import random
from dataclasses import dataclass
from typing import Any, Final, Protocol

from logdist_distributor.errors import TooManyConnections
from logdist_distributor.ingest.heads import Heads
from logdist_distributor.ingest.intake import Intake
from logdist_distributor.tokens import Tokens

IDLE_S: Final = 75  # without a request: longer than the usual keep-alive of clients
RECEIVING_S: Final = 60  # in the middle of one request
SWEEP_S: Final = 1
AGE_JITTER: Final = 0.1  # so that connections opened together do not close together


class Lane(Protocol):
    """A connection, whichever way it is read."""

    loop: asyncio.AbstractEventLoop
    transport: Any
    requests: int

    @property
    def is_idle(self) -> bool: ...

    @property
    def is_receiving(self) -> bool: ...

    def expire(self) -> None: ...


@dataclass(slots=True)
class Visit:
    """What the last sweep saw of a connection."""

    expires_s: float
    seen_s: float
    requests: int = 0


class Door:
    """Open connections. `connection_age_s` bounds their age (0: no bound), so that senders spread over new pods."""

    def __init__(
        self, intake: Intake, tokens: Tokens | None = None, *, connections_max: int, connection_age_s: float
    ) -> None:
        self.intake = intake
        self.heads = Heads(tokens)
        self.connections_max = connections_max
        self.connection_age_s = connection_age_s
        self.visits: dict[Lane, Visit] = {}
        self.is_closing = False

    def enter(self, connection: Lane, connections: int) -> None:
        """A connection was made, one of so many. Raises TooManyConnections."""
        if connections > self.connections_max:
            raise TooManyConnections(limit=self.connections_max)
        now_s = connection.loop.time()
        age_s = self.connection_age_s * random.uniform(1 - AGE_JITTER, 1)  # noqa: S311  # spreading, not secrecy
        self.visits[connection] = Visit(now_s + age_s if age_s else float("inf"), now_s)
        if self.is_closing:
            connection.expire()

    def hand_over(self, connection: Lane, successor: Lane) -> None:
        """The same visit goes on in another lane."""
        visit = self.visits.pop(connection, None)
        if visit is not None:
            visit.requests = -1  # the successor counts its own
            self.visits[successor] = visit

    def leave(self, connection: Lane) -> None:
        self.visits.pop(connection, None)

    def sweep(self, now_s: float) -> None:
        """Call every SWEEP_S."""
        for connection, visit in list(self.visits.items()):
            if now_s >= visit.expires_s:
                connection.expire()
            if connection.requests != visit.requests or not (connection.is_idle or connection.is_receiving):
                visit.requests, visit.seen_s = connection.requests, now_s
            elif now_s - visit.seen_s > (RECEIVING_S if connection.is_receiving else IDLE_S):
                _part_from(connection.transport)

    def close(self) -> None:
        """From now on every answer closes its connection."""
        self.is_closing = True
        for connection in list(self.visits):
            connection.expire()


def _part_from(transport: asyncio.Transport) -> None:
    """Close; what is closing since the last sweep has a sender that does not read, and would stay for ever."""
    if transport.is_closing():
        transport.abort()
    else:
        transport.close()
