"""WordPress's REST API, as far as pages need it: look up, create, update, autosave, front page, what the user may do.

Source: developer.wordpress.org/rest-api/reference/pages and the core controllers of WordPress 6.1
(`WP_REST_Posts_Controller`, `WP_REST_Autosaves_Controller`). Facts that shape this module: a slug posted twice becomes
`slug-2`; unregistered meta is dropped without a word; users without the capability `unfiltered_html` lose scripts and
forms without a word; a date in the future makes `publish` into `future`; a page beyond the last is an error 400.
"""

from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolErrorKind
from resources.calling import UNLIMITED, CallLimiter
from resources.wordpress_errors import TOOL, WordPressError, unreadable
from resources.wordpress_http import TIMEOUT_S, WordPressHttp, parsed

__all__ = ["FRONT_PAGE_SLUG", "TOOL", "WordPressClient", "WpPage", "WpUser"]

PAGE_ROWS: Final = 100
"""Most rows WordPress returns at once."""
FRONT_PAGE_SLUG: Final = "home"
NEEDED: Final = ("edit_pages", "publish_pages", "unfiltered_html")
"""Capabilities without which no page can be published; forms and tests are the unfiltered HTML."""
FRONT_PAGE_NEEDS: Final = "manage_options"
_UNFILTERED_LINK: Final = "wp:action-unfiltered-html"


class _Rendered(BaseModel):
    raw: str = ""
    rendered: str = ""
    protected: bool = False


class WpPage(BaseModel):
    """A page as an editor sees it (context=edit)."""

    model_config = ConfigDict(frozen=True)

    id: int
    slug: str = ""
    status: str = ""
    """publish, future, draft, pending, private, trash."""
    link: str = ""
    parent: int = 0
    date: str = ""
    password: str = ""
    title: _Rendered = Field(default_factory=_Rendered)
    content: _Rendered = Field(default_factory=_Rendered)
    meta: dict[str, Any] | list[Any] = Field(default_factory=dict)
    links: dict[str, Any] = Field(default_factory=dict, alias="_links")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, row: Any) -> Any:
        """An autosave of a draft has null where a page has its date, status, link …"""
        return {name: value for name, value in row.items() if value is not None} if isinstance(row, dict) else row

    @property
    def whole(self) -> bool:
        """Whether the answer held everything that a decision hangs on; a default must not decide."""
        return {"slug", "status", "parent", "content", "links"} <= self.model_fields_set

    @property
    def public(self) -> bool:
        """Whether visitors see what the page says."""
        return self.status == "publish" and not self.locked

    @property
    def locked(self) -> bool:
        """Whether visitors are asked for a password."""
        return bool(self.password) or self.content.protected

    @property
    def unfiltered(self) -> bool:
        """Whether this user's scripts and forms survive on this page."""
        return _UNFILTERED_LINK in self.links

    def has_meta(self, name: str) -> bool:
        """Whether the meta field is registered, so that writing it is kept."""
        return isinstance(self.meta, dict) and name in self.meta


class WpUser(BaseModel):
    """Whom the site takes us for. `capabilities` are what the user's roles give."""

    model_config = ConfigDict(frozen=True)

    id: int
    roles: tuple[str, ...] = ()
    capabilities: dict[str, bool] = Field(default_factory=dict)

    def may(self, capability: str) -> bool:
        return self.capabilities.get(capability, False)


