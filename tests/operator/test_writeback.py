"""The cluster is told what there is to tell: once, at a bounded pace, and whatever fails in between."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operator_harness import analyser, until

from logdist_operator.compile import Verdict, build_entry
from logdist_operator.conditions import TYPES, Condition
from logdist_operator.kube import KubeError
from logdist_operator.merge import Totals
from logdist_operator.model import AnalyserObject
from logdist_operator.sources.yamlfile import parse
from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback import events, pace, writer
from logdist_operator.writeback.document import build_document, change_between, ours
from logdist_operator.writeback.events import Allowance, Posted, build_event
from logdist_operator.writeback.pace import Change, Pace
from logdist_operator.writeback.story import Told, Turn, tell, told_by
from logdist_operator.writeback.writer import Writeback

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

# Pace


class Simulated:
    """Objects whose content changes, written as the pace has it, by a clock of its own."""

    def __init__(self) -> None:
        self.pace, self.now_s = Pace(), 0.0
        self.content: dict[str, dict[Change, int]] = {}
        self.kept: dict[str, dict[Change, int]] = {}
        self.writes: list[tuple[float, str, Change]] = []

    def differs(self, uid: str) -> Change:
        mine, kept = self.content[uid], self.kept.get(uid, {})
        return max((change for change in mine if mine[change] != kept.get(change, 0)), default=Change.NONE)

    def change(self, uid: str, change: Change, value: int) -> None:
        self.content.setdefault(uid, {})[change] = value
        self.pace.offer(uid, self.differs(uid), self.now_s)

    def write_all(self) -> None:
        while uid := self.pace.pick(self.now_s):
            self.writes.append((self.now_s, uid, self.differs(uid)))
            self.kept[uid] = dict(self.content[uid])
            self.pace.settle(uid)
            self.pace.offer(uid, self.differs(uid), self.now_s)

    def let(self, seconds: float) -> None:
        """Let time pass, writing whenever the pace says that something can be written."""
        until_s = self.now_s + seconds
        while (wait_s := self.pace.wait_s(self.now_s)) is not None and self.now_s + wait_s <= until_s:
            self.now_s += wait_s + 1e-9
            self.write_all()
        self.now_s = max(self.now_s, until_s)


changes = st.sampled_from([Change.MOVING, Change.SHIFT, Change.TURN])
uids = st.integers(0, 150).map(str)
histories = st.lists(
    st.tuples(st.floats(0, 2), st.lists(st.tuples(uids, changes, st.integers(0, 3)), max_size=150)), max_size=12
)


def lived(history: list[tuple[float, list[tuple[str, Change, int]]]]) -> Simulated:
    simulated = Simulated()
    for seconds, happened in history:
        for one in happened:
            simulated.change(*one)
        simulated.write_all()
        simulated.let(seconds)
    return simulated


@given(histories)
def test_what_an_object_has_last_is_written_in_the_end_and_then_no_more(history: Any) -> None:
    simulated = lived(history)
    simulated.let(1000)
    assert all(simulated.differs(uid) is Change.NONE for uid in simulated.content)
    assert simulated.pace.wait_s(simulated.now_s) is None
    assert simulated.pace.pick(simulated.now_s) is None


@given(histories)
def test_nothing_is_written_that_does_not_differ(history: Any) -> None:
    assert all(change is not Change.NONE for _, _, change in lived(history).writes)


@given(histories)
def test_moving_numbers_of_one_object_are_written_at_most_once_a_second(history: Any) -> None:
    last_s: dict[str, float] = {}
    for now_s, uid, change in lived(history).writes:
        if change is Change.MOVING and uid in last_s:
            assert now_s - last_s[uid] >= pace.INTERVAL_S - 1e-6
        last_s[uid] = now_s


@given(histories)
def test_no_traffic_and_no_turmoil_exceeds_the_budget(history: Any) -> None:
    writes = lived(history).writes
    for kept, burst in ((0, pace.BURST), (pace.RESERVE, pace.BURST - pace.RESERVE)):
        times = [now_s for now_s, _, change in writes if not kept or change is Change.MOVING]
        for first, last in itertools.combinations(range(len(times)), 2):
            assert last - first + 1 <= burst + (times[last] - times[first]) * pace.RATE_PER_S + 1e-3


def test_a_turn_goes_out_at_once_under_any_traffic() -> None:
    simulated = Simulated()
    for round_ in range(1, 20):
        for number in range(1000):
            simulated.change(str(number), Change.MOVING, round_)
        simulated.let(1)
    for number in range(80):
        simulated.change(str(number), Change.TURN, 1)
    before = len(simulated.writes)
    simulated.write_all()
    assert [change for _, _, change in simulated.writes[before:]] == [Change.TURN] * 80


def test_a_turn_waits_for_no_shift() -> None:
    simulated = Simulated()
    for number in range(1000):
        simulated.change(str(number), Change.SHIFT, 1)
    simulated.write_all()
    simulated.change("late", Change.TURN, 1)
    simulated.let(1 / pace.RATE_PER_S + 1e-6)
    assert simulated.writes[-1][1] == "late"


def test_with_many_objects_the_numbers_of_each_are_refreshed_in_turn() -> None:
    simulated = Simulated()
    for round_ in range(1, 41):
        for number in range(100):
            simulated.change(str(number), Change.MOVING, round_)
        simulated.let(1)
    counts = [sum(uid == str(number) for _, uid, _ in simulated.writes) for number in range(100)]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) <= 20 + 40 * pace.RATE_PER_S
    assert min(counts) >= 7


# Documents


@given(statuses, statuses)
def test_two_documents_differ_exactly_when_there_is_something_to_write(
    one: AnalyserStatus, other: AnalyserStatus
) -> None:
    before, after = build_document(one), build_document(other)
    assert (change_between(before, after) is Change.NONE) == (before == after)


@given(statuses)
def test_what_others_add_to_a_status_is_none_of_ours(status: AnalyserStatus) -> None:
    document = build_document(status)
    foreign = {"type": "Audited", "status": "True", "reason": "Once", "message": "", "lastTransitionTime": "t"}
    listed = {**document, "seal": "red", "conditions": [foreign, *reversed(document["conditions"])]}
    assert ours(listed) == document


def test_only_conditions_turn_and_only_traffic_moves() -> None:
    before = a_document()
    assert change_between(before, a_document(delivered=9, got=1.0)) is Change.MOVING
    assert change_between(before, a_document(wanted=10.0)) is Change.SHIFT
    assert change_between(before, a_document(Healthy="Ejected")) is Change.TURN
    assert change_between({}, before) is Change.TURN


def test_shares_are_text_with_two_digits_and_got_is_absent_without_traffic() -> None:
    assert a_document(wanted=100 / 6, got=16.6)["share"] == {"wanted": "16.67", "got": "16.60"}
    assert a_document()["share"] == {"wanted": "50.00"}


# The story


def told_of(*documents: dict[str, Any], told: Told | None = None) -> list[str]:
    told, reasons = told or Told(), []
    for document in documents:
        turns, told = tell(told, document)
        reasons += [turn.reason for turn in turns]
    return reasons


@given(st.lists(statuses, min_size=1))
def test_the_same_is_never_told_twice_not_even_by_another_process(history: list[AnalyserStatus]) -> None:
    told = Told()
    for status in history:
        document = build_document(status)
        _, told = tell(told, document)
        assert tell(told, document)[0] == ()
        assert tell(told_by(document), document)[0] == ()


def test_a_new_analyser_that_is_fine_is_registered_and_ready() -> None:
    fresh = a_document(Registered="Waiting", Healthy="NoReport", Ready="Waiting")
    fresh["conditions"][2]["status"] = "Unknown"
    assert told_of(fresh, a_document(), a_document(delivered=1)) == ["Registered", "Ready"]


def test_an_analyser_that_falls_and_rises_makes_a_story_in_order() -> None:
    falls = [a_document(Healthy=reason, Ready=reason) for reason in ("Ejected", "Probing")]
    assert told_of(*falls, a_document(), told=told_by(a_document())) == ["Ejected", "Probing", "Admitted"]


def test_a_restarted_distributor_is_no_turn_but_a_changed_entry_is() -> None:
    waiting = a_document(Registered="Waiting", Ready="Waiting")
    assert told_of(waiting, a_document(), told=told_by(a_document())) == []
    assert told_of(a_document(changed=8), told=told_by(a_document())) == ["Registered"]


def test_a_refusal_and_its_end_are_told() -> None:
    refused = a_document(Registered="Refused", Ready="Refused")
    assert told_of(refused, a_document(), told=told_by(a_document())) == ["Refused", "Registered"]


def test_a_fault_is_told_with_every_new_wording_and_when_it_is_mended() -> None:
    first, second = a_document(Accepted="Invalid"), a_document(Accepted="Invalid")
    second["conditions"][0]["message"] = "something else"
    assert told_of(first, first, second, a_document(), told=told_by(a_document())) == ["Invalid", "Invalid", "Accepted"]


def test_who_holds_an_analyser_back_and_lets_it_go_is_told_both() -> None:
    documents = [a_document(Ready="Suspended"), a_document(Ready="ZeroWeight"), a_document()]
    assert told_of(*documents, told=told_by(a_document())) == ["Suspended", "ZeroWeight", "Resumed"]


def test_distributors_that_do_not_answer_change_nothing_in_the_story() -> None:
    ejected, unheard = a_document(Healthy="Ejected"), a_document(Healthy="NoReport")
    unheard["conditions"][2]["status"] = "Unknown"
    assert told_of(unheard, a_document(), told=told_by(a_document())) == []
    assert told_of(ejected, unheard, a_document(), told=told_by(a_document())) == ["Ejected", "Admitted"]


# Events


@given(st.lists(st.floats(0, 400), max_size=200))
def test_no_object_says_more_than_its_allowance(pauses: list[float]) -> None:
    now_s, allowance, said = 0.0, Allowance(0.0), 0
    for pause_s in pauses:
        now_s += pause_s
        said += allowance.take(now_s)
        assert said <= events.BURST + now_s / events.REFILL_S + 1e-6


def test_the_same_words_within_ten_minutes_are_one_event_with_a_count() -> None:
    allowance, turn = Allowance(0.0), Turn("Ejected", "500")
    names = []
    for now_s in (0.0, 500.0, 1000.0, 1700.0):
        assert allowance.take(now_s)
        posted = allowance.count(turn, Posted(f"at-{now_s:g}", "t", now_s))
        names.append((posted.name, posted.count))
    assert names == [("at-0", 1), ("at-0", 2), ("at-0", 3), ("at-1700", 1)]


def test_an_event_names_its_object_so_that_kubectl_describe_finds_it() -> None:
    event = build_event(
        an_item(), Turn("Ejected", "x" * 5000, is_warning=True), Posted("a.1", "t1", 0.0, 2), "t2", "me"
    )
    assert event["involvedObject"]["uid"] == "uid-a"
    assert (event["metadata"]["namespace"], event["type"], event["count"]) == ("logs", "Warning", 2)
    assert (event["firstTimestamp"], event["lastTimestamp"], len(event["message"])) == ("t1", "t2", 1024)


# The loop, on a stand-in for the API server


class FakeKube:
    """Keeps what is applied. `failures` are the HTTP statuses of the next writes."""

    def __init__(self) -> None:
        self.applied: list[tuple[str, dict[str, Any]]] = []
        self.events: list[dict[str, Any]] = []
        self.failures: list[int] = []
        self.event_failure: int | None = None
        self.during: Callable[[], None] = lambda: None
        self.uids: dict[str, str] = {}  # by name, where it is not uid-<name>

    def apply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.during()
        if self.failures:
            raise KubeError(self.failures.pop(0), "no")
        self.applied.append((path, body))
        name = body["metadata"]["name"]
        return {"metadata": {"uid": self.uids.get(name, f"uid-{name}")}}

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.event_failure is not None:
            raise KubeError(self.event_failure, "no")
        self.events.append(body)
        return body

    def replace(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self.create(path, body)

    @property
    def delivered(self) -> list[int]:
        return [body["status"]["delivered"] for _, body in self.applied]

    @property
    def reasons(self) -> list[str]:
        return [event["reason"] for event in self.events]


class Cluster:
    """A board and a listing of our making, and the write-back that follows them."""

    def __init__(self) -> None:
        self.kube = FakeKube()
        self.controller = SimpleNamespace(objects={})
        self.board = SimpleNamespace(is_settled=True, analysers={}, listen=self._listen)
        self.writeback = Writeback(self.kube, self.board, self.controller)  # type: ignore[arg-type]

    def _listen(self, listener: Callable[[], None]) -> None:
        self._listener = listener

    def have(self, *items: AnalyserObject) -> None:
        self.controller.objects = {item.uid: item for item in items}

    def show(self, *statuses: AnalyserStatus) -> None:
        self.board.analysers = dict(zip(self.controller.objects, statuses, strict=True))
        self._listener()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    cluster.have(an_item())
    running = asyncio.create_task(cluster.writeback.run())
    yield cluster
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


pytestmark = pytest.mark.anyio


async def test_a_status_is_applied_and_its_turns_are_told(cluster: Cluster) -> None:
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    path, body = cluster.kube.applied[0]
    assert path == "/apis/logdist.io/v1alpha1/namespaces/logs/analysers/a/status"
    assert body["metadata"] == {"name": "a", "namespace": "logs"}
    assert body["status"] == a_document()
    await until(lambda: cluster.kube.reasons == ["Registered", "Ready"])


async def test_nothing_is_written_when_nothing_changed(cluster: Cluster) -> None:
    for _ in range(5):
        cluster.show(a_status())
        await asyncio.sleep(0.02)
    assert len(cluster.kube.applied) == 1


async def test_a_restarted_operator_writes_and_tells_nothing_anew(cluster: Cluster) -> None:
    cluster.have(an_item(status=a_document()))
    cluster.show(a_status())
    await asyncio.sleep(0.1)
    assert (cluster.kube.applied, cluster.kube.events) == ([], [])


async def test_before_the_distributors_are_heard_nothing_is_written(cluster: Cluster) -> None:
    cluster.board.is_settled = False
    cluster.show(a_status(Healthy="NoReport"))
    await asyncio.sleep(0.05)
    assert cluster.kube.applied == []
    cluster.board.is_settled = True
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)


async def test_what_somebody_else_did_to_our_status_is_put_right(cluster: Cluster) -> None:
    cluster.show(a_status())
    await until(lambda: len(cluster.kube.applied) == 1)
    cluster.have(an_item(status=a_document(Healthy="Sabotaged")))
    cluster.show(a_status())
    await until(lambda: len(cluster.kube.applied) == 2)


@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_after_an_outage_only_the_newest_is_written(cluster: Cluster, status: int) -> None:
    shown = 0

    def show_more() -> None:
        nonlocal shown
        shown += 1

    cluster.kube.during = show_more
    cluster.kube.failures = [status, status]
    cluster.show(a_status(delivered=1))
    await until(lambda: shown)
    cluster.show(a_status(delivered=2))
    cluster.show(a_status(delivered=3))
    await until(lambda: cluster.kube.applied)
    assert cluster.kube.delivered == [3]
    assert cluster.kube.failures == []


@pytest.mark.parametrize("status", [404, 409])
async def test_an_object_that_is_gone_is_left_alone_until_it_is_listed_again(cluster: Cluster, status: int) -> None:
    cluster.kube.failures = [status]
    cluster.show(a_status())
    await until(lambda: not cluster.kube.failures)
    cluster.show(a_status(delivered=5))
    await asyncio.sleep(0.05)
    assert cluster.kube.applied == []
    cluster.have(an_item())
    cluster.show(a_status(delivered=6))
    await until(lambda: cluster.kube.delivered == [6])


async def test_an_object_that_goes_while_it_is_written_is_forgotten(cluster: Cluster) -> None:
    def go() -> None:
        cluster.have()
        cluster.show()

    loop = asyncio.get_running_loop()
    cluster.kube.during = lambda: asyncio.run_coroutine_threadsafe(_called(go), loop).result()
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    cluster.kube.during = lambda: None
    cluster.have(an_item())
    cluster.show(a_status(delivered=9))
    await until(lambda: cluster.kube.delivered == [0, 9])


async def test_what_went_to_another_object_of_the_same_name_is_taken_back(cluster: Cluster) -> None:
    cluster.kube.uids = {"a": "another"}
    cluster.show(a_status())
    await until(lambda: [body["status"] for _, body in cluster.kube.applied] == [a_document(), {"delivered": 0}])
    cluster.have(replace(an_item(), uid="another"))
    cluster.show(a_status())
    await until(lambda: cluster.kube.reasons == ["Registered", "Ready"])
    assert {event["involvedObject"]["uid"] for event in cluster.kube.events} == {"another"}


async def _called(act: Callable[[], None]) -> None:
    act()
    await asyncio.sleep(0.05)


async def test_a_missing_right_is_told_once_and_tried_again_later(
    cluster: Cluster, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", logger="logdist_operator")
    monkeypatch.setattr(writer, "REST_MAX_S", 0.2)
    cluster.have(*(an_item(str(number)) for number in range(10)))
    cluster.kube.failures = [403] * 12  # three rounds of as many writers as there are
    cluster.show(*(a_status() for _ in range(10)))
    await until(lambda: len(cluster.kube.applied) == 10)
    said = [record.getMessage() for record in caplog.records]
    assert sum("grant `patch` on analysers/status" in message for message in said) == 1
    assert sum("written again" in message for message in said) == 1


async def test_one_object_that_cannot_be_written_holds_up_no_other(cluster: Cluster) -> None:
    cluster.have(*(an_item(str(number)) for number in range(5)))
    cluster.kube.failures = [422]
    cluster.show(*(a_status() for _ in range(5)))
    await until(lambda: len(cluster.kube.applied) == 4)


async def test_events_that_cannot_be_posted_are_dropped(cluster: Cluster) -> None:
    cluster.kube.event_failure = 403
    cluster.show(a_status())
    await until(lambda: cluster.kube.applied)
    await asyncio.sleep(0.05)
    cluster.kube.event_failure = None
    cluster.show(a_status(Healthy="Ejected", Ready="Ejected"))
    await until(lambda: cluster.kube.events)
    assert cluster.kube.reasons == ["Ejected"]


async def test_an_analyser_that_flaps_is_counted_in_few_events(cluster: Cluster) -> None:
    for _ in range(5):
        for status in (a_status(), a_status(Healthy="Ejected", Ready="Ejected")):
            before = len(cluster.kube.applied)
            cluster.show(status)
            await until(lambda before=before: len(cluster.kube.applied) > before)
    await until(lambda: len(cluster.kube.events) == 2 + 5 + 4)
    assert len({event["metadata"]["name"] for event in cluster.kube.events}) == 4
    assert cluster.kube.events[-1]["count"] == 5
