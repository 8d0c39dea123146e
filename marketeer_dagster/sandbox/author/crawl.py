"""Technical findings of an SEO audit: what a crawl of the site shows, read as data."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.text import cut
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_CELL = re.compile(r"(?<!\\)\|")
_COLUMNS = 8
"""Page, status, title, description, h1, canonical, words, internal links."""
_MOST = 4


def technical(work: Work) -> list[Content]:
    """Broken links first, then pages without title, description or main heading, then titles used twice."""
    rows = [_cells(line) for line in work.task.block("site_crawl").text.splitlines() if line.startswith("| ")]
    pages = [row for row in rows if len(row) == _COLUMNS and row[1].isdigit()]
    broken = [row for row in rows if len(row) == 2 and row[0].startswith("/")]
    return [*_broken(work, broken), *_missing(work, pages), *_repeated(work, pages)][:_MOST]


def _broken(work: Work, links: list[list[str]]) -> Iterator[Content]:
    for page, target in links:
        yield _finding(
            page,
            "high",
            f"The crawl found a link on {page} to {target}, which answers with an error.",
            "A link leads nowhere",
            f"Point the link to a page that exists, or bring {target} back.",
        )  # fmt: skip


def _missing(work: Work, pages: list[list[str]]) -> Iterator[Content]:
    names = ((2, "title tag"), (3, "meta description"), (4, "main heading (h1)"))
    for row in pages:
        for column, part in names if row[1] == "200" else ():
            if not row[column]:
                yield _finding(
                    row[0],
                    "medium",
                    f"The crawl read {row[0]} and found no {part}.",
                    f"The page has no {part}",
                    "Write one that names the page's subject in the searcher's words.",
                )  # fmt: skip


def _repeated(work: Work, pages: list[list[str]]) -> Iterator[Content]:
    by_title: dict[str, list[str]] = {}
    for row in pages:
        if row[2]:
            by_title.setdefault(row[2], []).append(row[0])
    for title, paths in by_title.items():
        if len(paths) > 1:
            listed = ", ".join(paths[:4])
            yield _finding(
                paths[0],
                "medium",
                f"The crawl found the title “{cut(title, 120)}” on {listed}.",
                "Several pages share one title",
                "Give each page a title of its own.",
            )  # fmt: skip


def _finding(page: str, impact: str, evidence: str, problem: str, fix: str) -> Content:
    return {
        "area": "technical", "impact": impact, "page": page, "evidence": evidence, "problem": problem, "fix": fix,
    }  # fmt: skip


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]
