"""Stripe: subscriptions become daily MRR movements, trials and churn by plan (definitions in resources/mrr.py)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call, kind_of_status, retry_after_seconds
from resources.collected import Collected, frame
from resources.endpoints import reach_of
from resources.mrr import Movement, daily_movements
from resources.stripe_history import histories
from resources.stripe_models import Discount, Subscription, SubscriptionEvent, Valuation

if TYPE_CHECKING:
    import pandas as pd

TOOL = "stripe"
TIMEOUT_S = (5.0, 30.0)
"""Longest waits to connect and for an answer."""
PAGE_ROWS = 100
"""Stripe's largest page."""
_EVENT_TYPES = tuple(f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed"))
_KEY = re.compile(r"\b([rs]k_(?:test|live)_)[\w*]+")
COLUMNS = {
    "date": "object", "plan": "str", "mrr": "float64", "new_mrr": "float64", "expansion_mrr": "float64",
    "contraction_mrr": "float64", "churned_mrr": "float64", "active": "int64", "trials_started": "int64",
    "trials_converted": "int64", "churned": "int64",
}  # fmt: skip


class StripeClient_:  # noqa: N801 - the SDK's own client is called StripeClient
    """One tenant's Stripe account, read only. Needs secret `api_key` (a restricted key with read rights will do).

    Settings: `timezone` of the days (default UTC), `currency` to report in (default: the one most lines are in),
    `fx_rates` units of it for one of another currency, as in `eur=1.08,gbp=1.27`.
    """

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED) -> None:
        self.connection = connection
        self._limiter = limiter
        self._zone = _zone(connection)
        self._api_calls = 0

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `stripe_daily` for [first, last], money in the reporting currency. Raises ToolError."""
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls, and as notes what could not be valued or is older than Stripe's events."""
        self._api_calls = 0
        events = list(self._events(first))
        subscriptions = list(self._subscriptions(events if self._events_reach(first) else None))
        valuation = self._valuation(subscriptions)
        try:
            held = list(histories(subscriptions, events, valuation, self._zone))
        except ValidationError as error:
            raise _unreadable(error) from error
        rows = [_record(day, plan, row, valuation) for (day, plan), row in daily_movements(held, first, last).items()]
        notes = sorted({note for subscription in subscriptions for note in valuation.unpriced(subscription)})
        return Collected(frame(COLUMNS, rows, ["date", "plan"]), self._api_calls, notes=tuple(notes))

    def check(self) -> None:
        """One cheap request that proves key and rights; raises ToolError."""
        self._call(lambda: self._sdk.raw_request("get", "/v1/subscriptions", limit=1))

    def _subscriptions(self, events: Sequence[SubscriptionEvent] | None) -> Iterator[Subscription]:
        """Every subscription that matters to the days asked for.

        Most subscriptions of an old account ended long ago. With the `events` of all days asked for, those that live
        (what Stripe lists when no status is named) and those that ended since are enough; without them, all are read.
        """
        asked: dict[str, Any] = {"expand": ["data.discounts"]}
        if events is None:
            asked["status"] = "all"
        living: set[str] = set()
        for subscription in _parsed(Subscription, self._pages("/v1/subscriptions", asked)):
            living.add(subscription.id)
            yield subscription
        ended: dict[str, dict[str, Any]] = {}
        for event in events or ():  # newest first: the newest state of each is kept
            ended.setdefault(str(event.data.after["id"]), event.data.after)
        yield from _parsed(Subscription, (state for id, state in ended.items() if id not in living))

    def _events_reach(self, first: date) -> bool:
        """Whether Stripe still has every event since the start of `first`: it has when it still has an older one.

        Their 30 days cannot be counted from the newest event known: a quiet account's may be weeks old.
        """
        older = {"created": {"lt": self._second(first)}, "limit": 1}
        return bool(self._call(lambda: self._sdk.raw_request("get", "/v1/events", **older).data)["data"])

    def _events(self, first: date) -> Iterator[SubscriptionEvent]:
        asked = {"types": list(_EVENT_TYPES), "created": {"gte": self._second(first)}}
        return _parsed(SubscriptionEvent, self._pages("/v1/events", asked))

    def _second(self, day: date) -> int:
        """When `day` begins, in seconds since 1970."""
        return int(datetime.combine(day, time(), self._zone).timestamp())

    def _valuation(self, subscriptions: list[Subscription]) -> Valuation:
        prices = [item.price for subscription in subscriptions for item in subscription.items.data]
        used = [price.currency for price in prices]
        chosen = self.connection.settings.get("currency", "").lower()
        discounts = [d for s in subscriptions for d in s.discounts if isinstance(d, Discount)]
        return Valuation(
            currency=chosen or (max(sorted(set(used)), key=used.count) if used else "usd"),
            rates=_rates(self.connection),
            product_names=self._product_names() if any(p.nickname is None for p in prices) else {},
            discounts={discount.id: discount for discount in discounts},
        )

    def _product_names(self) -> dict[str, str]:
        return {str(p["id"]): str(p.get("name") or p["id"]) for p in self._pages("/v1/products", {})}

    def _pages(self, path: str, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every object of a list, page after page, each page one limited and retried call.

        The SDK's raw requests answer plain JSON: its typed objects cost 0.3 s for a page of 100 subscriptions, eight
        times what fetching the page takes.
        """
        params = {**asked, "limit": PAGE_ROWS}
        while True:
            page = self._call(lambda asked=dict(params): self._sdk.raw_request("get", path, **asked).data)
            yield from page["data"]
            if not page["has_more"]:
                return
            params["starting_after"] = page["data"][-1]["id"]

    def _call(self, fn: Callable[[], Any]) -> Any:
        self._api_calls += 1
        account = str(self.connection.tenant)
        return call(
            TOOL,
            fn,
            translate=_translate,
            limiter=self._limiter,
            account=account,
            attempts=READ_ATTEMPTS,
            reach=reach_of(self.connection),
        )

    @cached_property
    def _sdk(self) -> Any:
        import stripe

        key = self.connection.secrets.get("api_key")
        if key is None:
            raise ToolError(
                TOOL,
                ToolErrorKind.AUTH,
                f"{self.connection.tenant} is connected without an API key",
                hint=f"marketeer connect stripe --tenant {self.connection.tenant} --secret api_key=ENVVAR",
            )
        base_url = self.connection.base_url
        return stripe.StripeClient(
            key.get_secret_value(),
            base_addresses={"api": base_url} if base_url else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        )


def _parsed(model: Any, objects: Iterable[dict[str, Any]]) -> Iterator[Any]:
    try:
        for found in objects:
            yield model.model_validate(found)
    except ValidationError as error:
        raise _unreadable(error) from error


def _unreadable(error: ValidationError) -> ToolError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return ToolError(
        TOOL,
        ToolErrorKind.INVALID,
        f"an answer lacks what is needed: {error.title} {where}: {first['msg']}",
        hint="Stripe may have changed its API; pin the version in the connection or update",
    )


def _record(day: date, plan: str, row: Movement, valuation: Valuation) -> dict[str, object]:
    return {
        "date": day,
        "plan": plan,
        "mrr": _money(row.mrr),
        "new_mrr": _money(row.new),
        "expansion_mrr": _money(row.expansion),
        "contraction_mrr": _money(row.contraction),
        "churned_mrr": _money(row.churned_mrr),
        "active": row.active,
        "trials_started": row.trials_started,
        "trials_converted": row.trials_converted,
        "churned": row.churned,
    }


def _money(amount: Decimal) -> float:
    return float(amount)


def _zone(connection: Connection) -> ZoneInfo:
    name = connection.settings.get("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ToolError(
            TOOL, ToolErrorKind.INVALID, f"timezone {name!r} is no IANA time zone", hint="for example Europe/Berlin"
        ) from None


def _rates(connection: Connection) -> dict[str, Decimal]:
    text = connection.settings.get("fx_rates", "")
    try:
        pairs = [pair.split("=") for pair in text.replace(" ", "").split(",") if pair]
        return {code.lower(): Decimal(rate) for code, rate in pairs}
    except (ValueError, ArithmeticError):
        raise ToolError(
            TOOL, ToolErrorKind.INVALID, f"fx_rates {text!r} cannot be read", hint="for example eur=1.08,gbp=1.27"
        ) from None


def _translate(error: Exception) -> ToolError | None:
    """What the SDK's exception means, without the key that Stripe repeats (partly masked) in its message."""
    import stripe

    if isinstance(error, stripe.APIConnectionError):
        return ToolError(TOOL, ToolErrorKind.OUTAGE, str(error.user_message or error).split("\n")[0])
    if not isinstance(error, stripe.StripeError):
        return None
    status = int(error.http_status or 0)
    headers: Any = error.headers or {}
    wait = retry_after_seconds(headers.get("retry-after") or headers.get("Retry-After"))
    kind = kind_of_status(status) if status >= 400 else ToolErrorKind.OUTAGE
    hints = {ToolErrorKind.AUTH: "check the key and that it may read subscriptions and events"}
    message = _KEY.sub(r"\1***", str(error.user_message or error))
    return ToolError(TOOL, kind, message, hint=hints.get(kind), status=status, retry_after_s=wait)
