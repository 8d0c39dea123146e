"""WordPress's REST API, as far as pages need it: look up, create, update, autosave, front page.

Source: developer.wordpress.org/rest-api/reference/pages and the core controllers of WordPress 6.1
(`WP_REST_Posts_Controller`, `WP_REST_Autosaves_Controller`). Facts that shape this module: a slug posted twice becomes
`slug-2`; unregistered meta is dropped without a word; users without the capability `unfiltered_html` lose scripts and
forms without a word.
"""

from collections.abc import Callable
from typing import Any, Final, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ConfigError, ToolError, ToolErrorKind
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call, kind_of_status, retry_after_seconds
from resources.endpoints import reach_of

TOOL: Final = "wordpress"
TIMEOUT_S: Final = 30.0
PAGE_ROWS: Final = 100
"""Most rows WordPress returns at once."""
FRONT_PAGE_SLUG: Final = "home"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HINTS: Final = {
    ToolErrorKind.AUTH: "check user and application_password, and that this user may edit and publish pages",
    ToolErrorKind.MISSING: "check base_url: it must be the site's root, with /wp-json/ below it",
    ToolErrorKind.QUOTA: "the host limits requests; this is tried again later",
    ToolErrorKind.OUTAGE: "check that the site is up; this is tried again later",
}


class _Rendered(BaseModel):
    raw: str = ""
    rendered: str = ""


class WpPage(BaseModel):
    """A page as an editor sees it (context=edit)."""

    model_config = ConfigDict(frozen=True)

    id: int
    slug: str = ""
    status: str = ""
    link: str = ""
    parent: int = 0
    title: _Rendered = Field(default_factory=_Rendered)
    content: _Rendered = Field(default_factory=_Rendered)
    meta: dict[str, Any] | list[Any] = Field(default_factory=dict)
    links: dict[str, Any] = Field(default_factory=dict, alias="_links")

    @property
    def public(self) -> bool:
        return self.status == "publish"

    @property
    def unfiltered(self) -> bool:
        """Whether this user's scripts and forms survive on this page."""
        return "wp:action-unfiltered-html" in self.links

    def has_meta(self, name: str) -> bool:
        """Whether the meta field is registered, so that writing it is kept."""
        return isinstance(self.meta, dict) and name in self.meta


