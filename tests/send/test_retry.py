"""What is sent again, and that waiting grows, stays bounded and obeys the server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_loadtest.send.retry import (
    BACKOFF_MAX_S,
    BACKOFF_MIN_S,
    RETRY_AFTER_MAX_S,
    is_retryable,
    parse_retry_after,
    wait_s,
)


def test_overload_and_server_errors_are_retried_refusals_are_not() -> None:
    assert all(is_retryable(status) for status in (408, 425, 429, 500, 502, 503, 504))
    assert not any(is_retryable(status) for status in (200, 202, 207, 301, 400, 401, 404, 413, 415, 422))


@given(st.integers(1, 10**6), st.floats(0, 1e9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_bounded_jittered_and_never_shorter_than_asked(attempt: int, asked_s: float, roll: float) -> None:
    wait = wait_s(attempt, asked_s, roll)
    assert min(asked_s, RETRY_AFTER_MAX_S) + BACKOFF_MIN_S / 2 <= wait <= RETRY_AFTER_MAX_S + BACKOFF_MAX_S
    assert wait <= wait_s(attempt + 1, asked_s, roll)


@pytest.mark.parametrize(
    ("value", "expected_s"),
    [
        (None, 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("-1", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, expected_s: float) -> None:
    assert parse_retry_after(value, now_s=60.0) == expected_s


@given(st.text())
def test_no_retry_after_raises(value: str) -> None:
    assert parse_retry_after(value, now_s=0.0) >= 0
