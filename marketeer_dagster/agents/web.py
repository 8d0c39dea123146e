"""What agents may see of the web: one page as readable text, or what a small crawl found on a site. Both are data."""

from typing import Protocol

from pydantic import Field

from marketeer_dagster.model.base import Value

_CELL = 120
"""Characters of one cell of the crawl's table."""


class CrawledPage(Value):
    """One address of a site as a crawler found it."""

    path: str
    """Below the site's root, for instance /pricing."""
    status: int
    """HTTP status after redirects; 0 when no answer came."""
    title: str = ""
    description: str = ""
    headings: tuple[str, ...] = ()
    """Texts of the h1 elements."""
    canonical: str = ""
    words: int = Field(default=0, ge=0)
    links: tuple[str, ...] = ()
    """Paths of the same site it links to, each once."""


class SiteCrawl(Value):
    """What was found on one site, in the order visited."""

    root: str
    pages: tuple[CrawledPage, ...]
    forbidden: tuple[str, ...] = ()
    """Paths that robots.txt closes to crawlers."""
    unvisited: int = Field(default=0, ge=0)
    """Known pages that the limit on pages or time left out."""

    @property
    def broken(self) -> tuple[tuple[str, str], ...]:
        """Each link to a page that answers with an error, as (page with the link, where it leads)."""
        bad = {page.path for page in self.pages if not 200 <= page.status < 400}
        return tuple((page.path, link) for page in self.pages for link in page.links if link in bad)

    def render(self) -> str:
        """The crawl as Markdown: a table of pages, then links that lead nowhere."""
        rows = [
            (p.path, p.status, p.title, p.description, " / ".join(p.headings), p.canonical, p.words, len(p.links))
            for p in self.pages
        ]
        head = ("Page", "Status", "Title", "Meta description", "h1", "Canonical", "Words", "Internal links")
        parts = [f"{len(self.pages)} pages visited, {self.unvisited} more known.", _table(head, rows)]
        if self.broken:
            parts.append(_table(("Broken link on", "Leads to"), self.broken))
        if self.forbidden:
            parts.append("Closed to crawlers by robots.txt: " + ", ".join(map(_cell, self.forbidden[:10])))
        return "\n\n".join(parts)


class WebReader(Protocol):
    """Reads the web on agents' behalf. Whatever it returns was written by strangers."""

    def page(self, url: str) -> str:
        """Readable text of one public page. Raises ToolError: `missing` where there is none, `invalid` where the
        address must not be read."""
        ...

    def crawl(self, root: str) -> SiteCrawl:
        """A small, polite look around the site at `root`, its robots.txt respected. Raises ToolError as `page`."""
        ...


def _table(head: tuple[str, ...], rows: "list[tuple[str | int, ...]] | tuple[tuple[str, str], ...]") -> str:
    lines = [[*map(str, head)], ["---"] * len(head), *([_cell(str(cell)) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    return line if len(line) <= _CELL else f"{line[:_CELL].rstrip()}…"
