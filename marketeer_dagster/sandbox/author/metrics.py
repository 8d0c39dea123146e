"""Markdown tables of metrics, read by their headings: pages, queries, channels. Cells are kept as written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from marketeer_dagster.sandbox.author.text import plain

_PAGE = re.compile(r"\b(?:landing_page|page|path|url)\b|页面|落地页")
_QUERY = re.compile(r"\b(?:query|queries|search term|keyword)\b|查询|搜索词|关键词")
_BULLET_QUERY = re.compile(r"[“\"「]([^”\"」]{3,80})[”\"」]")


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells by lower-case heading."""

    cells: dict[str, str]
    title: str = ""
    """The heading above the table."""

    def cell(self, *names: str) -> str:
        """The first cell whose heading contains one of `names`, in the order of `names`."""
        for name in names:
            for heading, value in self.cells.items():
                if name in heading and value:
                    return value
        return ""

    def value(self, *names: str) -> float | None:
        """That cell as a number; a percentage becomes a fraction."""
        return to_number(self.cell(*names))


@dataclass(frozen=True)
class Query:
    """A search query with its figures as the table has them."""

    text: str
    page: str = ""
    clicks: str = ""
    impressions: str = ""
    position: str = ""
    fresh: bool = False
    """Whether the material says that it is new or growing."""


@dataclass(frozen=True)
class Metrics:
    """Everything measured that a prompt holds."""

    rows: tuple[Row, ...] = ()
    text: str = ""

    @property
    def pages(self) -> dict[str, Row]:
        """Rows by page path, those with a conversion figure before those with only search figures."""
        found: dict[str, Row] = {}
        for row in sorted(self.rows, key=lambda r: not r.cell("session", "visit", "会话", "访问")):
            path = page_path(_named(row, _PAGE))
            if path and not _named(row, _QUERY):
                found.setdefault(path, row)
        return found

    @property
    def queries(self) -> list[Query]:
        """Search queries, most clicks (or impressions) first, each once."""
        found: dict[str, Query] = {}
        rows = [row for row in self.rows if _named(row, _QUERY)]
        for row in sorted(
            rows, key=lambda r: -(r.value("click", "点击") or 0) - (r.value("impression", "展示") or 0) / 1e6
        ):
            text = _named(row, _QUERY).strip('"“”`')
            marks = f"{row.title} {' '.join(row.cells.values())} {' '.join(row.cells)}".lower()
            fresh = bool(re.search(r"\bnew(?:ly)?\b|rising|risen|growing|新增|新的|上升", marks)) or _grown(row)
            known = found.get(text.lower())
            found[text.lower()] = (
                replace(known, fresh=known.fresh or fresh)
                if known
                else Query(
                    text,
                    page_path(_named(row, _PAGE)),
                    row.cell("click", "点击"),
                    row.cell("impression", "展示"),
                    row.cell("position", "rank", "排名"),
                    fresh,
                )
            )
        return list(found.values())


def read_metrics(*texts: str) -> Metrics:
    """All tables of these Markdown texts."""
    rows: list[Row] = []
    for text in texts:
        rows.extend(_rows(text))
    return Metrics(tuple(rows), "\n".join(texts))


def named_queries(texts: Iterable[str]) -> list[str]:
    """Queries that prose names in quotation marks or backticks as new ('new query "close books faster"')."""
    found: list[str] = []
    for line in (line for text in texts for line in text.splitlines()):
        about = re.search(r"quer|search|keyword|visitor|搜索|查询|访客", line, re.I)
        if about and re.search(r"\b(?:new|now|rising|risen|more often|shift\w*)\b|新|上升|增加", line, re.I):
            found.extend(_BULLET_QUERY.findall(line))
            found.extend(query for query in re.findall(r"`([^`/]{3,80})`", line) if " " in query)
    return list(dict.fromkeys(query.strip() for query in found))


def to_number(cell: str) -> float | None:
    """A table cell as a number: '1,234', '3.2 %', '$41.50', '12k'; None when it holds none."""
    match = re.search(r"[-+−]?\d[\d,]*(?:\.\d+)?", cell)
    if match is None:
        return None
    value = float(match[0].replace(",", "").replace("−", "-"))
    rest = cell[match.end() :].strip().lower()
    return value / 100 if rest.startswith("%") else value * 1000 if rest.startswith("k") else value


def page_path(text: str) -> str:
    """The path of a page given as a path or URL; empty when it is neither."""
    match = re.match(r"^`?(?:https?://[^/\s`]+)?(?P<path>/[a-z0-9/_-]*)`?(?:[?#]\S*)?$", text.strip().lower())
    if match is None:
        return "/" if re.match(r"^https?://[^/\s]+$", text.strip()) else ""
    return match["path"] if match["path"] == "/" else match["path"].rstrip("/")


def _grown(row: Row) -> bool:
    """Whether a row that compares two periods shows a query that came up."""
    before = row.value("before", "previous", "prior", "earlier", "baseline", "之前", "上期")
    now = row.value("after", "now", "since", "current", "recent", "last", "latest", "近期", "本期")
    return before is not None and now is not None and now > 1.5 * before + 0.5


def _named(row: Row, heading: re.Pattern[str]) -> str:
    return next((value for name, value in row.cells.items() if heading.search(name)), "")


def _rows(text: str) -> list[Row]:
    found: list[Row] = []
    head: list[str] = []
    title = ""
    for line in text.splitlines():
        line = line.strip()
        if not line.startswith("|"):
            head = []
            title = plain(line.lstrip("#")) if line else title
            continue
        cells = [plain(cell) for cell in line.strip("|").split("|")]
        if not head:
            head = [cell.lower() for cell in cells]
        elif not all(re.fullmatch(r":?-*:?", cell) for cell in cells):
            found.append(Row(dict(zip(head, cells, strict=False)), title))
    return found
