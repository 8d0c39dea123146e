"""WordPress as a publishing channel: pages found by their path, recognised by a key in their content, written once.

How a page is written: a new one as a draft, then made public; a newer version, a test or its winner changes the page
that stands at the path (WordPress keeps the version before as a revision). What must not become public yet waits as a
draft, or, where the page is already public, as an autosave that editors are offered when they open it.
"""

from collections.abc import Callable
from html import unescape
from typing import Final

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.publication import Publication, Receipt
from marketeer_dagster.model.site_path import within
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.html import keyed
from marketeer_dagster.publishing.pages import PAGE_ARTEFACTS, PagePayload, page_draft
from marketeer_dagster.publishing.protocols import Draft, Trial
from resources.calling import UNLIMITED, CallLimiter
from resources.wordpress_errors import WordPressError
from resources.wordpress_rest import FRONT_PAGE_SLUG, TOOL, WordPressClient, WpPage
from resources.writing import write_once

_NEEDS_UNFILTERED: Final = ("<script", "<form", "<input", "<style")
_ASSIGNMENT: Final = "data-experiment-assignment"


class WordPressPublisher:
    """Implements publishing.protocols.Publisher for one tenant's site.

    Optional settings: `template` (page template for new pages, for instance one without the theme's own title),
    `description_meta` (registered meta field of an SEO plugin that takes the meta description; it is always in the
    excerpt, which such plugins read by default), `site_url` (address of the public site where it differs).
    """

    tool = TOOL

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.tenant, self.simulated = connection.tenant, connection.simulated
        self._settings = connection.settings
        self._client = WordPressClient(connection, limiter=limiter)
        self._site = connection.settings.get("site_url", "").rstrip("/")

    def close(self) -> None:
        self._client.close()

    def accepts(self, kind: str) -> bool:
        return kind in PAGE_ARTEFACTS

    def prepare(self, tenant: Tenant, artefact: Artefact, trial: Trial | None) -> tuple[Draft, ...]:
        return (page_draft(artefact, trial),)

    def find(self, publication: Publication) -> Receipt | None:
        page = self._client.page_at(self._path(publication))
        if page is None:
            return None
        content = _content(publication)
        if _same(page, content):
            return self._receipt(page, public=page.public, found=True)
        if page.public and any(_same(kept, content) for kept in self._client.autosaves(page.id)):
            return self._receipt(page, public=False, found=True)
        return None

    def write(self, publication: Publication, *, public: bool) -> Receipt:
        try:
            return self._write(publication, public=public)
        except WordPressError as error:
            if not error.gone:
                raise
            # Somebody deleted the page between look-up and write: the next delivery looks again, and makes it anew.
            raise WordPressError(
                ToolErrorKind.CONFLICT, error.message, code=error.code, hint=error.hint, status=error.status
            ) from None

    def _write(self, publication: Publication, *, public: bool) -> Receipt:
        path, content = self._path(publication), _content(publication)
        fields = self._fields(_payload(publication), content)
        page = self._client.page_at(path) or self._create(path, fields, content)
        crash_point("wordpress.after_draft")
        self._check_allowed(page, content)
        if public:
            _check_open(page, path)
            return self._receipt(self._publish(page, path, fields, content), public=True)
        if page.public:
            self._autosave(page, fields, content)
        elif not _same(page, content):
            self._update(page, fields, content, status=page.status)
        return self._receipt(page, public=False)

    def address(self) -> str:
        """The address visitors use, without a slash at the end. Raises ToolError."""
        self._site = self._site or self._client.home()
        return self._site

    def _path(self, publication: Publication) -> str:
        """Where the page stands in WordPress, which knows nothing of the folder that the site lives in."""
        return within(self._site or self._client.base_url, _payload(publication).path)

    def _fields(self, payload: PagePayload, content: str) -> dict[str, object]:
        fields: dict[str, object] = {"title": payload.title, "excerpt": payload.description, "content": content}
        if name := self._settings.get("description_meta"):
            fields["meta"] = {name: payload.description}
        return fields

    def _create(self, path: str, fields: dict[str, object], content: str) -> WpPage:
        """A draft at `path`, below drafts of the parents that are missing."""
        *parents, slug = path.strip("/").split("/") if path != "/" else [FRONT_PAGE_SLUG]
        parent = self._parent("/".join(parents)).id if parents else 0
        body = {"slug": slug, "parent": parent, "status": "draft", **fields}
        if template := self._settings.get("template"):
            body["template"] = template
        return self._created(path, slug, body, lambda page: _same(page, content))

    def _parent(self, path: str) -> WpPage:
        known = self._client.page_at(f"/{path}")
        if known is not None:
            return known
        *above, slug = path.split("/")
        parent = self._parent("/".join(above)).id if above else 0
        body: dict[str, object] = {"slug": slug, "parent": parent, "status": "draft", "title": slug.replace("-", " ")}
        return self._created(f"/{path}", slug, body, lambda page: True)

    def _created(self, path: str, slug: str, body: dict[str, object], ours: Callable[[WpPage], bool]) -> WpPage:
        def look_up() -> WpPage | None:
            page = self._client.page_at(path)
            return page if page is not None and ours(page) else None

        page = write_once(lambda: self._client.create(body), look_up)
        if page.slug == slug:
            return page
        # The slug was taken after all (a write that arrived late, or a file of that name): leave no `slug-2` behind.
        self._client.discard_draft(page.id)
        taken = self._client.page_at(path)
        if taken is None:
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"the address {path} is taken by something that is not a page (WordPress offered {page.slug!r})",
                hint="rename what holds this slug (often an uploaded file), or choose another path",
            )
        return taken

    def _check_allowed(self, page: WpPage, content: str) -> None:
        """Refuse before anything is public what WordPress would drop without a word."""
        if not page.unfiltered and any(tag in content for tag in _NEEDS_UNFILTERED):
            raise ToolError(
                TOOL,
                ToolErrorKind.AUTH,
                f"user {self._settings['user']} may not post unfiltered HTML: form and test script would be removed",
                hint="give the user a role with the capability unfiltered_html (Editor or Administrator)",
            )
        name = self._settings.get("description_meta")
        if name and not page.has_meta(name):
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"meta field {name} is not registered for pages: WordPress would drop it",
                hint="register it with show_in_rest, or remove the setting description_meta",
            )

    def _publish(self, page: WpPage, path: str, fields: dict[str, object], content: str) -> WpPage:
        done = page if page.public and _same(page, content) else self._update(page, fields, content, status="publish")
        crash_point("wordpress.after_publish")
        if not done.public:
            raise ToolError(
                TOOL,
                ToolErrorKind.INVALID,
                f"WordPress keeps page {page.id} at {path} as {done.status!r} instead of publishing it",
                hint=f"its date is {done.date or 'unknown'}: a later one schedules it; or a workflow plugin holds it",
            )
        _check_shown(done, content)
        if path == "/":
            self._client.set_front_page(page.id)
        return done

    def _update(self, page: WpPage, fields: dict[str, object], content: str, *, status: str) -> WpPage:
        def look_up() -> WpPage | None:
            now = self._client.page(page.id)
            return now if now.status == status and _same(now, content) else None

        done = write_once(lambda: self._client.update(page.id, {**fields, "status": status}), look_up)
        return _verified(done, content)

    def _autosave(self, page: WpPage, fields: dict[str, object], content: str) -> WpPage:
        def look_up() -> WpPage | None:
            return next((kept for kept in self._client.autosaves(page.id) if _same(kept, content)), None)

        return _verified(write_once(lambda: self._client.autosave(page.id, fields), look_up), content)

    def _receipt(self, page: WpPage, *, public: bool, found: bool = False) -> Receipt:
        url = page.link if public else f"{self._client.base_url}/wp-admin/post.php?post={page.id}&action=edit"
        return Receipt(external_id=str(page.id), url=url, public=public, found=found)