class WordPressClient:
    """One site, as one user. Needs settings `base_url` and `user` and secret `application_password`.

    Raises ConfigError for a connection that lacks one of them, or that would send the password over plain HTTP to a
    host other than this machine (a simulated site excepted). Every method raises ToolError.
    """

    def __init__(
        self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.base_url = _root(connection)
        self._connection = connection
        self._account = connection.tenant
        self._limiter = limiter
        self._http = httpx.Client(
            base_url=f"{self.base_url}/wp-json",
            auth=(_needed(connection, "user"), _password(connection)),
            timeout=timeout_s,
            headers={"Accept": "application/json", "User-Agent": "marketeer-dagster"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def home(self) -> str:
        """The address visitors use, without a slash at the end."""
        return str(self._json(self._read("/")).get("home") or self.base_url).rstrip("/")

    def pages(self, slug: str) -> tuple[WpPage, ...]:
        """All pages with this slug, whatever their status and parent (not those in the trash)."""
        query = {"slug": slug, "status": "any", "context": "edit", "per_page": str(PAGE_ROWS), "orderby": "id"}
        ordered = query | {"order": "asc"}
        answer = self._call(lambda: _counted(self._http.get("/wp/v2/pages", params=ordered)), attempts=READ_ATTEMPTS)
        return tuple(_page(row) for row in self._json(answer))

    def page(self, id: int) -> WpPage:
        return _page(self._json(self._read(f"/wp/v2/pages/{id}", {"context": "edit"})))

    def page_at(self, path: str) -> WpPage | None:
        """The page whose slug and parents spell `path`; "/" is the site's front page. None when there is none."""
        if path == "/":
            return self._front_page()
        parent, found = 0, None
        for slug in path.strip("/").split("/"):
            found = next((page for page in self.pages(slug) if page.parent == parent), None)
            if found is None:
                return None
            parent = found.id
        return found

    def create(self, fields: dict[str, object]) -> WpPage:
        """A new page. On an outage the caller must look up before it tries again."""
        return _page(self._json(self._write("/wp/v2/pages", fields)))

    def update(self, id: int, fields: dict[str, object]) -> WpPage:
        """Change a page; the version before becomes a revision. On an outage the caller must look up first."""
        return _page(self._json(self._write(f"/wp/v2/pages/{id}", fields)))

    def discard_draft(self, id: int) -> None:
        """Delete a page this client has just created and that never was public."""
        self._call(lambda: self._http.delete(f"/wp/v2/pages/{id}", params={"force": "true"}), repeatable=False)

    def autosave(self, id: int, fields: dict[str, object]) -> WpPage:
        """Keep changes of a public page beside it, for a person to look at; one per user and page."""
        return _page(self._json(self._write(f"/wp/v2/pages/{id}/autosaves", fields)))

    def autosaves(self, id: int) -> tuple[WpPage, ...]:
        return tuple(_page(row) for row in self._json(self._read(f"/wp/v2/pages/{id}/autosaves", {"context": "edit"})))

    def set_front_page(self, id: int) -> None:
        """Let visitors of "/" see this page; needs the capability manage_options."""
        self._write("/wp/v2/settings", {"show_on_front": "page", "page_on_front": id})

    def _front_page(self) -> WpPage | None:
        settings = self._json(self._read("/wp/v2/settings"))
        chosen = int(settings.get("page_on_front") or 0)
        if settings.get("show_on_front") == "page" and chosen:
            return self.page(chosen)
        return next((page for page in self.pages(FRONT_PAGE_SLUG) if page.parent == 0), None)

    def _read(self, path: str, query: dict[str, str] | None = None) -> httpx.Response:
        return self._call(lambda: self._http.get(path, params=query), attempts=READ_ATTEMPTS)

    def _write(self, path: str, body: dict[str, object]) -> httpx.Response:
        return self._call(lambda: self._http.post(path, json=body), repeatable=False)

    def _call(self, send: Callable[[], httpx.Response], **how: Any) -> httpx.Response:
        return call(
            TOOL,
            lambda: _accepted(send()),
            translate=_transport,
            limiter=self._limiter,
            account=self._account,
            reach=reach_of(self._connection),
            **how,
        )

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise _unreadable(f"{answer.request.url.path} answered {answer.status_code} without JSON") from None


def _root(connection: Connection) -> str:
    url = httpx.URL(_needed(connection, "base_url"))
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f"not a web address: {url}", where=f"{connection.tenant}/{TOOL} base_url")
    if url.scheme == "http" and url.host not in _LOOPBACK and not connection.simulated:
        raise ConfigError(
            "would send the application password unencrypted",
            where=f"{connection.tenant}/{TOOL} base_url",
            expected="an https address",
        )
    return str(url).rstrip("/")


def _needed(connection: Connection, name: str) -> str:
    value = connection.settings.get(name, "")
    if not value:
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --set {name}=…"
        raise ConfigError(f"{name} is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return value


def _password(connection: Connection) -> str:
    secret = connection.secrets.get("application_password")
    if secret is None or not secret.get_secret_value():
        hint = f"marketeer connect {TOOL} --tenant {connection.tenant} --secret application_password=ENVVAR"
        raise ConfigError("application_password is missing", where=f"{connection.tenant}/{TOOL}", hint=hint)
    return secret.get_secret_value()


def _page(row: Any) -> WpPage:
    try:
        return WpPage.model_validate(row)
    except ValidationError as error:
        raise _unreadable(f"a page came in another shape: {error.errors()[0]['msg']}") from None


def _accepted(answer: httpx.Response) -> httpx.Response:
    """`answer` when WordPress did what was asked; raises ToolError with its own words otherwise."""
    if answer.is_success:
        return answer
    if answer.is_redirect:
        raise ToolError(
            TOOL,
            ToolErrorKind.INVALID,
            f"{answer.request.url} redirects to {answer.headers.get('location', '?')}",
            hint="use the address it redirects to as base_url",
            status=answer.status_code,
        )
    kind = ToolErrorKind.AUTH if _refuses_user(answer) else kind_of_status(answer.status_code)
    raise ToolError(
        TOOL,
        kind,
        _words(answer),
        hint=_HINTS.get(kind),
        status=answer.status_code,
        retry_after_s=retry_after_seconds(answer.headers.get("retry-after")),
    )


def _counted(answer: httpx.Response) -> httpx.Response:
    """A list with its count. Without it a broken cache or proxy answered: trusting it would make a page twice."""
    if answer.is_success and "x-wp-total" not in answer.headers:
        raise _unreadable("a list of pages came without X-WP-Total")
    return answer


def _words(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        return f"{body['message']} [{body['code']}]"
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.method} {answer.request.url.path} answered {answer.status_code}"


def _refuses_user(answer: httpx.Response) -> bool:
    """Whether a 400 hides a 401: asked for drafts by someone it does not know, WordPress calls `status` invalid."""
    return answer.status_code == 400 and '"rest_forbidden_status"' in answer.text


def _transport(error: Exception) -> ToolError | None:
    if not isinstance(error, httpx.TransportError):
        return None
    return ToolError(
        TOOL, ToolErrorKind.OUTAGE, f"{type(error).__name__}: {error}".rstrip(": "), hint=_HINTS[ToolErrorKind.OUTAGE]
    )


def _unreadable(what: str) -> ToolError:
    return ToolError(TOOL, ToolErrorKind.OUTAGE, what, hint="a cache, proxy or plugin stands between; try again later")
