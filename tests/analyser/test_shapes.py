"""What varies is masked, what does not stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdist_analyser.shapes import CHARS_MAX, shape


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("user 42 logged in from 10.0.0.7:5432", "user <*> logged in from <*>"),
        ("GET /api/orders/8f14e45f-ea1a took 35ms", "GET /api/orders/<*> took <*>"),
        ('payment "card 12" failed, status=500', "payment <*> failed, status=<*>"),
        ("can't open 'a b c'", "can't open <*>"),
        ("sshd[4321]: closed", "sshd[<*>]: closed"),
        ("nothing varies here", "nothing varies here"),
        ('{"level":"info","msg":"user 7 in"}', '{"level":"info","msg":"user <*> in"}'),
        ("", ""),
    ],
)
def test_numbers_ids_and_quoted_text_are_masked(message: str, expected: str) -> None:
    assert shape(message) == expected


@given(st.text(), st.integers(0, 10**12), st.integers(0, 10**12))
def test_messages_that_differ_in_a_number_have_one_shape(text: str, one: int, other: int) -> None:
    assert shape(f"{one} {text}"[:CHARS_MAX]) == shape(f"{other} {text}"[:CHARS_MAX])


@given(st.text())
def test_no_digit_outlives_masking(text: str) -> None:
    assert not any(character.isdecimal() for character in shape(text))