def _payload(publication: Publication) -> PagePayload:
    return PagePayload.model_validate_json(publication.payload)


def _content(publication: Publication) -> str:
    """The block that the editor and WordPress's automatic paragraphs leave alone."""
    html = keyed(_payload(publication).html, publication.idempotency_key)
    return f"<!-- wp:html -->\n{html}\n<!-- /wp:html -->"


def _check_open(page: WpPage, path: str) -> None:
    """Refuse to publish where somebody hid a page on purpose: visitors would not see it, or were not meant to."""
    if page.locked or page.status in ("private", "future"):
        how = "protected by a password" if page.locked else f"{page.status} ({page.date})"
        raise ToolError(
            TOOL,
            ToolErrorKind.INVALID,
            f"page {page.id} at {path} is {how}: visitors would not see what is published there",
            hint="make the page public in WordPress, or move it to another address, then deliver again",
        )


def _check_shown(page: WpPage, content: str) -> None:
    """Whether the test's script is in what visitors get, not only in what is stored."""
    if _ASSIGNMENT in content and page.content.rendered and _ASSIGNMENT not in page.content.rendered:
        raise ToolError(
            TOOL,
            ToolErrorKind.INVALID,
            f"page {page.id} is stored with its test, but shown without the script that assigns visitors",
            hint="a plugin removes scripts when pages are shown; allow the attribute data-experiment-assignment",
        )


def _same(page: WpPage, content: str) -> bool:
    """Whether the page holds `content`; databases without utf8mb4 keep emoji as entities."""
    return unescape(page.content.raw).strip() == unescape(content).strip()


def _verified(page: WpPage, content: str) -> WpPage:
    if _same(page, content):
        return page
    raise ToolError(
        TOOL,
        ToolErrorKind.INVALID,
        f"WordPress changed the content of page {page.id} while saving it",
        hint="a plugin or a missing capability (unfiltered_html) filters HTML; compare the page with the artefact",
    )
