"""What a source hands to the compiler. Shared by every source, so that all behind them is one code path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an object."""

    field: str  # dotted, as in `spec.healthCheck.path`; empty: the whole object
    message: str
    reason: str = "Invalid"  # CamelCase, for the condition Accepted


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the source that a person should mend or know of."""

    message: str
    file: str = ""  # name inside the folder; empty: the source as a whole
    line: int = 0  # from 1; 0: no line to point at
    field: str = ""
    uid: str = ""  # of the analyser concerned; empty: not known
    is_note: bool = False  # True: nothing to mend

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.uid, self.field, self.message) if part)


@dataclass(frozen=True, slots=True)
class AnalyserObject:
    """One Analyser as its source has it.

    `spec` is valid against the CRD's schema, defaults included, unless `faults` says what is wrong with it.
    """

    uid: str
    name: str
    namespace: str
    spec: Mapping[str, Any]
    faults: tuple[Fault, ...] = ()
    addresses: tuple[str, ...] | None = None  # what serviceRef resolves to; None: this source cannot resolve it
    unresolved: str = ""  # why serviceRef leads to no address, for people; empty: it does
    generation: int = 0  # metadata.generation; 0: the source counts none
    status: Mapping[str, Any] = field(default_factory=dict)  # as it stood when listed
    origin: str = ""  # file name; empty: the source has no files
    lines: Mapping[str, int] = field(default_factory=dict)  # dotted field -> line in `origin`

    def line_of(self, dotted: str) -> int:
        """Return the line of the field, else of the nearest thing around it that has one, else 0."""
        while dotted and dotted not in self.lines:
            dotted = dotted.rpartition(".")[0]
        return self.lines.get(dotted, 0)


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret as its source has it. `version` changes with the content, and tells nothing of it."""

    version: str
    data: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoSecret:
    """Why a Secret could not be read."""

    reason: str  # CamelCase, for the condition Accepted
    message: str


Secrets = Mapping[tuple[str, str], Secret | NoSecret]  # by namespace and name


@dataclass(frozen=True, slots=True)
class Listing:
    """All a source holds at one moment.

    `incomplete` names the origins in which something could not be identified: an object held from one of them may still
    be there, so that it is not found removes nothing. `distributors` holds the control URLs of all distributors, or is
    None where the source does not know them. `secrets` has those that valid objects name.
    """

    objects: tuple[AnalyserObject, ...]
    problems: tuple[Problem, ...] = ()
    incomplete: frozenset[str] = frozenset()
    distributors: tuple[str, ...] | None = None
    secrets: Secrets = field(default_factory=dict)
