"""Stripe's objects, rendered from what the market knows of an account's customers, as they are at a second."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.subscriptions import Subscription, moment
from marketeer_dagster.sandbox.terms import ADDONS, COUPONS, Charge, Rebate, Terms, terms_of
from marketeer_dagster.sandbox.vendors._stripe_prices import Goods, plan_of

API_VERSION_FALLBACK = "2025-03-31.basil"
"""Since this version billing periods belong to the subscription's items."""
EMBEDDED = 10
"""Objects of a list inside of another object; the rest is read by pages."""


def seconds(day: date, second: int = 0) -> int:
    """Seconds since 1970 of a second of a day, UTC."""
    return moment(day, second)


class Objects:
    """Renders one account's objects; `varied` says in what customers differ (sandbox/terms.py)."""

    def __init__(self, seed: int, account: Account, varied: Iterable[str]) -> None:
        self.seed, self.account, self.varied = seed, account, frozenset(varied)
        self.goods = Goods(seed, account)

    def terms(self, subscription: Subscription) -> Terms:
        return terms_of(self.seed, self.account, subscription, self.varied)

    def customer(self, subscription: Subscription, now: int) -> dict[str, Any]:
        id = subscription.customer
        return {
            "id": id, "object": "customer", "address": None, "balance": 0,
            "created": seconds(subscription.created, subscription.second),
            "currency": self.terms(subscription).currency, "default_source": None, "delinquent": False,
            "description": None, "discount": next(iter(self.discounts(subscription, "customer", now)), None),
            "email": f"{id[-8:]}@customers.example", "invoice_prefix": id[-8:].upper(),
            "livemode": False, "metadata": {}, "name": f"Customer {id[-6:]}",
            "phone": None, "preferred_locales": [], "shipping": None, "tax_exempt": "none", "test_clock": None,
            "invoice_settings": {
                "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None,
            },
        }  # fmt: skip

    def discounts(self, subscription: Subscription, on: str, now: int) -> list[dict[str, Any]]:
        """The discounts that are at work on the subscription, its first item or its customer."""
        rebate = self.terms(subscription).rebate
        if rebate is None or rebate.on != on or not rebate.begins <= now or (rebate.ends and now >= rebate.ends):
            return []
        return [self.discount(subscription, rebate)]

    def discount(self, subscription: Subscription, rebate: Rebate) -> dict[str, Any]:
        """A discount, its coupon as an id: since 2025-09-30 that is what it is unless expanded."""
        return {
            "id": self.goods.id("di", subscription.id), "object": "discount", "checkout_session": None,
            "customer": subscription.customer, "customer_account": None, "end": rebate.ends, "invoice": None,
            "invoice_item": None,
            "promotion_code": None if rebate.coupon.cents is None else self.goods.id("promo", rebate.coupon.id),
            "source": {"coupon": rebate.coupon.id, "type": "coupon"}, "start": rebate.begins,
            "subscription": subscription.id if rebate.on == "subscription" else None,
            "subscription_item": self._item_id(subscription, 0) if rebate.on == "item" else None,
        }  # fmt: skip

    def coupon(self, id: str) -> dict[str, Any]:
        """A coupon by its id, a deleted one too: it lives on in its discounts."""
        return self.goods.coupon(next(coupon for coupon in COUPONS if coupon.id == id))

    def status(self, subscription: Subscription, now: int) -> str:
        """Its status at `now`, seconds since 1970."""
        if subscription.ended_by(now):
            return "canceled"
        if subscription.on_trial(now):
            return "trialing"
        late = any(spell.kind == "past_due" and spell.covers(now) for spell in self.terms(subscription).spells)
        return "past_due" if late else "active"

    def subscription(self, subscription: Subscription, now: int) -> dict[str, Any]:
        """The subscription as it is at `now`, seconds since 1970."""
        created = seconds(subscription.created, subscription.second)
        trial_end = seconds(subscription.trial_end, subscription.second) if subscription.trial_end else None
        ended = seconds(subscription.ended, subscription.ended_second) if subscription.ended else None
        ended = ended if ended is not None and ended <= now else None
        terms, status = self.terms(subscription), self.status(subscription, now)
        anchor = trial_end or created
        return {
            "id": subscription.id, "object": "subscription", "application": None, "application_fee_percent": None,
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": anchor, "billing_cycle_anchor_config": None, "billing_schedules": [],
            "billing_mode": {"flexible": None, "type": "classic"}, "billing_thresholds": None, "cancel_at": None,
            "cancel_at_period_end": False, "canceled_at": ended, "collection_method": "charge_automatically",
            "cancellation_details": {
                "comment": None, "feedback": None, "reason": "cancellation_requested" if ended else None,
            },
            "created": created, "currency": terms.currency, "customer": subscription.customer, "customer_account": None,
            "days_until_due": None, "default_payment_method": None, "default_source": None, "default_tax_rates": [],
            "description": None,
            "discounts": [one["id"] for one in self.discounts(subscription, "subscription", now)], "ended_at": ended,
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "items": self._items(subscription, terms, now, (created, anchor, ended or now)),
            "latest_invoice": None, "livemode": False, "metadata": {}, "next_pending_invoice_item_invoice": None,
            "on_behalf_of": None, "pause_collection": _pause(terms, now),
            "payment_settings": {
                "payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": None, "pending_setup_intent": None, "pending_update": None,
            "schedule": self.goods.id("sub_sched", subscription.id) if terms.touched and now >= terms.touched else None,
            "start_date": created, "status": status, "test_clock": None, "transfer_data": None,
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
            "trial_start": created if trial_end else None,
        }  # fmt: skip

    def items(self, subscription: Subscription, now: int) -> list[dict[str, Any]]:
        """All of its lines."""
        created = seconds(subscription.created, subscription.second)
        anchor = seconds(subscription.trial_end, subscription.second) if subscription.trial_end else created
        ended = seconds(subscription.ended, subscription.ended_second) if subscription.ended_by(now) else now  # pyright: ignore[reportArgumentType]
        return self._lines(subscription, self.terms(subscription), now, (created, anchor, ended))

    def _items(self, subscription: Subscription, terms: Terms, now: int, times: tuple[int, int, int]) -> dict[str, Any]:
        lines = self._lines(subscription, terms, now, times)
        url = f"/v1/subscription_items?subscription={subscription.id}"
        return {
            "object": "list", "data": lines[:EMBEDDED], "has_more": len(lines) > EMBEDDED, "total_count": len(lines),
            "url": url,
        }  # fmt: skip

    def _lines(
        self, subscription: Subscription, terms: Terms, now: int, times: tuple[int, int, int]
    ) -> list[dict[str, Any]]:
        created, anchor, until = times
        prices = [self.goods.price(subscription.plan_at(now), terms.charge)]
        if terms.charge is Charge.PARTS:
            prices += [self.goods.addon(number) for number in range(ADDONS)]
        if terms.metered:
            prices.append(self.goods.usage())
        start, end = _period(created, anchor, until)
        own = [one["id"] for one in self.discounts(subscription, "item", now)]
        lines: list[dict[str, Any]] = []
        for place, price in enumerate(prices):
            line = {
                "id": self._item_id(subscription, place), "object": "subscription_item", "billing_thresholds": None,
                "created": created, "current_period_end": end, "current_period_start": start,
                "discounts": [] if place else own, "metadata": {}, "plan": plan_of(price), "price": price,
                "subscription": subscription.id, "tax_rates": [],
            }  # fmt: skip
            if price["recurring"]["usage_type"] == "licensed":
                line["quantity"] = 1 if place else terms.quantity
            lines.append(line)
        return lines

    def _item_id(self, subscription: Subscription, place: int) -> str:
        return f"si_1{subscription.id[5:]}{place or ''}"


def _pause(terms: Terms, now: int) -> dict[str, Any] | None:
    held = next((spell for spell in terms.spells if spell.kind != "past_due" and spell.covers(now)), None)
    return None if held is None else {"behavior": held.kind, "resumes_at": held.ends}


def _period(created: int, anchor: int, now: int) -> tuple[int, int]:
    """The billing period that holds `now`: the trial, or the month counted from the anchor."""
    if now < anchor:
        return created, anchor
    begin = datetime.fromtimestamp(anchor, UTC)
    now_at = datetime.fromtimestamp(now, UTC)
    months = (now_at.year - begin.year) * 12 + now_at.month - begin.month
    if _months_after(begin, months) > now_at:
        months -= 1
    return int(_months_after(begin, months).timestamp()), int(_months_after(begin, months + 1).timestamp())


def _months_after(moment: datetime, months: int) -> datetime:
    """Stripe's rule: the same day of the month, or its last day where the month is shorter."""
    year, month = divmod(moment.month - 1 + months, 12)
    first_of_next = datetime(moment.year + year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (first_of_next - timedelta(days=1)).day
    return moment.replace(year=moment.year + year, month=month + 1, day=min(moment.day, last_day))
