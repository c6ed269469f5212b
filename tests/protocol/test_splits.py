"""A request means the same wherever the network cuts it: every place is tried, and every pair of requests."""

from itertools import product

import pytest
from protocol_canonical import CANONICAL
from protocol_harness import Outcome, Ways


def without_continue(outcome: Outcome) -> Outcome:
    """The interim answer to `Expect` is sent only while the body has not come yet."""
    sent = outcome.sent.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"")
    return Outcome(sent, outcome.packets, outcome.repeats, outcome.is_closed)


@pytest.mark.parametrize("name", CANONICAL)
def test_a_request_means_the_same_wherever_it_is_cut(ways: Ways, name: str) -> None:
    stream = CANONICAL[name]
    whole = ways.slow([stream])
    assert whole.statuses
    for place in range(1, len(stream)):
        halves = [stream[:place], stream[place:]]
        fast = ways.fast(halves)
        assert fast == ways.slow(halves), place
        assert without_continue(fast) == without_continue(whole), place


@pytest.mark.parametrize("name", CANONICAL)
def test_a_request_means_the_same_byte_by_byte(ways: Ways, name: str) -> None:
    stream = CANONICAL[name]
    drops = [stream[at : at + 1] for at in range(len(stream))]
    assert without_continue(ways.fast(drops)) == without_continue(ways.slow([stream]))
    assert ways.fast(drops) == ways.slow(drops)


@pytest.mark.parametrize(("first", "second"), list(product(CANONICAL, repeat=2)))
def test_pipelined_requests_are_answered_in_order_by_both_ways(ways: Ways, first: str, second: str) -> None:
    stream = CANONICAL[first] + CANONICAL[second]
    whole = ways.slow([stream])
    assert ways.fast([stream]) == whole
    assert ways.fast([stream], turns=3) == whole
    for place in range(7, len(stream), 31):
        halves = [stream[:place], stream[place:]]
        for is_hasty in (False, True):
            assert ways.fast(halves, is_hasty=is_hasty) == ways.slow(halves, is_hasty=is_hasty), place


def test_the_canonical_requests_have_the_answers_they_should(ways: Ways) -> None:
    outcomes = {name: ways.fast([stream]) for name, stream in CANONICAL.items()}
    seen = {name: (outcome.statuses, len(outcome.packets)) for name, outcome in outcomes.items()}
    assert seen == {
        "one": ([202], 1),
        "array": ([202], 2),
        "ndjson": ([202], 2),
        "bad line": ([400], 0),
        "chunked": ([202], 1),
        "query": ([202], 1),
        "expect": ([100, 202], 1),
        "close": ([202], 1),
        "health": ([200], 0),
        "wrong type": ([415], 0),
        "no HTTP": ([400], 0),
    }
