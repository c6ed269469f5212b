"""Dead letters of all distributors: looked at together, sent again or deleted one by one.

A key is unique within one distributor, so a dead letter is named by the instance that has it and its key there.
"""

import asyncio
import heapq
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from logdist_operator.api.distributors import (
    Letter,
    LetterWithPacket,
    delete_letter,
    instances_of,
    read_letter,
    read_letters,
    replay_letter,
    url_of,
)
from logdist_operator.api.models import Model
from logdist_operator.api.problems import refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.errors import LogdistError

Instance = Annotated[str, Path(alias="instanceId")]
Key = Annotated[int, Path(ge=0, le=2**63 - 1)]
router = APIRouter(prefix="/dead-letters", tags=["dead letters"])


class DeadLetter(Letter):
    instance_id: str = Field(description="Of the distributor that has it; changes with every start.")
    url: str = Field(description="Of that distributor.")


class DeadLetterWithPacket(LetterWithPacket, DeadLetter):
    pass


class Unasked(Model):
    """A distributor whose dead letters are not among these."""

    url: str
    instance_id: str
    reason: str


class DeadLetters(Model):
    total: int = Field(description="Over all distributors that answered.")
    truncated: bool = Field(description="There are more than are shown.")
    dead_letters: list[DeadLetter] = Field(description="Newest first.")
    unasked: list[Unasked] = Field(description="Distributors that did not answer, and why.")


class DeadLetterName(Model):
    instance_id: str
    key: int


@router.get("", summary="Dead letters of every distributor", responses=refusals(422))
async def list_dead_letters(reach: ReachDep, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> DeadLetters:
    """Return the newest first. Of each distributor, the first 10,000 by key are looked at."""
    instances = instances_of(reach.spine)
    asked = {instance: url for url, instance in instances.items() if instance}
    unasked = [
        Unasked(url=url, instance_id="", reason="not heard from yet") for url, its in instances.items() if not its
    ]
    reading = (read_letters(reach.spine.client, url) for url in asked.values())
    pages = await asyncio.gather(*reading, return_exceptions=True)
    found, total = [], 0
    for (instance, url), page in zip(asked.items(), pages, strict=True):
        if isinstance(page, LogdistError):
            unasked.append(Unasked(url=url, instance_id=instance, reason=str(page)))
        elif isinstance(page, BaseException):
            raise page
        else:
            total += page.total
            found += [DeadLetter(**letter.model_dump(), instance_id=instance, url=url) for letter in page.dead_letters]
    shown = heapq.nlargest(limit, found, key=lambda letter: letter.at)
    return DeadLetters(total=total, truncated=len(shown) < total, dead_letters=shown, unasked=unasked)


@router.get("/{instanceId}/{key}", summary="One dead letter with its packet", responses=refusals(404, 422, 502))
async def get_dead_letter(instance_id: Instance, key: Key, reach: ReachDep) -> DeadLetterWithPacket:
    """Return it with the packet, as text."""
    url = url_of(reach.spine, instance_id)
    letter = await read_letter(reach.spine.client, url, key)
    return DeadLetterWithPacket(**letter.model_dump(), instance_id=instance_id, url=url)


@router.post("/{instanceId}/{key}/replay", status_code=202, summary="Deal it again", responses=refusals(404, 422, 502))
async def replay_dead_letter(instance_id: Instance, key: Key, reach: ReachDep) -> DeadLetterName:
    """Have its distributor deal the packet again, as if it had just been accepted."""
    await replay_letter(reach.spine.client, url_of(reach.spine, instance_id), instance_id, key)
    return DeadLetterName(instance_id=instance_id, key=key)


@router.delete("/{instanceId}/{key}", summary="Give it up", responses=refusals(404, 422, 502))
async def delete_dead_letter(instance_id: Instance, key: Key, reach: ReachDep) -> DeadLetterName:
    """Have its distributor delete the packet for good. The ledger goes on counting it as dead."""
    await delete_letter(reach.spine.client, url_of(reach.spine, instance_id), instance_id, key)
    return DeadLetterName(instance_id=instance_id, key=key)
