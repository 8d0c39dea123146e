"""Rows as lines: at any width nothing is wider than the screen, and nothing to copy is broken."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from marketeer_dagster.cli.layout import laid_out, record, shown, tabbed
from marketeer_dagster.cli.wrapping import clean, is_whole, least_width, wrapped

IDS = st.from_regex(r"\A(?:cal|apr|art|pub)_[0-9a-z]{20}\Z") | st.from_regex(r"\A[a-z]{3,8}:[a-z-]{5,30}\Z")
PROSE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=300)
VALUES = IDS | PROSE | st.integers() | st.floats() | st.none() | st.booleans() | st.decimals(allow_nan=False, places=9)
TABLES = st.integers(1, 12).flatmap(lambda n: st.lists(st.tuples(*[VALUES] * n), min_size=1, max_size=5))


@settings(deadline=None)
@given(rows=TABLES, width=st.sampled_from([60, 80, 120]))
def test_no_line_is_wider_than_the_screen_unless_one_word_is(rows: list[tuple[object, ...]], width: int):
    names = [f"column_{n}" for n in range(len(rows[0]))]
    words = [word for row in rows for value in row for word in shown(value).split() if is_whole(word)]
    longest = max([width, *map(cell_len, words)])
    assert max(map(cell_len, laid_out(names, rows, width))) <= longest


@settings(deadline=None)
@given(
    ids=st.lists(IDS, min_size=1, max_size=30), width=st.sampled_from([60, 80, 120]), more=st.lists(PROSE, max_size=8)
)
def test_an_id_is_never_broken(ids: list[str], width: int, more: list[str]):
    rows = [(value, *more) for value in ids]
    text = "\n".join(laid_out(["id", *(f"text_{n}" for n in range(len(more)))], rows, width))
    assert all(value in text for value in ids)


@settings(deadline=None)
@given(text=PROSE, width=st.integers(20, 120))
def test_wrapping_loses_no_word_and_breaks_none_that_must_be_whole(text: str, width: int):
    lines = wrapped(clean(text), width)
    assert "".join("".join(lines).split()) == "".join(clean(text).split())
    assert all(any(word in line for line in lines) for word in clean(text).split() if is_whole(word))


def test_a_ledger_of_many_columns_becomes_records_and_its_columns_are_words():
    columns = ["tenant", "call", "campaign", "skill", "role", "run_id", "model", "month", "priority", "state"]
    columns += ["reserved_usd", "calls", "cost_usd"]
    run = "e24f5cad-11f6-4b5b-9df5-0c1f6c1d7e2a"
    row = ("acme", "cal_2pdf531xfysgetspcp64", "acme:increase-trial-signups", "copywriting", "review-page-cro", run,
           "claude-sonnet", "2026-04", 2, "settled", Decimal("0E-9"), 1, Decimal("0.031200000"))  # fmt: skip
    lines = laid_out(columns, [row, row], 80)
    assert lines[0].startswith("── 1 of 2 ─")
    assert f"run_id        {run}" in lines
    assert "reserved_usd  0" in lines
    assert "cost_usd      0.0312" in lines
    assert len(lines) == 2 * (len(columns) + 1)


def test_a_narrow_result_is_a_table_with_numbers_to_the_right():
    lines = laid_out(["channel", "sessions"], [("organic", 12), ("paid search", 4321)], 80)
    assert lines == ["channel      sessions", "───────────  ────────", "organic            12", "paid search      4321"]


def test_prose_is_wrapped_between_words_and_its_column_holds_its_longest_word():
    rows = [(1, "An unencrypted attachment that went to the wrong address is a data breach report. " * 2)]
    lines = laid_out(["n", "what"], rows, 60)
    assert max(map(len, lines)) <= 60
    assert " ".join(" ".join(line[3:] for line in lines[2:]).split()) == rows[0][1].strip()
    assert least_width("unencrypted is a word") == len("unencrypted")


def test_a_text_that_is_too_long_for_a_screen_says_what_was_left_out():
    lines = record([("text", "word " * 2000)], 80)
    assert len(lines) < 20
    assert "more characters; --json has them" in lines[-1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (date(2026, 3, 1), "2026-03-01"), (datetime(2026, 3, 1, 9, 30), "2026-03-01 09:30:00"), (Decimal("0E-9"), "0"),
        (Decimal("1.830000000"), "1.83"), (0.1 + 0.2, "0.3"), (7037.0, "7037"), (1234567.891, "1234567.89"),
        (0.000012345678, "0.0000123457"), (1e-300, "1e-300"), (float("nan"), "nan"), (None, ""), (True, "yes"),
        ("a\x1b[31mred\x07", "a[31mred"), (["a", 1], '["a", 1]'),
    ],
)  # fmt: skip
def test_values_are_said_as_people_write_them(value: object, said: str):
    assert shown(value) == said


def test_programs_get_all_of_a_value_on_one_line():
    lines = tabbed(["text", "cost"], [("two\nlines\tand \\", Decimal("0.000000001"))])
    assert lines == ["text\tcost", "two\\nlines\\tand \\\\\t0.000000001"]
