"""What the values of connections' settings must look like: seen when they are set, before any vendor is asked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Form:
    """What a setting's value must look like."""

    expected: str
    holds: Callable[[str], bool]


_MAIL: Final = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")


def rates_of(text: str) -> Mapping[str, Decimal]:
    """`eur=1.08,gbp=1.27` by currency, in lower case. Raises ValueError for anything else, and for rates that are none:
    zero, below it, or without end."""
    rates: dict[str, Decimal] = {}
    for pair in (part.strip() for part in text.split(",") if part.strip()):
        code, sign, rate = (part.strip() for part in pair.partition("="))
        if not sign or not _CURRENCY.fullmatch(code) or not re.fullmatch(r"\d+(?:\.\d+)?", rate) or not Decimal(rate):
            raise ValueError(f"{pair!r} is no rate")
        rates[code.lower()] = Decimal(rate)
    return rates


def _are_rates(value: str) -> bool:
    try:
        return bool(rates_of(value))
    except ValueError:
        return False


def _is_zone(value: str) -> bool:
    try:
        return bool(ZoneInfo(value))
    except (LookupError, OSError, ValueError):  # unknown, a folder, or no name at all
        return False


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_property(value: str) -> bool:
    """A property of Search Console: a domain, or the address of a folder, which ends in a slash."""
    kind, _, domain = value.partition(":")
    if kind == "sc-domain":
        return re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", domain) is not None
    return _is_web_address(value) and value.endswith("/")


def _like(pattern: str) -> Callable[[str], bool]:
    return lambda value: re.fullmatch(pattern, value, re.ASCII) is not None


WEB_ADDRESS: Final = Form("a web address, https://…", _is_web_address)
EMAIL: Final = Form("one email address", lambda value: _MAIL.fullmatch(value) is not None)
EMAILS: Final = Form(
    "email addresses, apart by commas", lambda value: all(_MAIL.fullmatch(part.strip()) for part in value.split(","))
)
NUMBER: Final = Form("a number", _like(r"\d+"))
IDENTIFIER: Final = Form("an id of letters and digits", _like(r"\w[\w-]*"))
DATA_CENTRE: Final = Form("a data centre, such as us21", _like(r"[a-z]{2,4}\d{1,3}"))
CURRENCY: Final = Form("three letters, such as EUR", _like(r"[A-Za-z]{3}"))
TIME_ZONE: Final = Form("an IANA time zone, such as Europe/Berlin", _is_zone)
RATES: Final = Form("rates above zero, such as eur=1.08,gbp=1.27", _are_rates)
GA4_PROPERTY: Final = Form(
    "the property's number, such as 123456789 (Admin, Property details); G-… and UA-… name something else",
    _like(r"(?:properties/)?\d+"),
)
EVENT: Final = Form("an event's name, such as sign_up", _like(r"[A-Za-z]\w{0,39}"))
SEARCH_PROPERTY: Final = Form("https://example.com/ with its last slash, or sc-domain:example.com", _is_property)
DATA_STATE: Final = Form("all or final", _like("all|final"))
