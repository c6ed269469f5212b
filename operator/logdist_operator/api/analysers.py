"""Analysers over HTTP. A write changes the object at its source, never a distributor; the registry follows."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, GetJsonSchemaHandler, RootModel, StrictBool, model_validator
from pydantic_core import CoreSchema

from logdist_operator import crd
from logdist_operator.api import models
from logdist_operator.api.problems import InvalidAnalyser, refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.api.state import analyser_of
from logdist_operator.compile import cel_faults
from logdist_operator.errors import ObjectMissing
from logdist_operator.model import AnalyserObject
from logdist_operator.spine import Spine
from logdist_operator.status import AnalyserStatus

LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
WEIGHT: Final = crd.spec_schema()["properties"]["weight"]

NamespaceText = Annotated[str, Field(pattern=f"^{LABEL}$", max_length=63, examples=["default"])]
NameText = Annotated[str, Field(pattern=rf"^{LABEL}(\.{LABEL})*$", max_length=253, examples=["errors"])]

router = APIRouter(prefix="/analysers", tags=["analysers"])


class AnalyserSpec(RootModel[dict[str, Any]]):
    """Shown by the CRD's schema, held to all of its rules by `checked`."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return models.shown_as(core_schema, handler, crd.spec_schema())


class AnalyserError(models.Model):
    """The same in a row, at one endpoint by one distributor, is one."""

    kind: Literal["delivery", "check", "refusal"] = Field(
        description="A request that failed, a health check that failed, packets refused for good."
    )
    distributor: str = Field(description="The URL of the one that says so.")
    endpoint: str = Field(description="Empty: of a refusal it is not known.")
    message: str = Field(examples=["500 from /v1/packets"])
    count: int
    first: datetime
    last: datetime


class AnalyserDetail(models.Analyser):
    spec: AnalyserSpec | None = Field(
        description="As the source has it, with defaults; null: not found there now. With faults it may be anything."
    )
    errors: list[AnalyserError] = Field(description="The last 50, the newest first, since the operator started.")
    faults: list[models.Fault] = Field(description="What is wrong with it: then an earlier version stays in force.")


class Analysers(models.Model):
    analysers: list[AnalyserDetail]


class NewAnalyser(models.Model):
    model_config = ConfigDict(extra="forbid")

    namespace: NamespaceText | None = Field(default=None, description="Where it is left out: the source's own.")
    name: NameText
    spec: AnalyserSpec = Field(examples=[{"endpoint": "http://127.0.0.1:8001", "weight": 3}])


class AnalyserPatch(models.Model):
    """At least one of the two."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    weight: int = Field(default_factory=int, strict=True, ge=WEIGHT["minimum"], le=WEIGHT["maximum"], examples=[3])
    suspend: StrictBool = Field(default_factory=bool, description="True drains it and keeps the weight.")

    @model_validator(mode="after")
    def _says_something(self) -> "AnalyserPatch":
        if not self.model_fields_set:
            raise ValueError("give weight, suspend or both")
        return self


class Name(models.Model):
    namespace: str
    name: str


class Written(Name):
    """The object as asked for. The registry follows within a second: see /api/v1/events."""

    spec: AnalyserSpec = Field(description="With defaults.")


@router.get("", summary="Every analyser with its spec")
async def list_analysers(reach: ReachDep) -> Analysers:
    """Return what /state has of each, and the object itself."""
    return Analysers(analysers=[_detail(reach.spine, status) for status in _statuses(reach.spine).values()])


@router.get("/{namespace}/{name}", summary="One analyser with its spec", responses=refusals(404, 422))
async def get_analyser(namespace: NamespaceText, name: NameText, reach: ReachDep) -> AnalyserDetail:
    """Return what /state has of it, and the object itself."""
    return _detail(reach.spine, status_of(reach.spine, namespace, name))


@router.post("", status_code=201, summary="Create an analyser", responses=refusals(400, 409, 413, 415, 422, 503))
async def create_analyser(new: NewAnalyser, reach: ReachDep, response: Response) -> Written:
    """Make the object. The registry follows within a second: see /api/v1/events."""
    given = {key: value for key, value in new.spec.root.items() if value is not None}
    spec = checked(given)
    namespace = new.namespace or reach.spine.source.namespace
    await reach.spine.source.create(namespace, new.name, given)
    reach.spine.controller.mark_dirty()
    response.headers["Location"] = f"/api/v1/analysers/{namespace}/{new.name}"
    return Written(namespace=namespace, name=new.name, spec=AnalyserSpec(spec))


@router.patch(
    "/{namespace}/{name}", summary="Change weight or suspend", responses=refusals(400, 404, 409, 413, 415, 422, 503)
)
async def change_analyser(namespace: NamespaceText, name: NameText, patch: AnalyserPatch, reach: ReachDep) -> Written:
    """Set these fields and leave all others. The registry follows within a second: see /api/v1/events."""
    fields = patch.model_dump(exclude_unset=True)
    await reach.spine.source.change(namespace, name, fields)
    reach.spine.controller.mark_dirty()
    listed = reach.spine.controller.objects.values()
    spec = next((item.spec for item in listed if (item.namespace, item.name) == (namespace, name)), {})
    return Written(namespace=namespace, name=name, spec=AnalyserSpec({**spec, **fields}))


@router.delete("/{namespace}/{name}", summary="Delete an analyser", responses=refusals(404, 422, 503))
async def delete_analyser(namespace: NamespaceText, name: NameText, reach: ReachDep) -> Name:
    """Remove the object. What it had not settled goes to the others, within a second."""
    await reach.spine.source.delete(namespace, name)
    reach.spine.controller.mark_dirty()
    return Name(namespace=namespace, name=name)


def checked(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the spec with its defaults. Raises InvalidAnalyser by the rules that every source has."""
    filled = crd.with_defaults(spec)
    # addresses=(): whether a serviceRef can be resolved is for the source to say.
    faults = crd.faults_of(filled) or tuple(cel_faults(AnalyserObject("", "", "", filled, addresses=())))
    if faults:
        raise InvalidAnalyser(faults)
    return filled


def status_of(spine: Spine, namespace: str, name: str) -> AnalyserStatus:
    """Return what is known of an analyser now. Raises ObjectMissing."""
    for status in _statuses(spine).values():
        if (status.verdict.namespace, status.verdict.name) == (namespace, name):
            return status
    raise ObjectMissing(f"there is no analyser {namespace}/{name}")


def _statuses(spine: Spine) -> dict[str, AnalyserStatus]:
    spine.board.refresh(datetime.now(UTC))
    return dict(spine.board.analysers)


def _detail(spine: Spine, status: AnalyserStatus) -> AnalyserDetail:
    item = spine.controller.objects.get(status.verdict.uid)
    faults = [models.Fault(field=fault.field, message=fault.message) for fault in item.faults] if item else []
    errors = spine.sampler.journal.of(status.verdict.uid)
    return AnalyserDetail(
        **analyser_of(status, spine.sampler.rates).model_dump(),
        spec=AnalyserSpec(dict(item.spec)) if item else None,
        errors=[AnalyserError.model_validate(error, from_attributes=True) for error in errors],
        faults=faults,
    )
