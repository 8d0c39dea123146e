"""Search Console's rows in our columns, with what it withholds: searches of few people have a row of their own.

Asked by query, Search Console leaves rare queries out, often more than half of a page's clicks; asked by page it
counts them. What is counted by page and stands under no query lands under ANONYMIZED, so that a page's sums are true.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.warehouse.facts import ANONYMIZED

TOOL = "search_console"
KEY = ("date", "page", "query", "country", "device")
BY_PAGE = tuple(name for name in KEY if name != "query")


@dataclass
class DayRows:
    """What came of one day, by query and by page."""

    day: date
    own_hosts: frozenset[str]
    unusable: int = 0
    """Rows without keys or figures, or of another day: no data of any page."""
    _seen: set[tuple[str, ...]] = field(default_factory=set)
    _by_query: dict[tuple[object, ...], "Figures"] = field(default_factory=dict)
    _by_page: dict[tuple[object, ...], "Figures"] = field(default_factory=dict)

    def add(self, dimensions: tuple[str, ...], rows: Iterable[Any]) -> None:
        """Take in one page of an answer. Raises ToolError(outage) when it repeats rows that were there."""
        for row in rows:
            read = _read(row, dimensions)
            if read is None or read[0][dimensions.index("date")] != self.day.isoformat():
                self.unusable += 1
                continue
            keys, figures = read
            if (*dimensions, *keys) in self._seen:
                raise ToolError(
                    TOOL,
                    ToolErrorKind.OUTAGE,
                    f"no usable answer: it repeats the row {', '.join(keys)} on another page",
                )
            self._seen.add((*dimensions, *keys))
            values = dict(zip(dimensions, keys, strict=True))
            place = (
                self.day,
                path_of(values["page"], self.own_hosts),
                values["country"].lower(),
                values["device"].lower(),
            )
            self._by_page_or_query(place, values.get("query")).add(figures)

    def _by_page_or_query(self, place: tuple[object, ...], query: str | None) -> "Figures":
        if query is None:
            return self._by_page.setdefault(place, Figures())
        return self._by_query.setdefault((*place, query), Figures())

    def records(self) -> list[dict[str, object]]:
        """One record per key of `gsc_daily`: several addresses (query strings, www, #fragments) may be one path."""
        left = {place: Figures().plus(figures) for place, figures in self._by_page.items()}
        for (*place, _), figures in self._by_query.items():
            if tuple(place) in left:
                left[tuple(place)].minus(figures)
        found = [_record(place, str(query), figures) for (*place, query), figures in self._by_query.items()]
        return found + [_record(place, ANONYMIZED, rest) for place, rest in left.items() if rest.settled()]


@dataclass
class Figures:
    """Clicks, impressions, and the sum of positions over impressions."""

    clicks: float = 0.0
    impressions: float = 0.0
    weighted: float = 0.0

    def add(self, other: "Figures", sign: int = 1) -> None:
        self.clicks += sign * other.clicks
        self.impressions += sign * other.impressions
        self.weighted += sign * other.weighted

    def plus(self, other: "Figures") -> "Figures":
        self.add(other)
        return self

    def minus(self, other: "Figures") -> None:
        self.add(other, -1)

    def settled(self) -> bool:
        """Make a remainder possible again, and say whether anything is left.

        A page shown twice for one search counts once by page and once by query, so that a remainder may be below zero.
        """
        self.clicks = max(0, round(self.clicks))
        self.impressions = max(self.clicks, round(self.impressions))
        self.weighted = max(self.weighted, self.impressions)
        return self.impressions > 0


def path_of(page: str, own_hosts: frozenset[str]) -> str:
    """A page of the property's own host as the path that analytics knows it by; another subdomain's stays whole."""
    try:
        parts = urlsplit(page)
    except ValueError:  # no address at all: it is nobody's page, and others' rows must not be lost for it
        return page
    return (parts.path or "/") if parts.netloc.lower() in own_hosts else page


def _read(row: Any, dimensions: tuple[str, ...]) -> tuple[tuple[str, ...], Figures] | None:
    """A row's keys and figures; None for a row that is no data."""
    if not isinstance(row, Mapping):
        return None
    said: Mapping[str, Any] = row
    keys = said.get("keys")
    try:
        clicks, impressions = float(said["clicks"]), float(said["impressions"])
        position = float(said.get("position") or 1.0)
    except (KeyError, TypeError, ValueError):
        return None
    if not isinstance(keys, list) or len(keys) != len(dimensions) or not all(isinstance(key, str) for key in keys):
        return None
    if not all(math.isfinite(number) and number >= 0 for number in (clicks, impressions, position)):
        return None
    # Impressions are what positions are weighed by; a row of none would weigh nothing and divide by it.
    if clicks + impressions == 0:
        return None
    shown = max(impressions, clicks)
    return tuple(keys), Figures(clicks, shown, max(position, 1.0) * shown)


def _record(place: Iterable[object], query: str, figures: Figures) -> dict[str, object]:
    day, page, country, device = place
    return {
        "date": day,
        "page": page,
        "query": query,
        "country": country,
        "device": device,
        "clicks": round(figures.clicks),
        "impressions": round(figures.impressions),
        "position": figures.weighted / figures.impressions,
    }
