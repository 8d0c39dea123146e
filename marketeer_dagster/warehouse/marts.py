"""The marts: one SQL file each, which begins with its documentation (`-- column: meaning`) and is one SELECT."""

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
)
"""In an order in which each finds what it reads."""


@dataclass(frozen=True)
class Mart:
    """A table computed from others."""

    name: str
    comment: str
    columns: dict[str, str]
    """Column -> meaning, in order."""
    select: str

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
