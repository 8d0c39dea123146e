"""Addresses of links in emails, which have no page to be relative to: made absolute, then countable.

Paths are below the tenant's website, its folder included, as everywhere on this platform. Campaign parameters are
added to the tenant's own hosts only (the website's and those below it): another host may refuse or sign its
parameters, and our analytics does not count its visits. What a link says itself is never changed.
"""

import re
from collections.abc import Mapping
from html import unescape
from typing import Final
from urllib.parse import unquote, urlencode, urljoin, urlsplit, urlunsplit

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.hosts import ascii_host
from marketeer_dagster.model.merge_tags import ALLOWED_LINKS, TAG, is_link_tag
from marketeer_dagster.model.site_path import below

_SCHEME: Final = re.compile(r"^([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_LOOKS_LIKE_HOST: Final = re.compile(r"^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#]|$)")
_MAIL: Final = re.compile(r"^mailto:[^@\s?]+@[^@\s?]+\.[^@\s?]+(?:\?.*)?$", re.IGNORECASE)


def absolute(url: str, website: str, *, where: str) -> str:
    """`url` as a mail program can follow it: http(s), mailto, tel, or a merge tag that is an address.

    Raises BadInput, naming `where`, for an address that leads nowhere from an inbox: an anchor alone, a scheme that
    mail programs do not follow, a host without its scheme, or a path while `website` is no http(s) address.
    """
    cleaned = _cleaned(url)
    if tag := TAG.match(cleaned):
        if is_link_tag(cleaned):
            return cleaned
        raise BadInput(f"{tag[0]} is no link of an email", where=where, expected=ALLOWED_LINKS)
    if scheme := _SCHEME.match(cleaned):
        return _with_scheme(cleaned, scheme[1].lower(), where)
    if cleaned.startswith("//") and len(cleaned) > 2:
        return _with_scheme(f"https:{cleaned}", "https", where)
    if not cleaned or cleaned.startswith("#") or "\\" in cleaned or _LOOKS_LIKE_HOST.match(cleaned):
        example = f"{website.rstrip('/')}/signup" if _is_web(website) else "https://…"
        raise BadInput(f"{url[:80]!r} leads nowhere from an inbox", where=where, expected=f"such as {example}")
    if not _is_web(website):
        raise BadInput(
            f"{url[:80]!r} is relative and the tenant has no http(s) website",
            where=where,
            expected="a whole address, https://…",
        )
    root = website.rstrip("/")
    return below(root, cleaned) if cleaned.startswith("/") else urljoin(f"{root}/", cleaned)


def is_own(url: str, website: str) -> bool:
    """Whether `url` leads to the website's host or one below it; `www.` and the spelling of the host do not matter."""
    own, host = _host(website).removeprefix("www."), _host(url).removeprefix("www.")
    return bool(own) and (host == own or host.endswith(f".{own}"))


def tagged(url: str, utm: Mapping[str, str]) -> str:
    """`url` with the campaign parameters that it lacks, after its own and before its fragment; only web links change.

    Its own parameters stay letter for letter: order, repeats, encodings and merge tags in them.
    """
    if not _is_web(url):
        return url
    parts = urlsplit(url)
    said = {unquote(part.partition("=")[0]).casefold() for part in re.split("[&;]", parts.query)}
    missing = {name: value for name, value in utm.items() if name.casefold() not in said}
    if not missing:
        return url
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query.rstrip("&"), urlencode(missing)]))))


def countable(url: str, website: str, utm: Mapping[str, str], *, where: str) -> str:
    """`url` as it goes out: absolute, and tagged where it leads to the tenant's own hosts. Raises as `absolute`."""
    found = absolute(url, website, where=where)
    return tagged(found, utm) if is_own(found, website) else found


def _cleaned(url: str) -> str:
    """Without control characters, with blanks as addresses have them, and ampersands that stand for themselves."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", url).strip().replace(" ", "%20")
    return re.sub(r"&(?:amp|#38|#x26);", lambda entity: unescape(entity[0]), bare, flags=re.IGNORECASE)


def _with_scheme(url: str, scheme: str, where: str) -> str:
    if (scheme in ("http", "https") and _is_web(url)) or scheme == "tel" or (scheme == "mailto" and _MAIL.match(url)):
        return url
    raise BadInput(f"a link must not lead to {url[:40]!r}", where=where, expected="an https, mailto or tel address")


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://")) and bool(_host(url))


def _host(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    return ascii_host(host)
