"""Objects, statuses and documents for the tests of the write-back."""

from typing import Any

from hypothesis import strategies as st
from operator_harness import analyser

from logdist_operator.compile import Verdict, build_entry
from logdist_operator.conditions import TYPES, Condition
from logdist_operator.merge import Totals
from logdist_operator.model import AnalyserObject
from logdist_operator.sources.yamlfile import parse
from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback.document import build_document

ENTRY = build_entry(parse("a.yaml", analyser("a").encode()).objects[0])
WELL = {"Accepted": "Valid", "Registered": "Acknowledged", "Healthy": "Admitted", "Ready": "Serving"}


def an_item(name: str = "a", status: dict[str, Any] | None = None, **fields: Any) -> AnalyserObject:
    return AnalyserObject(f"uid-{name}", name, "logs", {}, generation=1, status=status or {}, **fields)


def a_status(
    delivered: int = 0, got: float | None = None, wanted: float = 50.0, changed: int = 7, **bad: str
) -> AnalyserStatus:
    """Return the status of an analyser that is well, but for the conditions named with a reason."""
    conditions = tuple(
        Condition(kind, "False" if kind in bad else "True", bad.get(kind, WELL[kind]), f"{kind} because", "t1")
        for kind in TYPES
    )
    verdict = Verdict("uid-a", "a", "logs", is_accepted=True, reason="Valid", message="")
    return AnalyserStatus(verdict, ENTRY, wanted, changed, 3, 3, Totals(got, (), delivered), conditions, observed=1)


def a_document(**fields: Any) -> dict[str, Any]:
    return build_document(a_status(**fields))


statuses = st.builds(
    lambda numbers, bad: a_status(*numbers, **bad),
    st.tuples(st.integers(0, 2), st.sampled_from([None, 1.0, 2.0]), st.sampled_from([0.0, 50.0]), st.integers(6, 8)),
    st.fixed_dictionaries(
        {},
        optional={
            "Accepted": st.just("Invalid"),
            "Registered": st.sampled_from(["Waiting", "Refused"]),
            "Healthy": st.sampled_from(["Ejected", "Probing", "NoEndpoints"]),
            "Ready": st.sampled_from(["Suspended", "ZeroWeight", "Waiting"]),
        },
    ),
)
