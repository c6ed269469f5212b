"""What was observed lately: quantiles that are right as far as the bounds tell, and old values that are forgotten."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from logdist_distributor.core.histogram import DELIVERY_BOUNDS_S, Lately

TIMES = st.lists(st.floats(0, 10), min_size=1)


def filled(values: list[float]) -> Lately:
    lately = Lately(DELIVERY_BOUNDS_S)
    for value in values:
        lately.observe(value)
    return lately


@given(TIMES, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_in_the_bucket_of_the_true_one(values: list[float], part: float) -> None:
    values.sort()
    wanted = next(value for rank, value in enumerate(values, 1) if rank >= part * len(values) - 1e-9)
    found = filled(values).quantile(part)
    assert found is not None
    bucket = bisect_left(DELIVERY_BOUNDS_S, wanted)
    lower = DELIVERY_BOUNDS_S[bucket - 1] if bucket else 0.0
    assert lower <= found <= DELIVERY_BOUNDS_S[bucket]


@given(TIMES)
def test_what_is_two_turns_old_is_forgotten(values: list[float]) -> None:
    lately = filled(values)
    lately.turn()
    assert lately.count == len(values)
    lately.turn()
    assert (lately.count, lately.quantile(0.5)) == (0, None)


def test_what_is_above_the_last_bound_counts_as_that_bound() -> None:
    assert filled([60.0]).quantile(0.99) == DELIVERY_BOUNDS_S[-1]
