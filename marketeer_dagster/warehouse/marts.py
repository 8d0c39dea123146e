"""The marts: one SQL file each, which begins with its documentation (`-- column: meaning`) and is one SELECT."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.warehouse.tables import comments

MARTS: tuple[str, ...] = (
    "channel_performance",
    "page_performance",
    "artefact_heads",
    "artefact_performance",
    "spend_and_budget",
    "quality_trend",
    "campaign_roi",
    "claude_costs",
    "signal_answers",
    "skill_versions",
    "data_coverage",
)
"""In an order in which each finds what it reads."""


_READS = re.compile(r"\b(?:FROM|JOIN)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Mart:
    """A table computed from others."""

    name: str
    comment: str
    columns: dict[str, str]
    """Column -> meaning, in order."""
    select: str

    @property
    def reads(self) -> frozenset[str]:
        """Names of all relations in its query: tables, marts, and parts of the query itself."""
        return frozenset(_READS.findall(self.select))

    def statements(self) -> list[str]:
        """What makes the table anew, with its comments."""
        return [
            f'CREATE OR REPLACE TABLE "{self.name}" AS {self.select}',
            *comments(self.name, self.comment, self.columns),
        ]


@cache
def mart(name: str) -> Mart:
    """The mart of this name, read from its file; NotFound lists those there are."""
    if name not in MARTS:
        raise NotFound(f"no mart {name!r}", hint=f"there are {', '.join(MARTS)}")
    text = (files("marketeer_dagster.warehouse") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return _parsed(name, text)


def marts_of(tables: Iterable[str]) -> tuple[str, ...]:
    """The marts that read one of `tables`, also by way of other marts, in an order in which to compute them."""
    changed = set(tables)
    for name in MARTS:
        if mart(name).reads & changed:
            changed.add(name)
    return tuple(name for name in MARTS if name in changed)


def _parsed(name: str, text: str) -> Mart:
    lines = text.splitlines()
    head = next(n for n, line in enumerate(lines) if not line.startswith("-- "))
    columns: dict[str, str] = {}
    about: list[str] = []
    for line in (line.removeprefix("-- ") for line in lines[:head]):
        column, colon, meaning = line.partition(": ")
        if colon and column.isidentifier():
            columns[column] = meaning
        else:
            about.append(line)
    return Mart(name, " ".join(about), columns, "\n".join(lines[head:]))
