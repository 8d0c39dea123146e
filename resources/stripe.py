"""Stripe: subscriptions become daily MRR movements, trials and churn by plan (definitions in resources/mrr.py)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from marketeer_dagster.model.clock import Clock, SystemClock, today
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import READ_ATTEMPTS, UNLIMITED, CallLimiter, call
from resources.collected import Collected, frame
from resources.endpoints import reach_of
from resources.mrr import Movement, daily_movements
from resources.setting_forms import rates_of
from resources.stripe_account import CHANGES, COUPONS, EXPANDED, PRICES, Account, read_account, unreadable
from resources.stripe_errors import TOOL, rights_in, translate
from resources.stripe_history import histories
from resources.stripe_valuation import Valuation

if TYPE_CHECKING:
    import pandas as pd

TIMEOUT_S = (5.0, 30.0)
"""Longest waits to connect and for an answer."""
PAGE_ROWS = 100
"""Stripe's largest page."""
KEPT_DAYS = 30
"""Stripe keeps events at least so long."""
COLUMNS = {
    "date": "object", "plan": "str", "mrr": "float64", "new_mrr": "float64", "expansion_mrr": "float64",
    "contraction_mrr": "float64", "churned_mrr": "float64", "moved_in_mrr": "float64", "moved_out_mrr": "float64",
    "active": "int64", "trials_started": "float64", "trials_converted": "float64", "churned": "float64",
}  # fmt: skip
"""Counts of what happened on a day are floats here, where they may be unknown."""
_ASKED = (
    ("/v1/subscriptions", {"expand": list(EXPANDED)}),
    ("/v1/events", {"types": list(CHANGES)}),
    ("/v1/customers", {}),
    ("/v1/products", {}),
    ("/v1/prices", {"expand": list(PRICES)}),
    ("/v1/coupons", {"expand": list(COUPONS)}),
)
"""What reading asks for, and so what a key must be allowed."""


