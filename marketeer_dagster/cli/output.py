"""What commands print: tables for people, tabs or JSON for programs, errors with what to do next.

With `--json` standard output holds one JSON value and nothing else; an error is then a JSON object on standard error.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.text import Text

from marketeer_dagster.cli import layout
from marketeer_dagster.cli.screen import Screen, console, errors, wants_json
from marketeer_dagster.cli.wrapping import clean, wrapped
from marketeer_dagster.model.errors import MarketeerError

__all__ = [
    "AsJson",
    "beside",
    "console",
    "errors",
    "print_error",
    "print_fields",
    "print_json",
    "print_table",
    "refuse",
    "say",
    "tell",
    "warn",
]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of text for people.")]


def print_json(value: Any) -> None:
    """Print `value` (models, decimals and dates allowed) as JSON on standard output."""
    sys.stdout.write(json.dumps(value, default=_plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def tell(value: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    """What a command has done: an object for programs, or a sentence for people."""
    if as_json:
        print_json(value)
    else:
        say(sentence)


def say(text: str, *, style: str = "", later: int = 0) -> None:
    """A text for people, wrapped between words where there is a width; lines after the first set in by `later`."""
    _lines(console, text, style, later)


def beside(text: str) -> None:
    """What is worth knowing and is no result, on standard error: also with --json."""
    if not wants_json():
        _lines(errors, text, "dim")


def warn(text: str) -> None:
    """What must be said in any case, also beside JSON: what went wrong although the work goes on, what will be paid."""
    _lines(errors, text, "")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """A table (records where that is not readable); `empty` is said instead of one without rows. Tabs in a pipe."""
    found = list(rows)
    width = console.wide
    if width is None:
        _write(layout.tabbed(columns, found))
        if not found and empty:
            _lines(errors, empty, "dim")
        return
    if not found:
        say(empty)
        return
    if title:
        say(title, style="bold")
    _write(layout.laid_out(columns, found, width))


def print_fields(pairs: Sequence[tuple[str, object]]) -> None:
    """Names and values of one thing, below each other."""
    width = console.wide
    if width is None:
        _write(layout.tabbed([name for name, _ in pairs], [[value for _, value in pairs]]))
    else:
        _write(layout.record([(name, layout.shown(value)) for name, value in pairs], width))


def print_error(error: MarketeerError) -> None:
    """What was wrong and what to do next, on standard error."""
    refuse(error.message, error.hint or "", error.exit_code)


def refuse(message: str, hint: str, code: int) -> None:
    """As `print_error`, for errors of others."""
    if wants_json():
        body = {"error": message, "hint": hint or None, "exit_code": code}
        sys.stderr.write(json.dumps(body, ensure_ascii=False) + "\n")
        return
    for label, style, text in (("error", "bold red", message), ("try  ", "bold", hint)):
        if text:
            for number, line in enumerate(_wrapped(errors, text, 6)):
                head = Text(f"{label} ", style) if number == 0 else Text("      ")
                errors.print(head + Text(line), soft_wrap=True)


def _wrapped(screen: Screen, text: str, inset: int, later: int = 0) -> list[str]:
    width = screen.wide
    return clean(text).split("\n") if width is None else wrapped(clean(text), width - inset, later=later)


def _lines(screen: Screen, text: str, style: str, later: int = 0) -> None:
    for line in _wrapped(screen, text, 0, later):
        screen.print(Text(line, style), soft_wrap=True)


def _write(lines: Iterable[str]) -> None:
    console.file.write("".join(f"{line}\n" for line in lines))
