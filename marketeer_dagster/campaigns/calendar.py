"""A tenant's holidays: the public ones of its country, and the periods that people named."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.tenant import Tenant

_PART = re.compile("[A-Z0-9]{1,4}")
"""Parts as ISO 3166-2 has them; the calendars know a few towns by name beside them."""
LOOK_BACK_DAYS = 140
"""Twenty weeks: further than any engine looks back on."""


def holidays_of(tenant: Tenant, as_of: date) -> frozenset[date]:
    """The holidays that matter for judging `as_of`: that day's, and those among the days it is compared with."""
    return frozenset(named_holidays(tenant, as_of - timedelta(days=LOOK_BACK_DAYS), as_of))


def named_holidays(tenant: Tenant, first: date, last: date) -> Mapping[date, str]:
    """The holidays in [first, last] with their names, in order. What people named stands before the public name."""
    found: dict[date, str] = {}
    if tenant.country:
        for year in range(first.year, last.year + 1):
            public = _public(tenant.country, year)
            found.update((day, name) for day, name in public if first <= day <= last)
    for period in tenant.holidays:
        found.update((day, period.name) for day in period.days(first, last))
    return dict(sorted(found.items()))


def check_country(code: str) -> str:
    """`code` in capitals when a calendar of it exists; BadInput that says which parts of a country there are."""
    import holidays

    country, dash, part = code.strip().upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise BadInput(
            f"no calendar of {code!r}",
            where="--country",
            expected="two letters of ISO 3166, for instance DE, with a part where holidays differ: DE-BE",
        )
    if dash and part not in known[country]:
        parts = ", ".join(sorted(name for name in known[country] if _PART.fullmatch(name))) or "none"
        raise BadInput(f"{country} has no part {part!r}", where="--country", expected=f"one of: {parts}")
    return f"{country}-{part}" if dash else country


@lru_cache(maxsize=256)
def _public(code: str, year: int) -> tuple[tuple[date, str], ...]:
    import holidays  # a tenth of a second, where a country was set

    country, _, part = code.partition("-")
    return tuple(sorted(holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US").items()))
