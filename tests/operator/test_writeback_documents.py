"""A status says what there is to say, and only of what is ours."""

from hypothesis import given
from writeback_harness import a_document, statuses

from logdist_operator.status import AnalyserStatus
from logdist_operator.writeback.document import build_document, change_between, ours
from logdist_operator.writeback.pace import Change


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
