"""Chance of so few events, exact."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketeer_dagster.optimise.inputs import InvalidInput
from marketeer_dagster.optimise.tails import lower_tail


def test_none_of_five_is_rarer_than_it_is_among_twenty() -> None:
    assert lower_tail(0, 5) == pytest.approx(math.exp(-5))
    assert lower_tail(0, 5, 100) == pytest.approx(0.95**100)
    assert lower_tail(0, 5) * 20 > 0.1


def test_nothing_expected_proves_nothing() -> None:
    assert lower_tail(0, 0) == lower_tail(0, 0, 100) == lower_tail(0, 3, 0) == 1


@given(expected=st.floats(0.1, 500), observed=st.integers(0, 500))
def test_more_events_are_no_rarer(expected: float, observed: int) -> None:
    assert 0 <= lower_tail(observed, expected) <= lower_tail(observed + 1, expected) <= 1
    assert lower_tail(observed, expected, 1000) <= lower_tail(observed + 1, expected, 1000)


def test_what_is_no_count_is_refused() -> None:
    with pytest.raises(InvalidInput, match="observed"):
        lower_tail(-1, 5)
