"""Lengths of time as catalog files write them: a number and a unit."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FORM = re.compile(r"^(?P<number>-?\d+(?:\.\d+)?)\s*(?P<unit>[smhdw])$")


def parse_duration(value: object) -> timedelta:
    """Read 5m, 24h, 7d; raises ValueError when the form is another or the length is not positive."""
    if isinstance(value, timedelta):
        length = value
    else:
        match = _FORM.match(str(value).strip())
        if not match:
            raise ValueError(f"{value!r} is not a duration; expected a number and s, m, h, d or w, for instance 24h")
        length = timedelta(**{_UNITS[match["unit"]]: float(match["number"])})
    if length <= timedelta(0):
        raise ValueError(f"{value!r} is not positive; expected a duration above zero, for instance 24h")
    return length
