"""What changed with each generation of the registry."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path
from pydantic import Field, GetJsonSchemaHandler, RootModel
from pydantic_core import CoreSchema

from logdist_operator import wire
from logdist_operator.api import models
from logdist_operator.api.models import Model
from logdist_operator.api.problems import UnknownGeneration, refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.commit import NAMING, Change

router = APIRouter(prefix="/generations", tags=["generations"])


def _fields_schema() -> dict[str, Any]:
    """Return the schema of the fields that a difference can show, none of which need be there."""
    _, found = msgspec.json.schema_components((wire.Entry,))
    shown = {name: _present(schema) for name, schema in found["Entry"]["properties"].items() if name not in NAMING}
    whole = {name: found[schema["$ref"].rpartition("/")[2]] for name, schema in shown.items() if "$ref" in schema}
    return {"type": "object", "properties": shown | whole}


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a field that is there: null stands for one that is left out."""
    return next((each for each in schema.get("anyOf", ()) if each != {"type": "null"}), schema)


ENTRY_FIELDS: Final = _fields_schema()


class Generation(Model):
    generation: int
    at: datetime = Field(description="When it was committed.")
    analysers: int = Field(description="How many the registry has had from then on.")
    added: int
    changed: int
    removed: int


class Generations(Model):
    generations: list[Generation] = Field(description="Newest first; the last 32 are kept.")


class EntryFields(RootModel[dict[str, Any]]):
    """Some fields of an analyser, as the distributors get them."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return models.shown_as(core_schema, handler, ENTRY_FIELDS)


class Difference(Model):
    """One analyser. Only fields that differ are there."""

    uid: str
    name: str
    namespace: str
    before: EntryFields = Field(description="Empty: it was not there.", examples=[{"weight": 1}])
    after: EntryFields = Field(description="Empty: it is gone.", examples=[{"weight": 3}])


class GenerationDetail(Generation):
    differences: list[Difference] = Field(description="The first 20 by uid; the counts are complete.")


@router.get("", summary="The last generations of the registry")
async def list_generations(reach: ReachDep) -> Generations:
    """Return them newest first. A number may be missing where the operator had to rise above a distributor's."""
    history = reach.spine.controller.record.history
    return Generations(generations=[Generation(**_told(change)) for change in reversed(history)])


@router.get("/{generation}", summary="One generation, with what differs", responses=refusals(404, 422))
async def get_generation(generation: Annotated[int, Path(ge=0, le=2**63 - 1)], reach: ReachDep) -> GenerationDetail:
    """Return what differs from the generation before."""
    history = {change.generation: change for change in reach.spine.controller.record.history}
    change = history.get(generation)
    if change is None:
        raise UnknownGeneration(asked=generation, known=list(history))
    differences = [Difference.model_validate(item, from_attributes=True) for item in change.differences]
    return GenerationDetail(**_told(change), differences=differences)


def _told(change: Change) -> dict[str, Any]:
    return {
        "generation": change.generation,
        "at": datetime.fromtimestamp(change.at_ms / 1000, UTC),
        "analysers": change.analysers,
        "added": change.added,
        "changed": change.changed,
        "removed": change.removed,
    }