class WordPressClient:
    """One site, as one user; see WordPressHttp for what the connection must hold. Every method raises ToolError."""

    def __init__(
        self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._http = WordPressHttp(connection, limiter=limiter, timeout_s=timeout_s)
        self.base_url = self._http.base_url
        self._user = connection.settings.get("user", "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def check(self) -> str:
        """Ask what publishing will need; a note of what cannot be done, or empty. Raises ToolError for what lacks."""
        user = self.me()
        lacking = [name for name in NEEDED if not user.may(name)]
        newest = self._page_of({"per_page": "1", "orderby": "id", "order": "desc"})
        if newest and not newest[0].unfiltered and "unfiltered_html" not in lacking:
            lacking.append("unfiltered_html")  # forbidden for everyone (DISALLOW_UNFILTERED_HTML, a network of sites)
        if lacking:
            raise WordPressError(
                ToolErrorKind.AUTH,
                f"user {self._user} ({', '.join(user.roles) or 'no role'}) lacks {', '.join(lacking)}",
                hint="give the user a role with these capabilities (Editor or Administrator; in a network of sites, "
                "unfiltered_html is a network administrator's)",
            )
        if not user.may(FRONT_PAGE_NEEDS):
            return f"the front page cannot be published: user {self._user} lacks {FRONT_PAGE_NEEDS} (Administrator)"
        return ""

    def me(self) -> WpUser:
        """The user we are signed in as."""
        row = parsed(self._http.read("/wp/v2/users/me", {"context": "edit"}))
        try:
            return WpUser.model_validate(row)
        except ValidationError as error:
            raise _shape("the user", error) from None

    def home(self) -> str:
        """The address visitors use, without a slash at the end."""
        return str(_document(parsed(self._http.read("/")), "the index").get("home") or self.base_url).rstrip("/")

    def pages(self, slug: str) -> tuple[WpPage, ...]:
        """All pages with this slug, whatever their status and parent (not those in the trash)."""
        return self._page_of(
            {"slug": slug, "per_page": str(PAGE_ROWS), "orderby": "id", "order": "asc"}, all_of_them=True
        )

    def page(self, id: int) -> WpPage:
        return _whole(_page(parsed(self._http.read(f"/wp/v2/pages/{id}", {"context": "edit"}))))

    def page_at(self, path: str) -> WpPage | None:
        """The page whose slug and parents spell `path`; "/" is the site's front page. None when there is none."""
        if path == "/":
            return self._front_page()
        parent, found = 0, None
        for slug in path.strip("/").split("/"):
            found = next((_whole(page) for page in self.pages(slug) if _whole(page).parent == parent), None)
            if found is None:
                return None
            parent = found.id
        return found

    def create(self, fields: dict[str, object]) -> WpPage:
        """A new page. On an outage the caller must look up before it tries again."""
        return _whole(_page(parsed(self._http.write("/wp/v2/pages", fields))))

    def update(self, id: int, fields: dict[str, object]) -> WpPage:
        """Change a page; the version before becomes a revision. On an outage the caller must look up first."""
        return _whole(_page(parsed(self._http.write(f"/wp/v2/pages/{id}", fields))))

    def discard_draft(self, id: int) -> None:
        """Delete a page this client has just created and that never was public; somebody else may have done it."""
        try:
            self._http.delete(f"/wp/v2/pages/{id}", {"force": "true"})
        except WordPressError as error:
            if not error.gone:
                raise

    def autosave(self, id: int, fields: dict[str, object]) -> WpPage:
        """Keep changes of a public page beside it, for a person to look at; one per user and page."""
        return _page(parsed(self._http.write(f"/wp/v2/pages/{id}/autosaves", fields)))

    def autosaves(self, id: int) -> tuple[WpPage, ...]:
        rows = parsed(self._http.read(f"/wp/v2/pages/{id}/autosaves", {"context": "edit"}))
        return tuple(_page(row) for row in _list(rows, "autosaves"))

    def set_front_page(self, id: int) -> None:
        """Let visitors of "/" see this page; needs the capability manage_options."""
        told = self._settings({"show_on_front": "page", "page_on_front": id})
        if _id(told.get("page_on_front")) != id:
            raise WordPressError(
                ToolErrorKind.INVALID,
                f"WordPress did not make page {id} the front page",
                hint="a plugin decides about the front page (multilingual plugins do): choose it in Settings > Reading",
            )

    def _front_page(self) -> WpPage | None:
        settings = self._settings()
        chosen = _id(settings.get("page_on_front"))
        if settings.get("show_on_front") == "page" and chosen:
            return self.page(chosen)
        return next((page for page in self.pages(FRONT_PAGE_SLUG) if _whole(page).parent == 0), None)

    def _settings(self, change: dict[str, object] | None = None) -> dict[str, Any]:
        path = "/wp/v2/settings"
        try:
            answer = self._http.write(path, change) if change else self._http.read(path)
        except WordPressError as error:
            if error.code != "rest_forbidden":
                raise
            raise WordPressError(
                ToolErrorKind.AUTH,
                f"user {self._user} may not read or change the site's settings, which hold the front page",
                code=error.code,
                hint=f'to publish "/", give the user {FRONT_PAGE_NEEDS} (Administrator)',
                status=error.status,
            ) from None
        return _document(parsed(answer), "the settings")

    def _page_of(self, query: dict[str, str], *, all_of_them: bool = False) -> tuple[WpPage, ...]:
        """The pages a query finds, each once; the first page of them, or all."""
        found: dict[int, WpPage] = {}
        number = 1
        while True:
            asked = {**query, "status": "any", "context": "edit", **({"page": str(number)} if number > 1 else {})}
            try:
                answer = self._http.read("/wp/v2/pages", asked, counted=True)
            except WordPressError as error:
                if error.code == "rest_post_invalid_page_number" and number > 1:
                    break  # pages were deleted while they were counted
                raise
            pages = [_page(row) for row in _list(parsed(answer), "pages")]
            fresh = [page for page in pages if page.id not in found]
            found.update((page.id, page) for page in fresh)
            if pages and not fresh:
                raise unreadable(f"page {number} of the pages repeats those before it")
            if not all_of_them or number >= _pages_there_are(answer.headers.get("x-wp-totalpages", "1")):
                break
            number += 1
        return tuple(found.values())


def _id(told: Any) -> int:
    if told is not None and not isinstance(told, int):
        raise unreadable(f"the front page's id came as {str(told)[:40]!r}")
    return told or 0


def _pages_there_are(told: str) -> int:
    if not told.isdigit():
        raise unreadable(f"a list of pages came with X-WP-TotalPages {told[:40]!r}")
    return int(told)


def _page(row: Any) -> WpPage:
    try:
        return WpPage.model_validate(row)
    except ValidationError as error:
        raise _shape("a page", error) from None


def _whole(page: WpPage) -> WpPage:
    """`page` where nothing is missing. Raises ToolError: a page without its status is neither public nor a draft."""
    if not page.whole:
        raise unreadable(f"page {page.id} came without its slug, status, parent, content or links")
    return page


def _shape(what: str, error: ValidationError) -> WordPressError:
    fault = error.errors()[0]
    return unreadable(f"{what} came in another shape: {'.'.join(map(str, fault['loc']))}: {fault['msg']}")


def _list(rows: Any, what: str) -> list[Any]:
    if not isinstance(rows, list):
        raise unreadable(f"{what} came as {type(rows).__name__}, not as a list")
    return rows


def _document(found: Any, what: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise unreadable(f"{what} came as {type(found).__name__}, not as an object")
    return found
