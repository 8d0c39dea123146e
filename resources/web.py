"""Reading public pages on agents' behalf: guarded addresses, bounded size and time, and a small polite crawl."""

import time
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.robotparser import RobotFileParser

import httpx

from marketeer_dagster.agents.web import CrawledPage, SiteCrawl
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.publishing.page_facts import page_facts
from marketeer_dagster.publishing.page_text import readable_text
from resources.calling import UNLIMITED, CallLimiter, call, kind_of_status
from resources.web_guard import TOOL, Admitted, Guard, Resolve, resolve

AGENT: Final = "marketeer-dagster"
"""The name by which robots.txt may address us."""
LARGEST_PAGE: Final = 2_000_000
"""Bytes of a page that are read; the rest is not looked at."""
MOST_PAGES: Final = 25
MOST_REDIRECTS: Final = 5
PAGE_S: Final = 20.0
"""Seconds one page may take, redirects included."""
CRAWL_S: Final = 60.0
"""Seconds a crawl goes on opening pages."""
ATTEMPTS: Final = 3
_READABLE: Final = ("text/html", "application/xhtml+xml", "text/plain")
_HEADERS: Final = {"Accept": "text/html, text/plain;q=0.5", "Accept-Encoding": "identity", "User-Agent": AGENT}


@dataclass(frozen=True)
class Fetched:
    """An answer: where it came from after redirects, its status, and its text (empty unless it is a readable page)."""

    url: httpx.URL
    status: int
    text: str


