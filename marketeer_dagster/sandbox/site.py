"""A tenant's website as its content system keeps it: pages with paths, HTML and status."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from marketeer_dagster.sandbox.state import Json, State

PageStatus = Literal["publish", "draft", "pending", "private", "future", "trash"]
PageKind = Literal["page", "post"]
_VENDOR = "site"


class Page(BaseModel):
    """One page or post. The market reads `title` and `content` of those whose status is publish."""

    model_config = ConfigDict(frozen=True)

    id: int
    kind: PageKind = "page"
    slug: str
    path: str
    """Where visitors find it, for instance /pricing; "/" is the front page."""
    title: str
    content: str
    """HTML of the body."""
    excerpt: str = ""
    status: PageStatus = "draft"
    meta: Json = Field(default_factory=dict)
    """Registered meta and whatever else the content system keeps with a page."""
    created: datetime
    modified: datetime


class Pages:
    """The pages of one site. Ids are shared by pages and posts, as WordPress does."""

    def __init__(self, state: State, tenant: str) -> None:
        self._state, self._tenant = state, tenant

    def next_id(self) -> int:
        return self._state.count_up(f"{_VENDOR}/{self._tenant}", 11)

    def save(self, page: Page) -> Page:
        """Insert or replace by id."""
        self._state.put(self._tenant, _VENDOR, "page", str(page.id), page.model_dump(mode="json"))
        return page

    def get(self, id: int) -> Page | None:
        body = self._state.get(self._tenant, _VENDOR, "page", str(id))
        return None if body is None else Page.model_validate(body)

    def list(self, *, kind: PageKind | None = None, status: PageStatus | None = None) -> "tuple[Page, ...]":
        """All pages, oldest first."""
        pages = (Page.model_validate(body) for body in self._state.list(self._tenant, _VENDOR, "page"))
        return tuple(p for p in pages if (kind is None or p.kind == kind) and (status is None or p.status == status))

    def by_slug(self, slug: str, *, kind: PageKind | None = None) -> "tuple[Page, ...]":
        return tuple(page for page in self.list(kind=kind) if page.slug == slug)

    def by_path(self, path: str) -> Page | None:
        """The public page at `path` (trailing slash and case do not matter); None when nothing is published there."""
        wanted = normal_path(path)
        return next((p for p in self.list(status="publish") if normal_path(p.path) == wanted), None)

    def delete(self, id: int) -> bool:
        return self._state.delete(self._tenant, _VENDOR, "page", str(id))


class Site:
    """A tenant's website."""

    def __init__(self, state: State, tenant: str) -> None:
        self.tenant = tenant
        self.pages = Pages(state, tenant)


def normal_path(path: str) -> str:
    """`path` with one leading slash, none at the end, lower case."""
    return "/" + path.strip("/").lower()
