"""What a query answered, in Python's own types: days are days, counts are whole, and nothing stays None.

A data frame would make moments of days, and numbers with a fraction of every column that has an empty cell.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a query."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]

    def records(self) -> list[dict[str, object]]:
        """Each row by column; of columns of one name the last."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> Answer:
    """Run one query. Raises duckdb.Error."""
    found = connection.execute(query)
    return Answer(tuple(str(column[0]) for column in found.description or ()), found.fetchall())


def readable(cell: object) -> str:
    """A cell as a person writes it: nothing for null, amounts without exponents or needless zeros, whole seconds."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return str(cell)
