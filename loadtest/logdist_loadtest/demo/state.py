"""What the demo reads of the operator's `GET /api/v1/state`: the few fields it shows."""

from dataclasses import dataclass

import httpx
import msgspec

TIMEOUT_S = 5.0


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


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks the programs over HTTP. What cannot be had is None, never an exception: the demo looks again."""

    client: httpx.AsyncClient
    api: str

    async def state(self) -> State | None:
        response = await self._get(f"{self.api}/api/v1/state")
        return msgspec.json.decode(response.content, type=State) if response is not None else None

    async def is_up(self, url: str) -> bool:
        """Whether this probe answers 200."""
        return await self._get(url) is not None

    async def packets_of(self, endpoint: str) -> int | None:
        """How many packets an analyser says it has, each id once."""
        response = await self._get(f"{endpoint}/custom_metrics")
        return int(response.json()["packets"]) if response is not None else None

    async def _get(self, url: str) -> httpx.Response | None:
        try:
            response = await self.client.get(url, timeout=TIMEOUT_S)
        except httpx.HTTPError:
            return None
        return response if response.status_code == httpx.codes.OK else None
