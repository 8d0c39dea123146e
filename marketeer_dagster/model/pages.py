"""One page, whatever its spelling: the identity by which figures, targets and briefs of a page find each other.

A page of the tenant's own site is its path below the site's root (`/pricing`, `/` for the front page), every other
page its address (`https://other.example/pricing`). Spellings that do not tell pages apart are dropped: scheme, user,
`www.`, default ports, case of the host, doubled and trailing slashes, `index.html` and its like, the percent-encoding
of what needs none, the fragment, and the query, with one exception: WordPress's plain permalinks name a page by
`?p=12` or `?page_id=12` at the root. Case and everything else in a path tell pages apart, as on the web.

The warehouse's macro `page_of` is the same in SQL (`marketeer_dagster.warehouse.pages`); a property test holds them
together, so a change here is a change there.
"""

import re
import string
from typing import Final
from urllib.parse import unquote_to_bytes

from marketeer_dagster.model.hosts import ascii_address

_ABSOLUTE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/]*)(.*)", re.DOTALL)
_HOST_TAIL: Final = re.compile(r"(?:\.|:(?:80|443)?)+\Z")
_WWW: Final = re.compile(r"\A(?:www\.)+")
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ESCAPE: Final = re.compile(r"%([0-9a-fA-F]{2})")
_CONTROL: Final = re.compile(r"%([01][0-9a-fA-F]|7[fF])")
_KEPT_ENCODED: Final = (("%25", "%2525"), ("%2f", "%252F"), ("%3f", "%253F"), ("%23", "%2523"))
"""Escapes whose character would mean something else in a path, and how they are spelt so that one decoding leaves
them."""
_INDEX: Final = re.compile(r"(?:/(?:index\.(?:html?|php))?)+\Z", re.IGNORECASE)
_PERMALINK: Final = re.compile(r"(?:\A|&)((?:p|page_id)=[0-9]+)(?:&|\Z)")


def page_of(address: str, site: str | None = "") -> str:
    """The identity of the page at `address` on the site rooted at `site`, for instance https://acme.example/blog.

    `address` is as a vendor or a person wrote it: a whole address, a path below the host (`/blog/pricing/`), or a
    host with a path. With `site` empty a path is taken for one below the site's root already, as targets and identities
    are: `page_of(page_of(a, site)) == page_of(a, site)`. With None, the site is not known: every host is taken for its.
    """
    cut, _, _ = address.partition("#")
    spelt, _, query = cut.partition("?")
    if spelt.startswith("(") and spelt.endswith(")"):
        return spelt  # what Google writes where there is no page: (not set), (other)
    own, folder = _site(site or "")
    host, path = _parted(spelt, own)
    page = _path(path)
    if site is None or host in ("", own):
        inside = page == folder or page.startswith(f"{folder}/")
        if inside or not folder:
            return _with_permalink(page[len(folder) :] or "/", query)
        host = own
    return f"https://{host}{_with_permalink(page or '/', query)}"


def named_page(written: str, site: str | None) -> str:
    """The identity of a page that a person or an agent names: a path counts from the site's root, also in a folder.

    People write hosts in their own letters; vendors, and so `page_of`, have them in ASCII.
    """
    if written.startswith("/") and not written.startswith("//"):
        return page_of(written, "")
    whole = f"https:{written}" if written.startswith("//") else written
    return page_of(ascii_address(whole), ascii_address(site) if site else site)


def _site(site: str) -> tuple[str, str]:
    """Host and folder ("" for the host's root) of a site's address."""
    found = _ABSOLUTE.fullmatch(site.partition("#")[0].partition("?")[0])
    return (_host(found[1]), _path(found[2])) if found else ("", "")


def _parted(spelt: str, own: str) -> tuple[str, str]:
    """Host ("" where none is written) and path."""
    absolute = _ABSOLUTE.fullmatch(spelt)
    if absolute:
        return _host(absolute[1]), absolute[2]
    first, slash, rest = spelt.partition("/")
    if first and own and _host(first) == own:
        return own, f"{slash}{rest}"
    return "", spelt


def _host(written: str) -> str:
    named = written.rpartition("@")[2].translate(_LOWER)
    return _WWW.sub("", _HOST_TAIL.sub("", named))


def _path(written: str) -> str:
    """The path without its last slash: "" for the root."""
    single = re.sub(r"/+", "/", f"/{_decoded(written)}")
    return _INDEX.sub("", single)


def _decoded(path: str) -> str:
    """`path` with its percent-escapes read, but for those that must stay; as it is where they are no UTF-8."""
    marked = _ESCAPE.sub("\x01\\1", path.replace("\x01", "")).replace("%", "%25").replace("\x01", "%")
    guarded = marked
    for escape, spelt in _KEPT_ENCODED:
        guarded = re.sub(escape, spelt, guarded, flags=re.IGNORECASE)
    guarded = _CONTROL.sub(r"%25\1", guarded)
    try:
        return unquote_to_bytes(guarded).decode("utf-8")
    except UnicodeDecodeError:
        return marked


def _with_permalink(page: str, query: str) -> str:
    named = _PERMALINK.search(query) if page == "/" else None
    return f"{page}?{named[1]}" if named else page