class StripeClient_:  # noqa: N801 - the SDK's own client is called StripeClient
    """One tenant's Stripe account, read only. Needs secret `api_key`: of a restricted key, with the right to read
    subscriptions, events, customers, products, prices and coupons.

    Settings: `timezone` of the days (default UTC), `currency` to report in (default: the one most lines are in),
    `fx_rates` units of it for one of another currency, as in `eur=1.08,gbp=1.27`.
    """

    def __init__(self, connection: Connection, *, limiter: CallLimiter = UNLIMITED, clock: Clock | None = None) -> None:
        self.connection = connection
        self._limiter = limiter
        self._clock = clock or SystemClock()
        self._zone = _zone(connection)
        self._api_calls = 0

    def daily(self, first: date, last: date) -> "pd.DataFrame":
        """Rows of `stripe_daily` for [first, last], money in the reporting currency. Raises ToolError."""
        return self.collect_daily(first, last).rows

    def collect_daily(self, first: date, last: date) -> Collected:
        """As `daily`, with API calls, the first day that is known for certain, and as notes what could not be valued
        and that earlier days are told from today's subscriptions."""
        self._api_calls = 0
        account = read_account(self, first, self._zone)
        valuation = self._valuation(account)
        try:
            held = list(histories(account.subscriptions, account.events, valuation, self._zone))
        except ValidationError as error:
            raise unreadable(error) from error
        certain = self._certain_from(account, first, last)
        moved = daily_movements(held, first, last).items()
        rows = [_record(day, plan, row, known=day >= certain) for (day, plan), row in moved]
        notes = {*account.notes, *self._remarks(account, valuation)}
        notes.update(note for history in held for note in history.notes_from(first))
        if certain > first:
            notes.add(
                f"days before {certain} are told from what subscriptions are today, and what happened on them is "
                "unknown: Stripe keeps no older events"
            )
        return Collected(
            frame(COLUMNS, rows, ["date", "plan"]), self._api_calls, notes=tuple(sorted(notes)), certain_from=certain
        )

    def check(self) -> None:
        """One cheap request of each kind that reading makes; raises ToolError, for missing rights with all of them."""
        refused: list[ToolError] = []
        for path, asked in _ASKED:
            try:
                self.get(path, limit=1, **asked)
            except ToolError as error:
                if error.status != 403:
                    raise
                refused.append(error)
        missing = tuple(dict.fromkeys(right for error in refused for right in rights_in(str(error))))
        if len(missing) > 1:
            rights = ", ".join(missing)
            raise ToolError(
                TOOL,
                ToolErrorKind.AUTH,
                f"the key may not read {rights}",
                hint=f"give the restricted key {rights}: Stripe, Developers, API keys, edit key",
                status=403,
            ) from refused[0]
        if refused:
            raise refused[0]

    def pages(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Every object of a list.

        The SDK's raw requests answer plain JSON: its typed objects cost 0.3 s for a page of 100 subscriptions, eight
        times what fetching the page takes.
        """
        params, seen = {**asked, "limit": PAGE_ROWS}, set[str]()
        while True:
            page = self.get(path, **params)
            found = page.get("data")
            if not isinstance(found, list):
                raise ToolError(TOOL, ToolErrorKind.INVALID, f"{path} answered without a list of objects")
            yield from found
            if not page.get("has_more"):
                return
            last = str(found[-1].get("id")) if found else ""
            if not last or last in seen:
                raise ToolError(TOOL, ToolErrorKind.INVALID, f"{path} says there is more and repeats a page")
            seen.add(last)
            params["starting_after"] = last

    def get(self, path: str, **asked: Any) -> dict[str, Any]:
        """One answer to one question. Raises ToolError."""
        self._api_calls += 1
        answer = call(
            TOOL,
            lambda: self._sdk.raw_request("get", path, **asked).data,
            translate=translate,
            limiter=self._limiter,
            account=str(self.connection.tenant),
            attempts=READ_ATTEMPTS,
            reach=reach_of(self.connection),
        )
        if not isinstance(answer, dict):
            raise ToolError(TOOL, ToolErrorKind.INVALID, f"{path} answered with no object")
        return answer

    def _certain_from(self, account: Account, first: date, last: date) -> date:
        """The first day of which every change is known.

        Of a real account the last 30 days are, even where nothing happened in them. The market has its own calendar.
        """
        kept = None if self.connection.simulated else today(self._clock) - timedelta(days=KEPT_DAYS - 1)
        known = [day for day in (account.known_from, kept) if day is not None]
        return max(first, min(known, default=last + timedelta(days=1)))

    def _valuation(self, account: Account) -> Valuation:
        used = self._currencies(account)
        chosen = self.connection.settings.get("currency", "").lower()
        most = max(sorted(used), key=lambda currency: used[currency]) if used else "usd"
        return Valuation(
            currency=chosen or most,
            rates=_rates(self.connection),
            product_names=account.product_names,
            nicknames=account.nicknames,
            prices=account.prices,
            book=account.book,
        )

    def _remarks(self, account: Account, valuation: Valuation) -> list[str]:
        settings, told = self.connection.settings, valuation.currency.upper()
        used = sorted(code.upper() for code in self._currencies(account))
        remarks: list[str] = []
        if len(used) > 1 and not settings.get("currency"):
            remarks.append(f"subscriptions in {', '.join(used)}: told in {told}, which most are in; choose with "
                           "--set currency=")  # fmt: skip
        tenants = settings.get("tenant_currency", "").upper()
        if used and tenants and tenants != told and not self.connection.simulated:
            remarks.append(f"money is in {told}, the tenant's currency is {tenants}: --set currency={tenants.lower()} "
                           f"--set fx_rates={told.lower()}=RATE tells it in that")  # fmt: skip
        return remarks

    def _currencies(self, account: Account) -> Counter[str]:
        return Counter(one.money_of(item) for one in account.subscriptions for item in one.items.data)

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


def _record(day: date, plan: str, row: Movement, *, known: bool) -> dict[str, object]:
    happened: dict[str, object] = {
        "new_mrr": _money(row.new),
        "expansion_mrr": _money(row.expansion),
        "contraction_mrr": _money(row.contraction),
        "churned_mrr": _money(row.churned_mrr),
        "moved_in_mrr": _money(row.moved_in),
        "moved_out_mrr": _money(row.moved_out),
        "trials_started": row.trials_started,
        "trials_converted": row.trials_converted,
        "churned": row.churned,
    }
    held: dict[str, object] = {"date": day, "plan": plan, "mrr": _money(row.mrr), "active": row.active}
    # Who left before the events reach is on no list any more: what is seen of such a day is not what happened.
    return held | (happened if known else dict.fromkeys(happened))


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


def _rates(connection: Connection) -> Mapping[str, Decimal]:
    text = connection.settings.get("fx_rates", "")
    try:
        return rates_of(text)
    except ValueError:
        raise ToolError(
            TOOL, ToolErrorKind.INVALID, f"fx_rates {text!r} cannot be read", hint="for example eur=1.08,gbp=1.27"
        ) from None
