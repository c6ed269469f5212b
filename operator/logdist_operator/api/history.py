"""The last 15 minutes over HTTP, in columns: one value for each step, null where nothing is known."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field

from logdist_operator.api.analysers import NamespaceText, NameText, status_of
from logdist_operator.api.models import Model
from logdist_operator.api.problems import refusals
from logdist_operator.api.reach import ReachDep
from logdist_operator.history import SECONDS_MAX, STANDINGS, Window
from logdist_operator.sample import Sampler
from logdist_operator.status import AnalyserStatus

Numbers = list[float | None]
Seconds = Annotated[int, Query(ge=1, le=SECONDS_MAX, description="How far back.")]
Step = Annotated[int, Query(ge=1, le=SECONDS_MAX, description="Seconds that become one value.")]

SECONDS: Final = 60  # unless asked for more

router = APIRouter(tags=["history"])


class Steps(Model):
    start: datetime = Field(description="When the first step begins; steps are whole multiples of their length.")
    step_seconds: int
    standings: list[str] = Field(
        default=list(STANDINGS), description="What a number in a column `standing` stands for, from good to bad."
    )


class FleetColumns(Model):
    """Of the distributors that answered. Rates are a second's; of a longer step they are the mean."""

    accepted: Numbers = Field(description="Packets a second.")
    messages: Numbers = Field(description="In the packets accepted, a second.")
    delivered: Numbers = Field(description="Packets a second.")
    repeats: Numbers = Field(description="Packets a second.")
    backlog: Numbers = Field(description="Packets accepted and not settled.")
    oldest_age: Numbers = Field(description="Seconds; of a longer step the highest.")
    distributors: Numbers = Field(description="How many answered.")


class SharedColumns(Model):
    delivered: Numbers = Field(description="Packets a second.")
    got: Numbers = Field(description="Percent of what was delivered in the minute before.")
    in_flight: Numbers = Field(description="Packets sent and not answered.")
    backlog: Numbers = Field(description="Packets dealt to it and not settled.")


class AnalyserColumns(SharedColumns):
    uid: str
    name: str
    namespace: str
    standing: list[int | None] = Field(description="Place in `standings`; of a longer step the worst.")


class OtherColumns(SharedColumns):
    """Sums over the analysers that are not shown one by one."""

    count: int


class FleetHistory(Steps):
    fleet: FleetColumns
    analysers: list[AnalyserColumns] = Field(description="Those that got most, the first first.")
    others: OtherColumns


class AnalyserHistory(Steps):
    analyser: AnalyserColumns


@router.get("/history", summary="The last 15 minutes, everything", responses=refusals(422))
async def get_history(
    reach: ReachDep,
    seconds: Seconds = SECONDS,
    step: Step = 1,
    top: Annotated[int, Query(ge=0, le=50, description="Analysers shown one by one.")] = 10,
) -> FleetHistory:
    """Return the columns of all distributors together, and of the analysers that got most."""
    sampler, statuses = reach.spine.sampler, reach.spine.board.analysers
    history = sampler.history
    window = history.window(seconds, step)
    shown = {uid: history.analyser(uid, window) for uid in history.top(window, top) if uid in statuses}
    others = history.others(window, shown.values())
    return FleetHistory(
        **_steps(sampler, window),
        fleet=FleetColumns(**history.fleet(window)),
        analysers=[_columns(statuses[uid], columns) for uid, columns in shown.items()],
        others=OtherColumns(count=len(statuses) - len(shown), **others),
    )


@router.get(
    "/analysers/{namespace}/{name}/history", summary="The last 15 minutes, one analyser", responses=refusals(404, 422)
)
async def get_analyser_history(
    namespace: NamespaceText, name: NameText, reach: ReachDep, seconds: Seconds = SECONDS, step: Step = 1
) -> AnalyserHistory:
    """Return its columns."""
    status, sampler = status_of(reach.spine, namespace, name), reach.spine.sampler
    window = sampler.history.window(seconds, step)
    columns = sampler.history.analyser(status.verdict.uid, window)
    return AnalyserHistory(**_steps(sampler, window), analyser=_columns(status, columns))


def _steps(sampler: Sampler, window: Window) -> dict[str, Any]:
    return {"start": datetime.fromtimestamp(sampler.epoch_s + window.first, UTC), "step_seconds": window.step}


def _columns(status: AnalyserStatus, columns: Mapping[str, Any]) -> AnalyserColumns:
    verdict = status.verdict
    return AnalyserColumns(uid=verdict.uid, name=verdict.name, namespace=verdict.namespace, **columns)
