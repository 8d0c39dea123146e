"""What WordPress does with pages: slugs made unique, paths from parents, revisions, autosaves, the front page.

Behaviour observed on WordPress 6.1 (`tests/contract/test_wordpress_contract.py` holds both to the same assertions).
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.world import World

STATUSES: Final = ("publish", "future", "draft", "pending", "private")
REGISTERED_META: Final = ("meta_description",)
"""Meta fields that an SEO plugin would have registered; every other one is dropped."""
_TAKEN_SLUGS: Final = frozenset({"feed", "rdf", "rss", "rss2", "atom", "embed"})
_KEY: Final = re.compile(r"marketeer:key=([A-Za-z0-9_.:-]+)")
_PARENT, _TEMPLATE = "_parent", "_template"
LOCK: Final = "_password"
"""Where a page's own password is kept."""


class SitePages:
    """One tenant's WordPress. Callers hold `world.lock` around what they read and then write."""

    def __init__(self, world: World, tenant: str) -> None:
        self._world, self._tenant = world, tenant
        self._pages = world.site(tenant).pages
        self._documents = world.documents(tenant, "wordpress")

    def list(self) -> "list[Page]":
        return [page for page in self._pages.list(kind="page") if page.status != "trash"]

    def get(self, id: int) -> Page | None:
        page = self._pages.get(id)
        return page if page is not None and page.kind == "page" else None

    def create(self, fields: Json) -> Page:
        now = self._world.now()
        id = self._pages.next_id()
        blank = Page(id=id, slug="", path="", title="", content="", created=now, modified=now)
        return self._saved(self._merged(blank, fields), "page.create")

    def update(self, page: Page, fields: Json) -> Page:
        changed = self._merged(page.model_copy(update={"modified": self._world.now()}), fields)
        if (changed.title, changed.content, changed.excerpt) != (page.title, page.content, page.excerpt):
            self._keep_revision(changed)
        return self._saved(changed, "page.update")

    def trash(self, page: Page) -> Page:
        update = {"status": "trash", "slug": f"{page.slug}__trashed", "path": f"{page.path}__trashed"}
        return self._saved(page.model_copy(update=update), "page.trash")

    def delete(self, page: Page) -> None:
        self._pages.delete(page.id)
        self._record("page.delete", page.content, page.id)

    def autosave(self, page: Page, fields: Json) -> Json:
        """Kept beside the page, one for this user."""
        known = self._documents.get("autosave", str(page.id))
        now = self._world.now().isoformat()
        kept = {
            "id": known["id"] if known else self._pages.next_id(),
            "parent": page.id,
            "modified": now,
            "title": fields.get("title", page.title),
            "content": fields.get("content", page.content),
            "excerpt": fields.get("excerpt", page.excerpt),
        }
        self._documents.put("autosave", str(page.id), kept)
        self._record("page.autosave", str(kept["content"]), page.id)
        return kept

    def autosaves(self, id: int) -> "list[Json]":
        kept = self._documents.get("autosave", str(id))
        return [kept] if kept else []

    def revisions(self, id: int) -> "list[Json]":
        """Newest first."""
        return [kept for kept in reversed(self._documents.list("revision")) if kept["parent"] == id]

    def front_page(self) -> int:
        """Id of the page visitors of "/" see; 0 when that is the list of posts."""
        return next((page.id for page in self._pages.list(status="publish") if page.path == "/"), 0)

    def set_front_page(self, id: int) -> None:
        for page in self.list():
            if page.path == "/" and page.id != id:
                self._pages.save(page.model_copy(update={"path": self._path(page.slug, parent_of(page))}))
        chosen = self.get(id)
        if chosen is not None:
            self._pages.save(chosen.model_copy(update={"path": "/"}))

    def _merged(self, page: Page, fields: Json) -> Page:
        texts: Json = {name: _raw(fields[name]) for name in ("title", "content", "excerpt") if name in fields}
        meta = dict(page.meta)
        meta |= {name: value for name, value in fields.get("meta", {}).items() if name in REGISTERED_META}
        meta[_PARENT] = int(fields.get("parent", parent_of(page)) or 0)
        meta[_TEMPLATE] = fields.get("template", page.meta.get(_TEMPLATE, ""))
        meta[LOCK] = str(fields.get("password", page.meta.get(LOCK, "")))
        if given := fields.get("date_gmt") or fields.get("date"):
            texts["created"] = datetime.fromisoformat(str(given)).replace(tzinfo=UTC)
        changed = page.model_copy(update={**texts, "meta": meta, "status": fields.get("status", page.status)})
        if changed.status in ("publish", "future"):
            later = changed.created > self._world.now()
            changed = changed.model_copy(update={"status": "future" if later else "publish"})
        slug = self._unique(self._wanted_slug(changed, fields), changed)
        # The front page keeps "/" whatever its slug is.
        path = "/" if page.path == "/" else self._path(slug, parent_of(changed))
        return changed.model_copy(update={"slug": slug, "path": path})

    def _wanted_slug(self, page: Page, fields: Json) -> str:
        if fields.get("slug"):
            return sanitised(str(fields["slug"]))
        made_now = page.status == "publish" and not page.slug
        return (sanitised(page.title) or str(page.id)) if made_now else page.slug

    def _unique(self, slug: str, page: Page) -> str:
        """WordPress's wp_unique_post_slug for pages: unique among those of one parent, or `-2`, `-3` …"""
        if not slug:
            return ""
        taken = {other.slug for other in self.list() if other.id != page.id and parent_of(other) == parent_of(page)}
        if slug not in taken | _TAKEN_SLUGS:
            return slug
        number = 2
        while f"{slug}-{number}" in taken:
            number += 1
        return f"{slug}-{number}"

    def _path(self, slug: str, parent: int) -> str:
        above = self.get(parent) if parent else None
        prefix = above.path.rstrip("/") if above else ""
        return f"{prefix}/{slug}"

    def _keep_revision(self, page: Page) -> None:
        id = self._pages.next_id()
        kept = {
            "id": id,
            "parent": page.id,
            "modified": page.modified.isoformat(),
            "title": page.title,
            "content": page.content,
            "excerpt": page.excerpt,
        }
        self._documents.put("revision", str(id), kept)

    def _saved(self, page: Page, action: str) -> Page:
        self._pages.save(page)
        self._record(action, page.content, page.id)
        return page

    def _record(self, action: str, content: str, id: int) -> None:
        found = _KEY.search(content)
        self._world.ledger.record("wordpress", action, found.group(1) if found else f"page/{id}", self._tenant)


def parent_of(page: Page) -> int:
    return int(page.meta.get(_PARENT, 0) or 0)


def password_of(page: Page) -> str:
    """What visitors must give to see the page; empty for everyone's."""
    return str(page.meta.get(LOCK, ""))


def template_of(page: Page) -> str:
    return str(page.meta.get(_TEMPLATE, ""))


def sanitised(text: str) -> str:
    """WordPress's sanitize_title, as far as Latin text goes."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9_-]", "", re.sub(r"[\s/.]+", "-", folded))).strip("-")


def _raw(value: Any) -> str:
    """Texts come as a string or as an object with `raw`."""
    return str(value.get("raw", "")) if isinstance(value, dict) else str(value)
