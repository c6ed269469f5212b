"""Percentiles are right within a bucket's width, and the summary tells what went wrong."""

import math

from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.send.totals import Latencies, Totals, summary


@given(st.lists(st.floats(1e-5, 1e3), min_size=1), st.sampled_from([1, 50, 99, 100]))
def test_a_percentile_is_at_most_two_percent_high(durations_s: list[float], percent: int) -> None:
    latencies = Latencies()
    for duration_s in durations_s:
        latencies.add(duration_s)
    exact_s = sorted(durations_s)[math.ceil(len(durations_s) * percent / 100) - 1]
    measured_s = latencies.percentile_s(percent)
    assert measured_s is not None
    assert exact_s * 0.999 <= measured_s <= exact_s * 1.021


def test_without_a_latency_there_is_no_percentile() -> None:
    assert Latencies().percentile_s(50) is None


def test_the_summary_tells_what_went_wrong() -> None:
    totals = Totals(packets=1000, messages=2000, retries=3, refused=4, unconfirmed=5, gave_up="no", trouble="503 full")
    text = summary(totals, elapsed_s=2.0)
    for words in (
        "1,000 accepted in 2.0 s (500/s)",
        "2,000",
        "retries   3",
        "refused   4",
        "5 packets",
        "no",
        "503 full",
    ):
        assert words in text
    assert totals.has_failed
    assert not Totals(packets=1).has_failed
