"""One line of a report, and the table of them: what was asked, what a bound or peer reaches, what we reached."""

from collections.abc import Sequence
from dataclasses import dataclass

_MARKS = {True: "yes", False: "**no**", None: ""}
_REST = ("measure", "goal", "peer, same data", "ours", "reached")


@dataclass(frozen=True)
class Row:
    """A measured figure against its goal; `reached` is None where there is no goal to reach."""

    group: str
    """The engine or benchmark it belongs to."""
    measure: str
    goal: str
    peer: str
    """The bound or the peer, measured on the same data."""
    ours: str
    reached: bool | None = None


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Old rows with those of the same group and measure replaced; rows never measured before go to the end."""
    fresh = {(row.group, row.measure): row for row in new}
    kept = [fresh.pop((row.group, row.measure), row) for row in old]
    return [*kept, *fresh.values()]


def read(text: str, group: str) -> list[Row]:
    """The rows of a table written by `table` with the same heading of its first column."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(f"| {group} |")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    reached = {mark: value for value, mark in _MARKS.items()}
    return [Row(*row[:5], reached=reached[row[5]]) for row in cells]


def table(rows: Sequence[Row], group: str) -> str:
    """Markdown table of the rows; `group` is the heading of the first column."""
    head = f"| {' | '.join((group, *_REST))} |\n{'|---' * (len(_REST) + 1)}|\n"
    return head + "".join(
        f"| {r.group} | {r.measure} | {r.goal} | {r.peer} | {r.ours} | {_MARKS[r.reached]} |\n" for r in rows
    )
