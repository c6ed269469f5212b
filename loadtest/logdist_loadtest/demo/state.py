"""What the demo reads of the operator's `GET /api/v1/state`: the few fields it shows."""

import msgspec


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """camelCase in JSON; fields that are not shown are skipped."""


class Share(Part, frozen=True):
    wanted: float  # percent
    got: float | None  # percent of the last minute; None: no traffic


class Standing(Part, frozen=True):
    in_flight: int


class Analyser(Part, frozen=True):
    uid: str
    name: str
    weight: int | None
    suspend: bool
    endpoints: list[str]
    share: Share
    standing: str
    standings: list[Standing]
    delivered: int
    backlog: int  # dealt to it and not settled

    @property
    def in_flight(self) -> int:
        return sum(standing.in_flight for standing in self.standings)

    @property
    def wanted_weight(self) -> int:
        return 0 if self.suspend or self.weight is None else self.weight


class Ledger(Part, frozen=True):
    """In packets, since the distributor started."""

    accepted: int
    restored: int
    delivered: int
    queued: int
    in_flight: int
    dead: int
    repeats: int
    requeued: int

    @property
    def is_balanced(self) -> bool:
        """Every packet is accounted for."""
        return self.accepted + self.restored == self.delivered + self.queued + self.in_flight + self.dead


class Pod(Part, frozen=True):
    url: str
    instance_id: str
    state: str
    reason: str
    generation: int
    stale_since: str | None
    ledger: Ledger | None


class Problem(Part, frozen=True):
    file: str
    line: int
    field: str
    message: str
    is_note: bool


class Source(Part, frozen=True):
    problems: list[Problem]


class State(Part, frozen=True):
    generation: int
    source: Source
    analysers: list[Analyser]
    pods: list[Pod]
