"""Cron expressions: what is accepted here is accepted by the scheduler, and means something."""

import pytest
from dagster._vendored.croniter import croniter
from hypothesis import assume, given
from hypothesis import strategies as st

from marketeer_dagster.catalog.cron import FIELDS, Field, checked


@pytest.mark.parametrize(
    "expression",
    ["0 6 * * *", "*/15 * * * *", "0 0 1 * *", "30 3 * * mon-fri", "0 0 1,15 jan,JUL *", "0 9 * * 0,7", "0 0 29 2 *",
     "0 0 31 2 1", "5-55/10 8-18 * * *"],
)  # fmt: skip
def test_usual_expressions_are_accepted(expression: str):
    assert checked(expression) == expression
    assert croniter.is_valid(expression)


def test_spaces_are_made_single():
    assert checked("  0   9 * *\t1 ") == "0 9 * * 1"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "@daily",
        "0 0 L * *",
        "0 0 * * 5#2",
        "? * * * *",
        "5/10 * * * *",
        "-1 * * * *",
        "1- * * * *",
        ", * * * *",
        "٣ * * * *",
    ],
)
def test_other_dialects_and_scraps_are_refused(expression: str):
    with pytest.raises(ValueError, match="expected"):
        checked(expression)


def _part(field: Field) -> st.SearchStrategy[str]:
    number = st.integers(field.low, field.high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.one_of(st.just("*"), span), st.integers(1, field.high)).map(lambda p: f"{p[0]}/{p[1]}")
    item = st.one_of(number.map(str), span, step, st.sampled_from([*field.names, "*"]))
    return st.lists(item, min_size=1, max_size=3).map(",".join)


@given(st.tuples(*(_part(field) for field in FIELDS)).map(" ".join))
def test_whatever_is_accepted_the_scheduler_accepts_too(expression: str):
    assume(_refusal(expression) is None)
    assert croniter.is_valid(expression)


@given(st.tuples(*(_part(field) for field in FIELDS)).map(" ".join))
def test_in_range_expressions_are_refused_only_for_days_that_never_come(expression: str):
    refusal = _refusal(expression)
    assert refusal is None or "never fires" in refusal


def _refusal(expression: str) -> str | None:
    try:
        checked(expression)
    except ValueError as error:
        return str(error)
    return None
