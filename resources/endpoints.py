"""Where a connection may lead: encrypted to public hosts, unencrypted to this machine alone, anywhere when simulated.

A connection's addresses are somebody's word, and its credentials and answers go there. Three things are looked at: the
address itself, when a tool is connected and again when it is used; what its name stands for, since a public name may
lead into a private network; and every socket that a vendor's SDK opens meanwhile, because SDKs follow redirects and
look names up anew (DNS rebinding) without asking anybody.
"""

import ipaddress
import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Final
from urllib.request import getproxies

import httpx

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ToolError, ToolErrorKind
from resources.market_identity import assure_connection
from resources.web_guard import Resolve, is_public, resolve

ADDRESSES: Final = ("base_url", "token_uri")
"""Settings of connections that name a server to be asked."""


class Reach(IntEnum):
    """How far the calls of one connection may go."""

    PUBLIC = 0
    LOOPBACK = 1
    """This machine too: a sandbox or a stand-in of tests."""
    ANYWHERE = 2
    """The simulated market, which a deployment may run under a private name. Nobody can connect a tool so by hand."""


_reach: ContextVar[tuple[str, Reach] | None] = ContextVar("reach", default=None)
"""Tool and reach of the vendor call under way; None where none is."""


def check_addresses(connection: Connection, *, resolver: Resolve = resolve) -> Reach:
    """How far a connection's calls may go. Raises BadInput, naming the setting, for an address that is not to be used.

    A name that nobody can resolve at the moment passes: what it stands for is looked at when it is used.
    """
    if connection.simulated:
        return Reach.ANYWHERE
    where = f"{connection.tool} of {connection.tenant}"
    given = [(name, address) for name in ADDRESSES if (address := connection.settings.get(name))]
    return max((_admit(address, f"{where}: {name}", resolver) for name, address in given), default=Reach.PUBLIC)


def reach_of(connection: Connection, *, resolver: Resolve = resolve) -> Reach:
    """As `check_addresses`, for a connection in use: raises ToolError(invalid), which nothing tries again.

    One into a market is also held to the market it was made with.
    """
    assure_connection(connection)
    try:
        return check_addresses(connection, resolver=resolver)
    except BadInput as error:
        hint = f"marketeer connect {connection.tool} --tenant {connection.tenant} with another address"
        raise ToolError(connection.tool, ToolErrorKind.INVALID, error.message, hint=hint) from None


@contextmanager
def held_to(tool: str, reach: Reach) -> Generator[None]:
    """No socket is connected beyond `reach` in this block, whatever an SDK is redirected to.

    Behind a proxy that the environment names, the proxy connects, and what it reaches is its operator's business.
    """
    if reach is Reach.ANYWHERE or getproxies().keys() & {"http", "https", "all"}:
        yield
        return
    _watch_sockets()
    token = _reach.set((tool, reach))
    try:
        yield
    finally:
        _reach.reset(token)


def _admit(address: str, where: str, resolver: Resolve) -> Reach:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        raise BadInput(f"{address!r} is no web address", where=where, expected="https://…") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise BadInput(f"{address!r} is no web address", where=where, expected="https://…")
    if url.userinfo:
        raise BadInput("the address carries credentials", where=where, expected="them as --secret")
    if url.host == "localhost" or _is_loopback(url.host):
        return Reach.LOOPBACK
    if url.scheme != "https":
        raise BadInput(
            f"plain HTTP to {url.host} would send credentials unencrypted", where=where, expected="https://…"
        )
    try:
        found = resolver(url.host, url.port or 443)
    except (OSError, UnicodeError):
        return Reach.PUBLIC
    if not all(map(is_public, found)):
        raise BadInput(f"{url.host} leads into a private network", where=where, expected="a public host")
    return Reach.PUBLIC


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


_watching: list[bool] = []


def _watch_sockets() -> None:
    """Have Python tell of every connection before it is made (PEP 578); no SDK opens one without it."""
    if not _watching:
        _watching.append(True)
        sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or (held := _reach.get()) is None:
        return
    address = arguments[1]
    host = str(address[0]) if isinstance(address, tuple) and address else None
    tool, reach = held
    if host is None or is_public(host) or (reach is Reach.LOOPBACK and _is_loopback(host)):
        return
    raise ToolError(
        tool,
        ToolErrorKind.INVALID,
        f"it leads to {host}, which is no public address",
        hint="see what base_url redirects to, and what its name stands for",
    )