class Web:
    """Implements agents.web.WebReader. `own` are roots of the tenant's simulated site; see web_guard."""

    def __init__(
        self,
        own: Collection[str] = (),
        *,
        limiter: CallLimiter = UNLIMITED,
        resolver: Resolve = resolve,
        page_s: float = PAGE_S,
        largest: int = LARGEST_PAGE,
    ) -> None:
        self._guard = Guard(own, resolver=resolver)
        self._limiter, self._page_s, self._largest = limiter, page_s, largest

    def page(self, url: str) -> str:
        fetched = self._fetch(url)
        if not 200 <= fetched.status < 300:
            kind = kind_of_status(fetched.status)
            raise ToolError(TOOL, kind, f"{url} answers {fetched.status}", status=fetched.status)
        return readable_text(fetched.text)

    def crawl(self, root: str) -> SiteCrawl:
        asked = httpx.URL(root)
        landed = self._fetch(root).url
        if landed.host.removeprefix("www.") == asked.host.removeprefix("www."):
            asked = asked.copy_with(scheme=landed.scheme, host=landed.host, port=landed.port)
        site = _Site(asked, simulated=self._guard.is_own(asked))
        robots = self._robots(site.robots)
        waiting, known = deque(["/"]), {"/"}
        pages: list[CrawledPage] = []
        forbidden: list[str] = []
        deadline = time.monotonic() + CRAWL_S
        while waiting and len(pages) < MOST_PAGES and time.monotonic() < deadline:
            path = waiting.popleft()
            if not robots.can_fetch(AGENT, str(site.url(path))):
                forbidden.append(path)
                continue
            page = self._visit(site, path)
            pages.append(page)
            fresh = [link for link in page.links if link not in known]
            known.update(fresh)
            waiting.extend(fresh)
        return SiteCrawl(root=root, pages=tuple(pages), forbidden=tuple(forbidden), unvisited=len(waiting))

    def _visit(self, site: "_Site", path: str) -> CrawledPage:
        try:
            fetched = self._fetch(str(site.url(path)))
        except ToolError as error:
            return CrawledPage(path=path, status=error.status or 0)
        facts = page_facts(fetched.text)
        links = dict.fromkeys(found for link in facts.links if (found := site.path(fetched.url, link)))
        return CrawledPage(
            path=path,
            status=fetched.status,
            title=facts.title,
            description=facts.description,
            headings=facts.headings,
            canonical=facts.canonical,
            words=facts.words,
            links=tuple(links),
        )

    def _robots(self, url: httpx.URL) -> RobotFileParser:
        """The site's rules; none where the file is missing, and everything closed where it cannot be had (RFC 9309)."""
        rules = RobotFileParser()
        fetched = self._fetch(str(url))
        if 200 <= fetched.status < 300:
            rules.parse(fetched.text.splitlines())
        else:
            rules.parse([] if fetched.status < 500 else ["User-agent: *", "Disallow: /"])
        return rules

    def _fetch(self, url: str) -> Fetched:
        def attempt() -> Fetched:
            fetched = self._followed(url)
            if fetched.status in (429, 503):
                message = f"{url} answers {fetched.status}"
                raise ToolError(TOOL, kind_of_status(fetched.status), message, status=fetched.status)
            return fetched

        host = httpx.URL(url).host
        return call(TOOL, attempt, translate=_unreachable, limiter=self._limiter, account=host, attempts=ATTEMPTS)

    def _followed(self, url: str) -> Fetched:
        deadline = time.monotonic() + self._page_s
        target = self._guard.admit(url)
        # A proxy from the environment would resolve names itself, past the guard.
        with httpx.Client(headers=_HEADERS, follow_redirects=False, trust_env=False) as client:
            for _ in range(MOST_REDIRECTS + 1):
                answer = self._answer(client, target, deadline)
                if isinstance(answer, Fetched):
                    return answer
                target = self._guard.admit(answer)
        raise ToolError(TOOL, ToolErrorKind.INVALID, f"{url} redirects without end")

    def _answer(self, client: httpx.Client, target: Admitted, deadline: float) -> Fetched | httpx.URL:
        """The page, or where it redirects to."""
        left = max(0.1, deadline - time.monotonic())
        request = client.build_request(
            "GET",
            target.pinned,
            headers={"Host": target.host},
            extensions={"sni_hostname": target.url.host},
            timeout=left,
        )
        answer = client.send(request, stream=True)
        try:
            if answer.is_redirect and "location" in answer.headers:
                return target.url.join(answer.headers["location"])
            readable = answer.headers.get("content-type", "text/html").split(";")[0].strip().lower() in _READABLE
            return Fetched(target.url, answer.status_code, self._text(answer, deadline) if readable else "")
        finally:
            answer.close()

    def _text(self, answer: httpx.Response, deadline: float) -> str:
        received = bytearray()
        for piece in answer.iter_bytes():
            received += piece
            if len(received) >= self._largest:
                break
            if time.monotonic() > deadline:
                raise ToolError(TOOL, ToolErrorKind.OUTAGE, f"{answer.headers.get('host', 'the page')} takes too long")
        return bytes(received[: self._largest]).decode(answer.encoding or "utf-8", "replace")


class _Site:
    """The addresses of one site as paths below its root. A simulated site lives in a folder of the sandbox."""

    def __init__(self, root: httpx.URL, *, simulated: bool) -> None:
        self._root = root.copy_with(path=root.path.rstrip("/") or "/", query=None, fragment=None)
        self._base = self._root.path.rstrip("/")
        self.robots = self._root.copy_with(path=f"{self._base if simulated else ''}/robots.txt")

    def url(self, path: str) -> httpx.URL:
        return self._root.copy_with(path=f"{self._base}{path}")

    def path(self, page: httpx.URL, link: str) -> str:
        """Where `link` on `page` leads, as a path of this site; empty when it leads elsewhere."""
        try:
            target = page.join(link)
        except (httpx.InvalidURL, ValueError):
            return ""
        if (target.scheme, target.host, target.port) != (self._root.scheme, self._root.host, self._root.port):
            return ""
        path = target.path
        if path != self._base and not path.startswith(f"{self._base}/"):
            return ""
        return path.removeprefix(self._base).rstrip("/") or "/"


def _unreachable(error: Exception) -> ToolError | None:
    if isinstance(error, httpx.TransportError | httpx.DecodingError):
        return ToolError(TOOL, ToolErrorKind.OUTAGE, f"{type(error).__name__}: {error}".rstrip(": "))
    return None
