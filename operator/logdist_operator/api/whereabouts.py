"""Where a packet went, by its id: every distributor is asked whether it knows."""

import asyncio
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import Field, ValidationError

from logdist_operator.api.dead_letters import Unasked
from logdist_operator.api.distributors import instances_of
from logdist_operator.api.models import Model
from logdist_operator.api.problems import refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.http import Client, NoAnswer

PATH: Final = "/control/v1/packets"
TIMEOUT_S: Final = 5.0

router = APIRouter(tags=["packets"])


class Place(Model):
    place: str = Field(
        description="waiting: at no analyser yet; dead: refused for good; spooled: went to disk, and is not followed "
        "from there.",
        json_schema_extra={"enum": ["waiting", "delivered", "dead", "spooled"]},
    )
    analyser: str = Field(description="uid of the one that has it or refused it; empty: none.")
    endpoint: str


class PlaceAt(Place):
    url: str = Field(description="Of the distributor that says so.")


class Whereabouts(Model):
    id: str
    found: list[PlaceAt] = Field(description="Empty: no distributor knows it among its last 65,536 packets or more.")
    unasked: list[Unasked] = Field(description="Distributors that did not answer, and why.")


@router.get("/packets", summary="Where a packet went", responses=refusals(422))
async def find_packet(id: Annotated[str, Query(min_length=1, max_length=128)], reach: ReachDep) -> Whereabouts:  # noqa: A002
    """Ask every distributor for a recent packet. One that was sent twice may be known to two of them."""
    instances = instances_of(reach.spine)
    told = await asyncio.gather(*(_ask(reach.spine.client, url, id) for url in instances))
    answers = list(zip(instances.items(), told, strict=True))
    return Whereabouts(
        id=id,
        found=[PlaceAt(url=url, **said.model_dump()) for (url, _), said in answers if isinstance(said, Place)],
        unasked=[
            Unasked(url=url, instance_id=instance, reason=said)
            for (url, instance), said in answers
            if isinstance(said, str)
        ],
    )


async def _ask(client: Client, url: str, packet_id: str) -> Place | str | None:
    """Return where it is, None where it is not known, or why there is no telling."""
    try:
        answer = await client.ask("GET", f"{url}{PATH}?id={quote(packet_id, safe='')}", timeout_s=TIMEOUT_S)
        if answer.status == 404:
            return None
        return Place.model_validate_json(answer.content) if answer.status == 200 else f"{answer.status}: {answer.text}"
    except NoAnswer as error:
        return str(error)
    except ValidationError:
        return "its answer is not understood"
