"""Failures on request: has a sample analyser fail, be slow, refuse, or stop all that.

The analyser is asked at the endpoints that its own object leads to, and nowhere else.
"""

import asyncio
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter
from pydantic import ConfigDict, Field, ValidationError

from logdist_operator.api.analysers import NamespaceText, NameText, status_of
from logdist_operator.api.models import Model
from logdist_operator.api.problems import AnalyserUnreachable, NoDrills, NoEndpoints, refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.http import Client, NoAnswer

PATH: Final = "/internal/simulate"
TIMEOUT_S: Final = 5.0
SLOW_MS_MAX: Final = 600_000

router = APIRouter(prefix="/analysers", tags=["analysers"])


class Order(Model):
    """What the analyser is told, at the path of its name; its fields are the query."""

    model_config = ConfigDict(extra="forbid")
    drill: str

    @property
    def path(self) -> str:
        query = urlencode(self.model_dump(exclude={"drill"}))
        return f"{PATH}/{self.drill}" + (f"?{query}" if query else "")


class Fail(Order):
    """Answer 503 to health checks and packets."""

    drill: Literal["fail"]


class Slow(Order):
    drill: Literal["slow"]
    ms: int = Field(ge=0, le=SLOW_MS_MAX, strict=True, description="Wait before each request of packets; 0 ends it.")


class Refuse(Order):
    drill: Literal["refuse"]
    rate: float = Field(ge=0, le=1, description="Share of the requests of packets answered 503; 0 ends it.")


class Begin(Order):
    """End every drill."""

    drill: Literal["begin"]


Drill = Annotated[Fail | Slow | Refuse | Begin, Field(discriminator="drill")]


class DrillState(Model):
    """The drills in force at one endpoint."""

    failing: bool
    slow_ms: int
    refuse_rate: float


class EndpointDrills(DrillState):
    url: str


class Drilled(Model):
    endpoints: list[EndpointDrills]


@router.post(
    "/{namespace}/{name}/drill",
    summary="Have a sample analyser fail",
    responses=refusals(400, 404, 409, 413, 415, 422, 502),
)
async def drill_analyser(namespace: NamespaceText, name: NameText, drill: Drill, reach: ReachDep) -> Drilled:
    """Start or end a drill at every endpoint of the analyser. 409 where it has no drills: it is no sample analyser."""
    entry = status_of(reach.spine, namespace, name).entry
    if entry is None or not entry.endpoints:
        raise NoEndpoints(f"{namespace}/{name} has no endpoint to ask")
    asking = (_ask(reach.spine.client, url, drill.path) for url in entry.endpoints)
    return Drilled(endpoints=await asyncio.gather(*asking))


async def _ask(client: Client, url: str, path: str) -> EndpointDrills:
    try:
        # The token is for distributors.
        answer = await client.ask("POST", url + path, timeout_s=TIMEOUT_S, has_token=False)
        said = DrillState.model_validate_json(answer.content) if answer.status == 200 else None
    except NoAnswer as error:
        raise AnalyserUnreachable(f"no answer from {url}: {error}") from error
    except ValidationError:
        said = None
    if said is None:
        raise NoDrills(f"{url} has no drills ({answer.status} from {path}): it is no sample analyser")
    return EndpointDrills(url=url, **said.model_dump())
