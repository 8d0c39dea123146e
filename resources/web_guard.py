"""Which addresses may be read on somebody's word: public web servers, and the tenant's own simulated site.

A name is resolved once and the connection goes to that very address, so that a server of names which answers
otherwise a moment later (DNS rebinding) gains nothing. Every redirect is admitted anew.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import httpx

from marketeer_dagster.model.errors import ToolError, ToolErrorKind

TOOL: Final = "web"
PORTS: Final = frozenset({80, 443})
"""Ports of public servers that are read."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TRANSLATED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses behind which an IPv4 network stands (RFC 6052, RFC 8215)."""

Resolve = Callable[[str, int], tuple[str, ...]]
"""From (host, port) to its addresses; raises OSError when there are none."""


def resolve(host: str, port: int) -> tuple[str, ...]:
    """The addresses the system's resolver gives, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Admitted:
    """An address that may be read, and the one place to connect to."""

    url: httpx.URL
    address: str

    @property
    def pinned(self) -> httpx.URL:
        """The URL with the resolved address in place of the name."""
        return self.url.copy_with(host=self.address)

    @property
    def host(self) -> str:
        """The Host header: the name as asked for, with its port where it is not the scheme's own."""
        return self.url.netloc.decode("ascii")


class Guard:
    """Admits addresses. `own` are roots of the tenant's own simulated site, the only private ones ever read."""

    def __init__(self, own: Collection[str] = (), *, resolver: Resolve = resolve) -> None:
        self._own = tuple(httpx.URL(root) for root in own)
        self._resolve = resolver

    def admit(self, url: str | httpx.URL) -> Admitted:
        """`url` with the address to connect to. Raises ToolError: invalid when refused, missing for an unknown name."""
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError):
            raise _refused(str(url), "it is no web address") from None
        if parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
            raise _refused(str(url), "only http and https are read")
        if parsed.userinfo:
            raise _refused(parsed.host, "it carries credentials")
        own, port = self.is_own(parsed), parsed.port or _DEFAULT_PORTS[parsed.scheme]
        if not own and port not in PORTS:
            raise _refused(f"{parsed.host}:{port}", "only the web's own ports are read")
        try:
            addresses = self._resolve(parsed.host, port)
        except (OSError, UnicodeError):
            raise ToolError(TOOL, ToolErrorKind.MISSING, f"no server is known by the name {parsed.host}") from None
        if not own and not all(map(is_public, addresses)):
            raise _refused(parsed.host, "it leads into a private network")
        if not addresses:
            raise ToolError(TOOL, ToolErrorKind.MISSING, f"{parsed.host} has no address")
        return Admitted(parsed.copy_with(fragment=None), addresses[0])

    def is_own(self, url: httpx.URL) -> bool:
        """Whether `url` lies below one of the tenant's own roots."""
        return any(_below(url, root) for root in self._own)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also when it is wrapped in an IPv6 one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _TRANSLATED):
            return False
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if wrapped is not None:
            return is_public(str(wrapped))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _below(url: httpx.URL, root: httpx.URL) -> bool:
    if (url.scheme, url.host, url.port) != (root.scheme, root.host, root.port):
        return False
    path, base = url.path, root.path.rstrip("/")
    if ".." in path.split("/") or "\\" in path:
        return False
    return path == base or path.startswith(f"{base}/")


def _refused(what: str, why: str) -> ToolError:
    return ToolError(TOOL, ToolErrorKind.INVALID, f"{what} is not read: {why}", hint="name a page of a public site")
