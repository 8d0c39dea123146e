"""How Stripe's API answers: parameters, pages of lists, and what is expanded where it is asked for."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.vendors._stripe_objects import Objects

MOST, DEFAULT = 100, 10
_DEEPEST = 4
_CREATED = re.compile(r"^created(?:\[(gte|gt|lte|lt)\])?$")
_COMPARE = {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}
_MORE = {"price": ("tiers", "currency_options"), "coupon": ("applies_to", "currency_options")}
"""What objects tell only when asked."""
_RIGHTS = {"customer": "rak_customer_read", "coupon": "rak_coupon_read", "product": "rak_product_read"}
_T = TypeVar("_T")


class Invalid(Exception):
    """A parameter is wrong: Stripe's message and the parameter's name."""

    def __init__(self, message: str, param: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.param, self.code = message, param, code


class NotAllowed(Exception):
    """The key lacks a right, named as Stripe names it."""


@dataclass(frozen=True)
class AskedOf:
    """One authenticated request."""

    account: Account
    objects: Objects
    request: Request
    now: int
    """The moment the answer speaks of, seconds since 1970."""
    may: Callable[[str], bool]
    """Whether the key has a right."""
    found: dict[str, Any] = field(default_factory=dict[str, Any])
    """What was looked up for this answer: many objects are expanded in one."""

    def param(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def params(self, name: str) -> list[str]:
        """A list parameter, in either of Stripe's spellings (name[]=a or name[0]=a)."""
        pattern = re.compile(rf"^{name}\[\d*\]$")
        return [value for key, value in self.request.query_params.multi_items() if pattern.match(key)]


def listed(
    asked: AskedOf,
    url: str,
    found: Sequence[_T],
    id_of: Callable[[_T], str],
    created_of: Callable[[_T], int],
    render: Callable[[_T], dict[str, Any]],
) -> dict[str, Any]:
    """Stripe's list: newest first, `created` filters, cursors by id."""
    limit = _limit(asked.param("limit"))
    holds = _in_time(asked)
    newest_first = sorted((one for one in found if holds(created_of(one))), key=created_of, reverse=True)
    begin, end = 0, len(newest_first)
    if after := asked.param("starting_after"):
        begin = _cursor(map(id_of, newest_first), after, "starting_after") + 1
    page = newest_first[begin : min(end, begin + limit)]
    if before := asked.param("ending_before"):
        end = _cursor(map(id_of, newest_first), before, "ending_before")
        page = newest_first[max(begin, end - limit) : end]
        return {"object": "list", "data": [render(one) for one in page], "has_more": end > limit, "url": url}
    return {"object": "list", "data": [render(one) for one in page], "has_more": begin + limit < end, "url": url}


def expanded(asked: AskedOf, answer: dict[str, Any], find: Callable[[str, str], dict[str, Any]]) -> dict[str, Any]:
    """`answer` with what `expand` asks for; `find` gives an object by the field's name and its id."""
    for path in asked.params("expand"):
        names = path.split(".")
        if len(names) > _DEEPEST:
            raise Invalid(f"You cannot expand more than 4 levels of a property. Property: {path}", "expand")
        _open(asked, answer, names, path, find)
    return answer


def _open(asked: AskedOf, value: Any, names: Sequence[str], path: str, find: Callable[[str, str], Any]) -> None:
    if isinstance(value, list):
        for one in value:
            _open(asked, one, names, path, find)
        return
    if not names or not isinstance(value, dict):
        return
    name, *rest = names
    if name in _MORE.get(value.get("object", ""), ()):
        value[name] = asked.objects.goods.more_of(value, name)
    elif name not in value:
        raise Invalid(f"This property cannot be expanded ({path}).", "expand")
    elif isinstance(value[name], str):
        right = _RIGHTS.get(name)
        if right and not asked.may(right):
            raise NotAllowed(right)
        value[name] = find(name, value[name])
    elif isinstance(value[name], list) and all(isinstance(one, str) for one in value[name]):
        value[name] = [find(name, one) for one in value[name]]
    _open(asked, value[name], rest, path, find)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not text.isdigit():
        raise Invalid(f"Invalid integer: {text}", "limit", "parameter_invalid_integer")
    if not 1 <= int(text) <= MOST:
        raise Invalid(f"This value must be between 1 and {MOST}.", "limit", "parameter_invalid_integer")
    return int(text)


def _cursor(ids: Iterable[str], id: str, param: str) -> int:
    for place, known in enumerate(ids):
        if known == id:
            return place
    raise Invalid(f"No such object: '{id}'", param, "resource_missing")


def _in_time(asked: AskedOf) -> Callable[[int], bool]:
    """Whether a second of creation is within the bounds asked for."""
    bounds: list[tuple[str, int]] = []
    for key, text in asked.request.query_params.multi_items():
        bound = _CREATED.match(key)
        if bound and not text.isdigit():
            raise Invalid(f"Invalid integer: {text}", key, "parameter_invalid_integer")
        if bound:
            bounds.append((bound[1], int(text)))
    return lambda created: all(_COMPARE.get(name, operator.eq)(created, value) for name, value in bounds)
