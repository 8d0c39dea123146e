"""A Stripe account out of objects that a test gives, answered on loopback as the API answers lists and retrievals."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from resources.collected import Collected
from resources.stripe import StripeClient_
from tests.contract.recorded import Answer, Asked, Wire, serve

TODAY = date(2026, 11, 28)
Body = dict[str, Any]


def at(day: date | int, hour: int = 12) -> int:
    """Seconds since 1970 of an hour of a day, or of the day so many days from TODAY."""
    on = TODAY + timedelta(days=day) if isinstance(day, int) else day
    return int(datetime.combine(on, time(hour), UTC).timestamp())


def price(id: str = "price_team", cents: int | None = 10_000, **fields: Any) -> Body:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"} | fields.pop("recurring", {})
    base = {"id": id, "currency": "usd", "nickname": id.removeprefix("price_").title(), "product": f"prod_{id[6:]}"}
    amounts = {"unit_amount": cents, "unit_amount_decimal": None if cents is None else str(cents)}
    return base | {"billing_scheme": "per_unit", "recurring": recurring} | amounts | fields


def item(priced: Body | None = None, quantity: int | None = 1, **fields: Any) -> Body:
    priced = priced or price()
    return {"id": f"si_{priced['id']}", "price": priced, "quantity": quantity, "discounts": []} | fields


def subscription(*items: Body, id: str = "sub_1", has_more: bool = False, **fields: Any) -> Body:
    base = {"id": id, "object": "subscription", "customer": f"cus_{id[4:]}", "status": "active", "currency": "usd"}
    dates = {"created": at(-100), "start_date": at(-100)}
    return base | dates | {"items": {"data": list(items or (item(),)), "has_more": has_more}, "discounts": []} | fields


def coupon(id: str = "HALF", **fields: Any) -> Body:
    return {"id": id, "object": "coupon", "duration": "forever", "percent_off": None, "amount_off": None} | fields


def discount(of: str | Body, id: str = "di_1", **fields: Any) -> Body:
    return {"id": id, "object": "discount", "start": at(-100), "end": None, "source": {"coupon": of}} | fields


def event(
    what: str, day: int, after: Body, before: Body | None = None, hour: int = 12, prefix: str = "customer."
) -> Body:
    data = {"object": after} | ({} if before is None else {"previous_attributes": before})
    return {"id": f"evt_{what}_{day}_{hour}", "type": f"{prefix}{what}", "created": at(day, hour), "data": data}


OLD_EVENT = event("charge.succeeded", -29, {"id": "ch_1", "object": "charge"}, hour=0, prefix="")
"""An event at the edge of what Stripe keeps: everything after it is known."""


@contextmanager
def stripe_says(lists: Mapping[str, Sequence[Body]], refused: Mapping[str, Answer] | None = None) -> Generator[Wire]:
    """Answer each path with its list (newest first, by pages), its objects by id, or the refusal given for it."""

    def answer(asked: Asked) -> Answer:
        parts = urlsplit(asked.path)
        path, query = parts.path, parse_qs(parts.query)
        if refused and path in refused:
            return refused[path]
        for known in lists:
            if path.startswith(f"{known}/"):
                found = next((one for one in lists[known] if one["id"] == path.rsplit("/", 1)[1]), None)
                return _missing(path) if found is None else Answer(path, 200, {}, found)
        if path.count("/") > 2:
            return _missing(path)
        return Answer(path, 200, {}, _page(path, _wanted(path, lists.get(path, ()), query), query))

    with serve(answer) as wire:
        yield wire


def collected(wire: Wire, first: date | int, last: date | int = -1, **settings: str) -> Collected:
    """What the client makes of it for days counted from TODAY."""
    days = [TODAY + timedelta(days=day) if isinstance(day, int) else day for day in (first, last)]
    return client(wire, **settings).collect_daily(*days)


def client(wire: Wire, **settings: str) -> StripeClient_:
    held = Connection(
        tenant=TenantId("acme"),
        tool="stripe",
        settings={"base_url": wire.url, **settings},
        secrets={"api_key": SecretStr("rk_test_51Acme0000000000000000")},
    )
    return StripeClient_(held, clock=FixedClock(datetime.combine(TODAY, time(9), UTC)))


def mrr(found: Collected, day: date | int = -1) -> float:
    """All plans' MRR at the end of a day counted from TODAY."""
    on = TODAY + timedelta(days=day) if isinstance(day, int) else day
    return round(float(found.rows.loc[found.rows["date"] == on, "mrr"].sum()), 6)


def _wanted(path: str, found: Sequence[Body], query: dict[str, list[str]]) -> list[Body]:
    since, before = (int(query.get(f"created[{name}]", [bound])[0]) for name, bound in (("gte", 0), ("lt", 2**40)))
    if path == "/v1/events":
        types = [kind for name, kinds in query.items() if name.startswith("types[") for kind in kinds]
        asked = [one for one in found if since <= one["created"] < before and (not types or one["type"] in types)]
        return sorted(asked, key=lambda one: -one["created"])
    if path == "/v1/prices" and "active" not in query:
        return [one for one in found if one.get("active", True)]  # archived ones are answered by their id only
    if path == "/v1/subscriptions" and "status" not in query:
        return [one for one in found if one["status"] != "canceled"]
    return list(found)


def _page(path: str, found: list[Body], query: dict[str, list[str]]) -> Body:
    limit, after = int(query.get("limit", ["10"])[0]), query.get("starting_after")
    begin = 1 + next(place for place, one in enumerate(found) if one["id"] == after[0]) if after else 0
    shown = found[begin : begin + limit]
    return {"object": "list", "url": path, "data": shown, "has_more": begin + limit < len(found)}


def _missing(path: str) -> Answer:
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": f"No such object: {path}"}
    return Answer(path, 404, {}, {"error": error})
