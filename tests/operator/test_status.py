"""The reports of many distributors become one truthful account of each analyser."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from operator_harness import analyser

from logdist_operator.commit import Record
from logdist_operator.compile import Verdict, build_entry
from logdist_operator.conditions import Condition, conditions_of, with_transitions
from logdist_operator.merge import PodReport, Standing, Totals, merge, wanted_shares
from logdist_operator.model import AnalyserObject
from logdist_operator.observe import Seen
from logdist_operator.push import Pod, PushState
from logdist_operator.sources.yamlfile import parse
from logdist_operator.status import Board
from logdist_operator.wire import AnalyserReport, EndpointReport, Entry, RegistryHeld, Share, StatusReport

UID = "default/a"
VALID = Verdict(UID, "a", "default", is_accepted=True, reason="Valid", message="")
WELL = Totals(standings=(Standing("http://p1", "admitted", "", 0, 0, 0),))
ACKED = Pod("http://p1", PushState.ACKED, "", "i", 3, "d")


def an_entry(**spec: Any) -> Entry:
    return build_entry(parse("a.yaml", analyser("a", **spec).encode()).objects[0])


def a_report(got: float | None, delivered: int, **analyser: Any) -> StatusReport:
    mine = AnalyserReport(UID, analyser.pop("standing", "admitted"), Share(None, got), delivered, **analyser)
    return StatusReport("i", RegistryHeld(1, "d"), analysers=(mine,))


def judged(entry: Entry | None = None, verdict: Verdict = VALID, pods: Any = (ACKED,), totals: Totals = WELL) -> dict:
    return {c.type: c for c in conditions_of(verdict, entry, 3, pods, totals)}


pods = st.builds(
    PodReport,
    st.text("abc", min_size=1),
    st.builds(a_report, st.floats(0, 100), st.integers(0, 1000), in_flight=st.integers(0, 9)),
    st.booleans(),
    st.integers(0, 1000),
)


@given(st.lists(pods, max_size=5))
def test_sums_count_every_report_and_shares_only_fresh_ones(reports: list[PodReport]) -> None:
    totals = merge(reports).get(UID, Totals())
    assert totals.delivered == sum(pod.report.analysers[0].delivered for pod in reports if pod.report)
    assert totals.backlog == sum(pod.report.analysers[0].in_flight for pod in reports if pod.report)
    fresh = [pod for pod in reports if not pod.is_stale]
    assert len(totals.standings) == len(fresh)
    busy = [pod.report.analysers[0].share.got or 0 for pod in fresh if pod.report and pod.delivered_lately]
    if busy:
        assert totals.got is not None
        assert min(busy) - 0.01 <= totals.got <= max(busy) + 0.01
    else:
        assert totals.got is None


def test_a_distributor_weighs_by_its_traffic() -> None:
    busy = PodReport("http://p1", a_report(30.0, 0), False, 900)
    quiet = PodReport("http://p2", a_report(70.0, 0), False, 100)
    assert merge([busy, quiet])[UID].got == 34.0


def test_the_reason_of_an_ejected_analyser_is_its_endpoints_last_error() -> None:
    ends = (EndpointReport("http://e", "ejected", "3 failures", "500 from /v1/packets"),)
    totals = merge([PodReport("http://p1", a_report(0.0, 0, standing="ejected", endpoints=ends), False)])[UID]
    assert totals.standings[0].reason == "500 from /v1/packets"
    assert judged(an_entry(), totals=totals)["Healthy"].message.endswith("500 from /v1/packets")


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=6))
def test_wanted_shares_add_up_to_a_hundred_or_nothing(weights: list[tuple[int, bool]]) -> None:
    entries = [msgspec.structs.replace(an_entry(), uid=str(i), weight=w, suspend=s) for i, (w, s) in enumerate(weights)]
    shares = wanted_shares(entries)
    total = sum(shares.values())
    assert abs(total - 100) < 0.1 if any(w and not s for w, s in weights) else total == 0
    assert all(shares[str(i)] == 0 for i, (_, s) in enumerate(weights) if s)


def test_a_valid_registered_healthy_analyser_is_ready() -> None:
    assert {c.status for c in judged(an_entry()).values()} == {"True"}
    assert judged(an_entry())["Ready"].reason == "Serving"


def test_each_thing_that_keeps_it_from_traffic_is_the_reason_it_is_not_ready() -> None:
    pending = Pod("http://p2", PushState.UNREACHABLE, "no answer within 2 s")
    refused = Pod("http://p2", PushState.REFUSED, "no such protocol", "i", 2, "d")
    ejected = Totals(standings=(Standing("http://p1", "ejected", "refused", 0, 0, 0),))
    never = Verdict(UID, "a", "default", is_accepted=False, reason="Invalid", message="spec.weight: no")
    assert judged(an_entry(suspend="true"))["Ready"].reason == "Suspended"
    assert judged(an_entry(weight=0))["Ready"].reason == "ZeroWeight"
    assert judged(None, never)["Ready"].reason == "Invalid"
    waiting = judged(an_entry(), pods=(ACKED, pending))["Ready"]
    assert waiting.reason == "Waiting"
    assert "1 of 2" in waiting.message
    assert "http://p2: no answer" in waiting.message
    assert judged(an_entry(), pods=(ACKED, refused))["Ready"].reason == "Refused"
    assert judged(an_entry(), totals=ejected)["Ready"].reason == "Ejected"
    assert judged(an_entry(), totals=Totals())["Ready"].status == "Unknown"


def test_an_invalid_object_that_is_served_by_its_last_version_stays_ready() -> None:
    held = Verdict(UID, "a", "default", is_accepted=False, reason="Invalid", message="no", is_held=True)
    conditions = judged(an_entry(), held)
    assert (conditions["Accepted"].status, conditions["Ready"].status) == ("False", "True")


def test_the_transition_time_moves_with_the_status_only() -> None:
    first = with_transitions({}, [Condition("Ready", "True", "Serving")], "t1")
    same = with_transitions({c.type: c for c in first}, [Condition("Ready", "True", "Other")], "t2")
    moved = with_transitions({c.type: c for c in same}, [Condition("Ready", "False", "Ejected")], "t3")
    assert [c[0].last_transition_time for c in (first, same, moved)] == ["t1", "t1", "t3"]


def test_why_a_service_leads_nowhere_is_what_the_condition_says() -> None:
    entry = msgspec.structs.replace(an_entry(), endpoints=())
    why = "Service x: the Service has no port 80, only 8000"
    healthy = {c.type: c for c in conditions_of(VALID, entry, 3, (ACKED,), WELL, unresolved=why)}["Healthy"]
    assert (healthy.reason, healthy.message) == ("NoEndpoints", why)


class Parts:
    """What a board looks at, without anything behind it. The analyser is held and admitted unless told otherwise."""

    def __init__(self, *, listed: dict[str, Any] | None = None, weight: int = 1) -> None:
        found = parse("a.yaml", analyser("a", weight=weight).encode()).objects[0]
        self.item = AnalyserObject(UID, "a", "default", found.spec, generation=4, status=listed or {})
        self.controller = SimpleNamespace(
            record=Record(3, "d", entries=(an_entry(),), changed={UID: 3}),
            verdicts=(VALID,),
            objects={UID: self.item},
            wanted={UID: build_entry(self.item)},
            listed_at_s=1.0,
        )
        self.publisher = SimpleNamespace(pods=[ACKED])
        self.seen = Seen("http://p1", a_report(None, 0))
        self.board = Board(self.controller, self.publisher, SimpleNamespace(seen={"http://p1": self.seen}))

    def at(self, second: int) -> dict[str, Condition]:
        self.board.refresh(datetime(2030, 1, 1, 0, 0, second, tzinfo=UTC))
        return {condition.type: condition for condition in self.board.analysers[UID].conditions}


def listed(**statuses: str) -> dict[str, Any]:
    conditions = [
        {"type": kind, "status": status, "reason": "R", "message": "", "lastTransitionTime": "long ago"}
        for kind, status in statuses.items()
    ]
    return {"conditions": conditions}


def test_a_restarted_operator_goes_on_from_the_conditions_of_the_object() -> None:
    parts = Parts(listed=listed(Accepted="True", Registered="True", Healthy="False", Ready="False"))
    parts.publisher.pods, parts.seen.report = [Pod("http://p1")], None
    assert parts.at(1)["Registered"].status == "False"
    assert not parts.board.is_settled
    parts.publisher.pods, parts.seen.report = [ACKED], a_report(None, 0)
    times = {kind: condition.last_transition_time for kind, condition in parts.at(2).items()}
    assert parts.board.is_settled
    now = "2030-01-01T00:00:02Z"
    assert times == {"Accepted": "long ago", "Registered": "long ago", "Healthy": now, "Ready": now}
    assert {condition.last_transition_time for condition in parts.at(3).values()} == {"long ago", now}


def test_once_settled_the_board_trusts_itself_more_than_a_listing() -> None:
    parts = Parts(listed=listed(Healthy="False"))
    assert parts.at(1)["Healthy"].last_transition_time == "2030-01-01T00:00:01Z"
    assert parts.at(2)["Healthy"].last_transition_time == "2030-01-01T00:00:01Z"


def test_the_board_is_settled_when_every_distributor_was_heard_or_tried_in_vain() -> None:
    silent = Parts()
    silent.publisher.pods = [ACKED, Pod("http://p2")]
    silent.at(1)
    assert not silent.board.is_settled
    silent.publisher.pods[1].state = PushState.UNREACHABLE
    silent.seen.report = None
    silent.at(2)
    assert not silent.board.is_settled
    silent.seen.lose("no answer", datetime.now(UTC))
    silent.at(3)
    assert silent.board.is_settled


def test_an_entry_that_is_not_committed_yet_is_not_registered() -> None:
    parts = Parts(weight=2)
    assert (parts.at(1)["Registered"].status, parts.at(1)["Registered"].reason) == ("False", "Waiting")
    assert parts.board.analysers[UID].observed == 4
    entry = build_entry(parts.item)
    parts.controller.record = Record(4, "e", entries=(entry,), changed={UID: 3})
    assert parts.at(2)["Registered"].status == "True"


def test_who_listens_to_the_board_hears_of_every_refresh() -> None:
    parts, heard = Parts(), []
    parts.board.listen(lambda: heard.append(len(parts.board.analysers)))
    parts.at(1)
    parts.at(2)
    assert heard == [1, 1]
