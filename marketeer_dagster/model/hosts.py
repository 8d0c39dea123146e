"""A host as vendors and tenants' websites spell it: in ASCII (`xn--mller-kva.de`), as browsers read it."""

import re
from typing import Final

from pydantic_core import Url

_WITH_HOST: Final = re.compile(r"\A(?P<before>(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//(?:[^/?#@]*@)?)(?P<host>[^/?#:@]+)")


def ascii_host(host: str) -> str:
    """`host` in ASCII; as it is where it is no name that a browser could read."""
    if host.isascii():
        return host
    try:
        return Url(f"https://{host}/").host or host
    except ValueError:
        return host


def ascii_address(address: str) -> str:
    """An address with its host in ASCII; everything else letter for letter."""
    found = _WITH_HOST.match(address)
    return address if found is None else f"{found['before']}{ascii_host(found['host'])}{address[found.end() :]}"
