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
            work.say(f"The crawl found a link on {page} to {target}, which answers with an error.",
                     f"抓取发现{page}上的链接{target}打不开。"),
            work.say("A link leads nowhere", "链接失效"),
            work.say(f"Point the link to a page that exists, or bring {target} back.",
                     f"把链接改到存在的页面，或恢复{target}。"),
        )  # fmt: skip


def _missing(work: Work, pages: list[list[str]]) -> Iterator[Content]:
    names = ((2, "title tag", "标题标签"), (3, "meta description", "描述"), (4, "main heading (h1)", "主标题（h1）"))
    for row in pages:
        for column, english, chinese in names if row[1] == "200" else ():
            if not row[column]:
                yield _finding(
                    row[0],
                    "medium",
                    work.say(f"The crawl read {row[0]} and found no {english}.", f"抓取{row[0]}时没有找到{chinese}。"),
                    work.say(f"The page has no {english}", f"页面没有{chinese}"),
                    work.say("Write one that names the page's subject in the searcher's words.",
                             "用搜索者的说法写明页面的主题。"),
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
                work.say(f"The crawl found the title “{cut(title, 120)}” on {listed}.",
                         f"抓取发现{listed}的标题都是“{cut(title, 120)}”。"),
                work.say("Several pages share one title", "多个页面标题相同"),
                work.say("Give each page a title of its own.", "给每个页面写不同的标题。"),
            )  # fmt: skip


def _finding(page: str, impact: str, evidence: str, problem: str, fix: str) -> Content:
    return {
        "area": "technical", "impact": impact, "page": page, "evidence": evidence, "problem": problem, "fix": fix,
    }  # fmt: skip


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL.split(line.strip().strip("|"))]
