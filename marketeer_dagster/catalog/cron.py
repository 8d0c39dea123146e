"""Checking cron expressions: five fields, POSIX ranges, with names for months and weekdays.

Written here because the scheduler's own parser comes with the scheduler, and the catalog loads without it. Everything
accepted here is accepted there (a test holds the two together); macros such as @daily and the extensions L, W, #, ? are
refused, so that a schedule reads the same everywhere.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Field(NamedTuple):
    """One of the five fields and the numbers it may hold."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = {}


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    Field("day of week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)
_LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
"""Days of the months that are shorter than 31, February in a leap year."""


def checked(expression: str) -> str:
    """`expression` with single spaces, when it is a cron expression that can ever fire.

    Raises ValueError that names the field, what is wrong with it and what it may hold.
    """
    parts = expression.split()
    if len(parts) != len(FIELDS):
        raise ValueError(
            f"cron {expression!r} has {len(parts)} field{'' if len(parts) == 1 else 's'}; "
            "expected 5: minute hour day-of-month month day-of-week"
        )
    values = [_values(part, field, expression) for part, field in zip(parts, FIELDS, strict=True)]
    _reject_impossible_date(expression, parts, values)
    return " ".join(parts)


def _values(part: str, field: Field, expression: str) -> set[int]:
    found: set[int] = set()
    for item in part.lower().split(","):
        found |= _item(item, field, expression)
    return found


def _item(item: str, field: Field, expression: str) -> set[int]:
    span, slash, step_text = item.partition("/")
    step = _step(step_text, field, expression) if slash else 1
    if span == "*":
        return set(range(field.low, field.high + 1, step))
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, field, expression)
    if not dash:
        if slash:
            raise _wrong(expression, field, f"{item!r} steps from a single number", "a range or * before the step")
        return {first}
    last = _number(last_text, field, expression)
    if last < first:
        raise _wrong(expression, field, f"range {span!r} runs backwards", "the smaller number first")
    return set(range(first, last + 1, step))


def _number(text: str, field: Field, expression: str) -> int:
    if text in field.names:
        return field.names[text]
    if not (text.isascii() and text.isdigit()):
        raise _wrong(expression, field, f"{text!r} is not a number", _range(field))
    number = int(text)
    if not field.low <= number <= field.high:
        raise _wrong(expression, field, f"{number} is out of range", _range(field))
    return number


def _step(text: str, field: Field, expression: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= field.high:
        raise _wrong(expression, field, f"step {text!r} is not usable", f"1 to {field.high}")
    return int(text)


def _range(field: Field) -> str:
    names = f" or {next(iter(field.names))}-{list(field.names)[-1]}" if field.names else ""
    return f"{field.low} to {field.high}{names}"


def _wrong(expression: str, field: Field, problem: str, expected: str) -> ValueError:
    return ValueError(f"cron {expression!r}, {field.name}: {problem}; expected {expected}")


def _reject_impossible_date(expression: str, parts: list[str], values: list[set[int]]) -> None:
    days, months = values[2], values[3]
    if parts[4] != "*":
        return  # a weekday is named too: cron fires when either matches
    if all(min(days) > _LONGEST.get(month, 31) for month in months):
        raise ValueError(f"cron {expression!r} never fires: no such day in those months; expected a date that exists")
