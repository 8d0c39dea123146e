"""The JSON in which WordPress shows its things."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from marketeer_dagster.sandbox.site import Page
from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors._wordpress_habits import shown
from marketeer_dagster.sandbox.vendors._wordpress_pages import (
    REGISTERED_META,
    parent_of,
    password_of,
    sanitised,
    template_of,
)

__all__ = ["Urls", "index", "page", "parent_of", "revision", "settings", "user"]
_BLOCK_COMMENT: Final = re.compile(r"<!-- /?wp:[^>]*-->")


@dataclass(frozen=True)
class Urls:
    """Where the API, WordPress itself and the public site are."""

    api: str
    site: str
    home: str

    def public(self, path: str) -> str:
        home = self.home.rstrip("/")
        return f"{home}/" if path == "/" else f"{home}/{path.strip('/')}/"


def page(
    found: Page, urls: Urls, revisions: int, *, edits: bool, unfiltered: bool = True, scripts: bool = True
) -> Json:
    """A page; `edits` adds what only editors see.

    `unfiltered` says whether this user's scripts survive, `scripts` whether visitors get them.
    """
    public = found.status == "publish"
    locked = bool(password_of(found))
    content = shown(_rendered(found.content), scripts=scripts) if edits or not locked else ""
    excerpt = _paragraph(found.excerpt) if edits or not locked else ""
    plain_link = f"{urls.home.rstrip('/')}/?page_id={found.id}"
    body: Json = {
        "id": found.id,
        "date": _local(found.created),
        "date_gmt": _local(found.created),
        "guid": _text(plain_link, plain_link, edits),
        "modified": _local(found.modified),
        "modified_gmt": _local(found.modified),
        "slug": found.slug,
        "status": found.status,
        "type": "page",
        "link": urls.public(found.path) if public else plain_link,
        "title": _text(found.title, _titled(found), edits),
        "content": {**_text(found.content, content, edits), "protected": locked},
        "excerpt": {**_text(found.excerpt, excerpt, edits), "protected": locked},
        "author": 1,
        "featured_media": 0,
        "parent": parent_of(found),
        "menu_order": 0,
        "comment_status": "closed",
        "ping_status": "closed",
        "template": template_of(found),
        "meta": {name: str(found.meta.get(name, "")) for name in REGISTERED_META},
    }
    if edits:
        body["content"]["block_version"] = 1 if "<!-- wp:" in found.content else 0
        body |= {
            "password": password_of(found),
            "permalink_template": f"{urls.home.rstrip('/')}/%pagename%/",
            "generated_slug": sanitised(found.title),
        }
    body["_links"] = _links(found, urls, revisions, edits, unfiltered)
    return body


def revision(kept: Json, urls: Urls, kind: str, *, edits: bool) -> Json:
    """A revision or autosave of a page."""
    moment = _local(datetime.fromisoformat(kept["modified"]))
    address = f"{urls.home.rstrip('/')}/?p={kept['id']}"
    return {
        "author": 1,
        "date": moment,
        "date_gmt": moment,
        "id": kept["id"],
        "modified": moment,
        "modified_gmt": moment,
        "parent": kept["parent"],
        "slug": f"{kept['parent']}-{kind}-v1",
        "guid": _text(address, address, edits),
        "title": _text(kept["title"], kept["title"], edits),
        "content": _text(kept["content"], _rendered(kept["content"]), edits),
        "excerpt": _text(kept["excerpt"], _paragraph(kept["excerpt"]), edits),
        "_links": {"parent": [{"href": f"{urls.api}/wp/v2/pages/{kept['parent']}"}]},
    }


def index(name: str, urls: Urls) -> Json:
    home = urls.home.rstrip("/")
    return {
        "name": name,
        "description": "",
        "url": urls.site,
        "home": home,
        "gmt_offset": "0",
        "timezone_string": "",
        "namespaces": ["oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"],
        "authentication": {
            "application-passwords": {"endpoints": {"authorization": f"{home}/wp-admin/authorize-application.php"}}
        },
        "routes": {},
        "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
    }


def settings(name: str, urls: Urls, front_page: int) -> Json:
    return {
        "title": name,
        "description": "",
        "url": urls.site,
        "timezone": "",
        "language": "en_US",
        "show_on_front": "page" if front_page else "posts",
        "page_on_front": front_page,
        "page_for_posts": 0,
        "posts_per_page": 10,
    }


def user(name: str, urls: Urls, role: str, capabilities: tuple[str, ...]) -> Json:
    """The user asking; `capabilities` only in context edit."""
    links = {"self": [{"href": f"{urls.api}/wp/v2/users/1"}]}
    shown: Json = {"id": 1, "name": name, "url": "", "description": "", "slug": name, "_links": links}
    if capabilities:
        shown |= {"username": name, "roles": [role], "capabilities": dict.fromkeys((*capabilities, role), True)}
    return shown


def _text(raw: str, rendered: str, edits: bool) -> Json:
    return {"raw": raw, "rendered": rendered} if edits else {"rendered": rendered}


def _rendered(content: str) -> str:
    """Blocks as they are, without their comments; bare text in a paragraph."""
    return _BLOCK_COMMENT.sub("", content) if "<" in content else _paragraph(content)


def _paragraph(text: str) -> str:
    return f"<p>{text}</p>\n" if text else ""


def _local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _titled(found: Page) -> str:
    """The title as visitors see it: quotes are curled, ampersands are entities, private pages say so."""
    curled = re.sub(r"&(?!#?\w+;)", "&#038;", found.title).replace("'", "&#8217;")
    return f"Private: {curled}" if found.status == "private" else curled


def _links(found: Page, urls: Urls, revisions: int, edits: bool, unfiltered: bool) -> Json:
    own = f"{urls.api}/wp/v2/pages/{found.id}"
    links: dict[str, list[dict[str, Any]]] = {
        "self": [{"href": own}],
        "collection": [{"href": f"{urls.api}/wp/v2/pages"}],
        "about": [{"href": f"{urls.api}/wp/v2/types/page"}],
        "author": [{"embeddable": True, "href": f"{urls.api}/wp/v2/users/1"}],
        "version-history": [{"count": revisions, "href": f"{own}/revisions"}],
    }
    if edits:
        actions = ("publish", *(["unfiltered-html"] if unfiltered else []), "assign-author")
        links |= {f"wp:action-{action}": [{"href": own}] for action in actions}
    links["curies"] = [{"name": "wp", "href": "https://api.w.org/{rel}", "templated": True}]
    return links
