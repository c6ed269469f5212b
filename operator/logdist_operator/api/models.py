"""What the API answers, as the OpenAPI document shows it. camelCase outside, as in Kubernetes."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from logdist_operator import crd
from logdist_operator.push import PushState

ConditionStatus = Literal["True", "False", "Unknown"]
STANDINGS: Final = ("admitted", "probing", "ejected")
# Words of a distributor or of a record: the document names those there are, and a newer part may say others.
PROTOCOLS: Final = crd.spec_schema()["properties"]["protocol"]["enum"]
StandingText = Annotated[str, Field(json_schema_extra={"enum": list(STANDINGS)})]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


def shown_as(core_schema: CoreSchema, handler: GetJsonSchemaHandler, schema: dict[str, Any]) -> dict[str, Any]:
    """Show a model of free content in the document by a schema that stands elsewhere, under the model's name."""
    named = handler(core_schema)
    shown = handler.resolve_ref_schema(named)
    title = shown["title"]
    shown.clear()
    shown.update(schema, title=title)
    return named


class Share(Model):
    wanted: float = Field(description="Percent that the weights ask for.", examples=[16.67])
    got: float | None = Field(description="Percent it got over the last minute; null: no traffic.", examples=[16.64])


class Standing(Model):
    url: str = Field(description="The distributor that says so.")
    standing: StandingText
    reason: str
    in_flight: int = Field(description="Packets sent and not answered.")
    waiting: int = Field(description="Packets dealt to it and not sent.")
    delivered: int = Field(description="Packets it has accepted from this distributor.")


class Delivery(Model):
    """Requests to it over the last minute, failed ones too, and how long they took."""

    requests: int
    p50_seconds: float | None = Field(description="Averaged over distributors by requests; null: there was none.")
    p99_seconds: float | None = Field(description="Of the distributor where it is highest.")


class EntryRegistry(Model):
    generation: int = Field(description="Registry generation in which this entry last changed; 0: never registered.")
    acked: int = Field(description="Distributors that hold that generation or a later one.")
    desired: int = Field(description="Distributors there are.")


class Condition(Model):
    type: Literal["Accepted", "Registered", "Healthy", "Ready"]
    status: ConditionStatus
    reason: str = Field(description="One CamelCase word, for programs.")
    message: str = Field(description="For people: what is the matter, and what to do.")
    last_transition_time: datetime


class Analyser(Model):
    uid: str = Field(examples=["default/errors"])
    name: str
    namespace: str
    weight: int | None = Field(description="Null: no valid version of it was ever seen.")
    suspend: bool
    protocol: str = Field(
        description="Empty: no valid version of it was ever seen.", json_schema_extra={"enum": [*PROTOCOLS, ""]}
    )
    endpoints: list[str]
    share: Share
    standing: str = Field(
        description="mixed: distributors differ; unknown: none has reported on it.",
        json_schema_extra={"enum": [*STANDINGS, "mixed", "unknown"]},
    )
    standings: list[Standing]
    delivered: int = Field(description="Packets, over all distributors, since each of them started.")
    delivered_per_second: float | None = Field(description="Null: not known.")
    requeued: int = Field(description="Packets taken back from it and dealt to others.")
    dead: int = Field(description="Packets it refused for good.")
    backlog: int = Field(description="Packets dealt to it and not settled.")
    delivery: Delivery
    registry: EntryRegistry
    conditions: list[Condition]


class Rates(Model):
    """A second's, over the distributors that answer."""

    accepted: float = Field(description="Packets.")
    messages: float = Field(description="In the packets accepted.")
    delivered: float = Field(description="Packets.")
    repeats: float = Field(description="Packets.")


class Ledger(Model):
    """accepted + restored = delivered + queued + inFlight + dead, in packets, since the process started."""

    accepted: int
    messages: int = Field(description="In the packets accepted.")
    restored: int
    delivered: int
    queued: int
    in_flight: int
    dead: int
    repeats: int
    requeued: int


class Queue(Model):
    packets: int
    bytes: int
    oldest_age_seconds: float
    memory_bytes: int
    spool_packets: int
    spool_bytes: int
    spool_limit_bytes: int = Field(description="0: an older distributor, which does not say.")
    dead_letters: int = Field(description="On disk.")


class Pod(Model):
    """One distributor."""

    url: str
    instance_id: str = Field(description="Changes with every start of the process; empty: never heard from.")
    version: str
    ready: bool
    state: PushState = Field(description="Of the last push.")
    reason: str = Field(description="Why it is not acked, or why its report is out of date.")
    generation: int = Field(description="Registry generation it holds, by its last answer to a push.")
    acked: bool = Field(description="It holds the present generation.")
    stale_since: datetime | None = Field(description="Its report is out of date since then; null: it is up to date.")
    ledger: Ledger | None = Field(description="Null: never heard from.")
    queue: Queue | None


class Problem(Model):
    """Something in the source of analysers that a person should mend, or (a note) know of."""

    file: str
    line: int = Field(description="From 1; 0: no line to point at.")
    field: str = Field(examples=["spec.weight"])
    uid: str
    message: str
    is_note: bool = Field(description="True: there is nothing to mend.")


class Source(Model):
    location: str
    list_age_seconds: float | None = Field(description="Since the last listing that succeeded; null: none yet.")
    problems: list[Problem]


class Trouble(Model):
    """Something that is wrong with the system now."""

    severity: Literal["error", "warning"]
    kind: Literal["source", "distributor", "analyser", "system"] = Field(description="What the subject is.")
    subject: str = Field(description="namespace/name, the distributor's URL, the file; empty: the whole.")
    text: str
    advice: str = Field(description="What to do.")


class State(Model):
    """Everything there is to know, at one moment."""

    generation: int = Field(description="Of the registry last committed; 0: none yet.")
    digest: str = Field(description="SHA-256 of its analysers in canonical JSON.")
    allow_shrink: bool = Field(description="Distributors may drop more than half of their analysers with it.")
    source: Source
    rates: Rates | None = Field(description="Null: not known, for no distributor has reported twice.")
    analysers: list[Analyser]
    pods: list[Pod]
    problems: list[Trouble] = Field(description="The gravest first; empty: all is well.")


class Health(Model):
    status: Literal["ok", "failing"]
    reason: str = ""


class Fault(Model):
    field: str = Field(description="Dotted; empty: the whole object.", examples=["spec.weight"])
    message: str


class Refusal(Model):
    """What every answer that is not 2xx says, of the probes apart."""

    error: str = Field(description="For people: what is wrong, and where.")
    reason: str = Field(description="One stable CamelCase word, for programs.", examples=["ObjectMissing"])
    field: str | None = Field(default=None, description="The field it is about, if that is known.")
    faults: list[Fault] | None = Field(default=None, description="All faults of the object (InvalidAnalyser).")
