"""Rows as lines: a table where it fits the width, one record a block where it does not, tabs for programs.

Pure functions of values and a width. Nothing here prints.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from rich.cells import cell_len, set_cell_size

from marketeer_dagster.cli.wrapping import clean, least_width, natural_width, wrapped

GAP = "  "
TALLEST_CELL = 6
"""Lines of one cell of a table; what is taller is read more easily as a record."""
LONGEST_VALUE = 16
"""Lines of one value in a record, above which it is cut."""
SIGNIFICANT = 6
"""Digits shown of a fraction. Programs get all of them."""
MOST_ZEROS, MOST_DIGITS = 9, 20
"""Zeros behind the point, or digits before it, above which a number is shown with its exponent."""
_NUMBER = re.compile(r"[-+]?[$€£]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?\s?%?")
_CUT = "… {left:,} more characters; --json has them"

Row = Sequence[object]


def shown(value: object) -> str:
    """A value for people: fractions to six digits, no time of day on a date, no exponents, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _fraction(Decimal(repr(value))) if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, Decimal):
        return _fraction(value) if value.is_finite() else str(value)
    return clean(exact(value))


def exact(value: object) -> str:
    """A value for programs: all of it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, default=exact, ensure_ascii=False)
    return str(value)


def _fraction(value: Decimal) -> str:
    whole = len(str(abs(int(value)))) if abs(value) >= 1 else 0
    leading = max(0, -value.adjusted() - 1) if value else 0
    if leading > MOST_ZEROS or whole > MOST_DIGITS:
        return f"{value:.{SIGNIFICANT}g}"
    text = f"{value:.{max(2, SIGNIFICANT - whole) + leading}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tabbed(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """One line a row, values between tabs, the columns' names first; a tab or line end in a value is written `\\t`,
    `\\n`."""
    return ["\t".join(columns), *("\t".join(_on_a_line(exact(value)) for value in row) for row in rows)]


def _on_a_line(text: str) -> str:
    for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n")):
        text = text.replace(sign, written)
    return text


def laid_out(columns: Sequence[str], rows: Sequence[Row], width: int) -> list[str]:
    """Lines of at most `width` columns that show every row: a table, or records where a table would not be readable."""
    cells = [[shown(value) for value in row] for row in rows]
    return _table(columns, cells, width) or _records(columns, cells, width)


def _table(columns: Sequence[str], cells: list[list[str]], width: int) -> list[str]:
    """Empty when a word would be broken, or a cell be too tall."""
    widths = _widths([[name, *(row[at] for row in cells)] for at, name in enumerate(columns)], width)
    if widths is None:
        return []
    right = [all(_NUMBER.fullmatch(row[at]) or not row[at] for row in cells) for at in range(len(columns))]
    right = [number and any(row[at] for row in cells) for at, number in enumerate(right)]
    lines = _row(columns, widths, right)
    lines.append(GAP.join("─" * size for size in widths))
    for row in cells:
        block = _row(row, widths, right)
        if len(block) > TALLEST_CELL:
            return []
        lines += block
    return lines


def _row(texts: Sequence[str], widths: list[int], right: list[bool]) -> list[str]:
    parts = [wrapped(text, size) for text, size in zip(texts, widths, strict=True)]
    lines: list[str] = []
    for number in range(max(map(len, parts), default=1)):
        cells = [part[number] if number < len(part) else "" for part in parts]
        filled = (
            " " * (size - cell_len(cell)) + cell if to_right else set_cell_size(cell, size)
            for cell, size, to_right in zip(cells, widths, right, strict=True)
        )
        lines.append(GAP.join(filled).rstrip())
    return lines


def _widths(columns: list[list[str]], width: int) -> list[int] | None:
    """Columns' widths, none below its longest word; None when that is not possible."""
    least = [max(map(least_width, column)) for column in columns]
    natural = [max(map(natural_width, column)) for column in columns]
    room = width - len(GAP) * (len(columns) - 1)
    if sum(least) > room or not columns:
        return None
    low, high = 0, max(natural)
    while low < high:  # the widest limit at which all columns still fit side by side
        limit = (low + high + 1) // 2
        if sum(_limited(least, natural, limit)) <= room:
            low = limit
        else:
            high = limit - 1
    return _limited(least, natural, low)


def _limited(least: list[int], natural: list[int], limit: int) -> list[int]:
    return [max(few, min(many, limit), 1) for few, many in zip(least, natural, strict=True)]


def _records(columns: Sequence[str], cells: list[list[str]], width: int) -> list[str]:
    lines: list[str] = []
    for number, row in enumerate(cells, 1):
        head = f"── {number} of {len(cells)} " if len(cells) > 1 else "──"
        lines.append(head + "─" * (width - cell_len(head)))
        lines += record(list(zip(columns, row, strict=True)), width)
    return lines


def record(pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Names and values below each other, values set in behind the longest name."""
    inset = min(max((cell_len(name) for name, _ in pairs), default=0), width // 2) + len(GAP)
    lines: list[str] = []
    for name, value in pairs:
        value = _cut(value, width - inset)
        beside = cell_len(name) <= inset - len(GAP) and least_width(value) <= width - inset
        if beside:
            body = wrapped(value, width - inset)
            lines.append((set_cell_size(name, inset) + body[0]).rstrip())
            lines += [(" " * inset + line).rstrip() for line in body[1:]]
        else:
            lines.append(name)
            lines += [(GAP + line if cell_len(line) <= width - len(GAP) else line) for line in
                      wrapped(value, width - len(GAP))]  # fmt: skip
    return lines


def _cut(value: str, room: int) -> str:
    most = room * LONGEST_VALUE
    if len(value) <= most and len(wrapped(value, room)) <= LONGEST_VALUE:
        return value
    kept = "\n".join(wrapped(value[:most], room)[:LONGEST_VALUE])
    return f"{kept}\n{_CUT.format(left=max(len(value) - len(kept), 1))}"
