"""What commands print: tables for people, JSON for programs, errors with what to do next."""

import json
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from marketeer_dagster.model.errors import MarketeerError

console = Console()
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_json(value: Any) -> None:
    """Print `value` (models, decimals and dates allowed) as JSON on standard output."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2, ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table for people; `empty` is said instead of a table without rows."""
    rows = list(rows)
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console.print(table)


def print_error(error: MarketeerError) -> None:
    """What was wrong and what to do next, on standard error."""
    errors.print(f"[bold red]error[/] {_escape(error.message)}")
    if error.hint:
        errors.print(f"[bold]try[/]   {_escape(error.hint)}")


def _escape(text: str) -> str:
    return text.replace("[", "\\[")
