"""Events tell what turned: once, in order, and within an allowance."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from writeback_harness import a_document, an_item, statuses

from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback import events
from logdist_operator.writeback.document import build_document
from logdist_operator.writeback.events import Allowance, Posted, build_event
from logdist_operator.writeback.story import Told, Turn, tell, told_by


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
