"""Stripe's objects, rendered from what the market knows of an account's customers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.subscriptions import PlanChange, Subscription, SubscriptionEvent

API_VERSION_FALLBACK = "2025-03-31.basil"
"""Since this version billing periods belong to the subscription's items."""
_CURRENCY = "usd"
_EPOCH = date(1970, 1, 1).toordinal()


def seconds(day: date, second: int = 0) -> int:
    """Seconds since 1970 of a second of a day, UTC."""
    return (day.toordinal() - _EPOCH) * 86_400 + second


class Objects:
    """Renders one account's objects as they are now, or as they were at an event."""

    def __init__(self, seed: int, account: Account) -> None:
        self._seed, self._account = seed, account

    def _id(self, prefix: str, *parts: object) -> str:
        return f"{prefix}_1{token(23, self._seed, self._account.tenant, prefix, *parts)}"

    def product(self, plan: int) -> dict[str, Any]:
        created = seconds(self._account.opened - timedelta(days=1200))
        return {
            "id": self._id("prod", plan), "object": "product", "active": True, "created": created,
            "default_price": self._id("price", plan), "description": None, "images": [], "livemode": False,
            "marketing_features": [], "metadata": {}, "name": self._account.spec.plans[plan].name,
            "package_dimensions": None, "shippable": None, "statement_descriptor": None, "tax_code": None,
            "type": "service", "unit_label": None, "updated": created, "url": None,
        }  # fmt: skip

    def price(self, plan: int) -> dict[str, Any]:
        spec = self._account.spec.plans[plan]
        cents = round(spec.monthly_usd * 100)
        return {
            "id": self._id("price", plan), "object": "price", "active": True, "billing_scheme": "per_unit",
            "created": seconds(self._account.opened - timedelta(days=1200)), "currency": _CURRENCY,
            "custom_unit_amount": None, "livemode": False, "lookup_key": spec.name.lower().replace(" ", "_"),
            "metadata": {}, "nickname": None, "product": self._id("prod", plan),
            "recurring": {
                "interval": "month", "interval_count": 1, "meter": None, "trial_period_days": None,
                "usage_type": "licensed",
            },
            "tax_behavior": "unspecified", "tiers_mode": None, "transform_quantity": None, "type": "recurring",
            "unit_amount": cents, "unit_amount_decimal": str(cents),
        }  # fmt: skip

    def plan(self, plan: int) -> dict[str, Any]:
        price = self.price(plan)
        return {
            "id": price["id"], "object": "plan", "active": True, "amount": price["unit_amount"],
            "amount_decimal": price["unit_amount_decimal"], "billing_scheme": "per_unit", "created": price["created"],
            "currency": _CURRENCY, "interval": "month", "interval_count": 1, "livemode": False, "metadata": {},
            "meter": None, "nickname": None, "product": price["product"], "tiers_mode": None, "transform_usage": None,
            "trial_period_days": None, "usage_type": "licensed",
        }  # fmt: skip

    def customer(self, subscription: Subscription) -> dict[str, Any]:
        id = subscription.customer
        return {
            "id": id, "object": "customer", "address": None, "balance": 0,
            "created": seconds(subscription.created, subscription.second), "currency": _CURRENCY,
            "default_source": None, "delinquent": False, "description": None, "discount": None,
            "email": f"{id[-8:]}@customers.example", "invoice_prefix": id[-8:].upper(),
            "livemode": False, "metadata": {}, "name": f"Customer {id[-6:]}",
            "phone": None, "preferred_locales": [], "shipping": None, "tax_exempt": "none", "test_clock": None,
            "invoice_settings": {
                "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None,
            },
        }  # fmt: skip

    def status(self, subscription: Subscription, now: int) -> str:
        """Its status at `now`, seconds since 1970."""
        if subscription.ended and seconds(subscription.ended, subscription.ended_second) <= now:
            return "canceled"
        on_trial = subscription.trial_end and now < seconds(subscription.trial_end, subscription.second)
        return "trialing" if on_trial else "active"

    def subscription(self, subscription: Subscription, now: int) -> dict[str, Any]:
        """The subscription as it is at `now`, seconds since 1970."""
        created = seconds(subscription.created, subscription.second)
        trial_end = seconds(subscription.trial_end, subscription.second) if subscription.trial_end else None
        ended = seconds(subscription.ended, subscription.ended_second) if subscription.ended else None
        ended = ended if ended is not None and ended <= now else None
        status = self.status(subscription, now)
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
            "created": created, "currency": _CURRENCY, "customer": subscription.customer, "customer_account": None,
            "days_until_due": None, "default_payment_method": None, "default_source": None, "default_tax_rates": [],
            "description": None, "discounts": [], "ended_at": ended,
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "items": self._items(subscription, _plan_at(subscription, now), created, anchor, ended or now),
            "latest_invoice": None, "livemode": False, "metadata": {}, "next_pending_invoice_item_invoice": None,
            "on_behalf_of": None, "pause_collection": None,
            "payment_settings": {
                "payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": None, "pending_setup_intent": None, "pending_update": None,
            "schedule": None, "start_date": created, "status": status, "test_clock": None, "transfer_data": None,
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
            "trial_start": created if trial_end else None,
        }  # fmt: skip

    def _items(self, subscription: Subscription, plan: int, created: int, anchor: int, now: int) -> dict[str, Any]:
        start, end = _period(created, anchor, now)
        item = {
            "id": f"si_1{subscription.id[5:]}", "object": "subscription_item", "billing_thresholds": None,
            "created": created, "current_period_end": end, "current_period_start": start, "discounts": [],
            "metadata": {}, "plan": self.plan(plan), "price": self.price(plan), "quantity": 1,
            "subscription": subscription.id,
            "tax_rates": [],
        }  # fmt: skip
        url = f"/v1/subscription_items?subscription={subscription.id}"
        return {"object": "list", "data": [item], "has_more": False, "total_count": 1, "url": url}

    def event_id(self, event: SubscriptionEvent) -> str:
        return self._id("evt", event.number)

    def event(self, event: SubscriptionEvent, subscription: Subscription, api_version: str) -> dict[str, Any]:
        moment = seconds(event.day, event.second)
        kind = {"created": "created", "ended": "deleted"}.get(event.what, "updated")
        data: dict[str, Any] = {"object": self._as_after(event, subscription, moment)}
        if kind == "updated":
            data["previous_attributes"] = self._before(event, subscription, moment)
        return {
            "id": self.event_id(event), "object": "event", "api_version": api_version, "context": None,
            "created": moment, "data": data, "livemode": False, "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None}, "type": f"customer.subscription.{kind}",
        }  # fmt: skip

    def _as_after(self, event: SubscriptionEvent, subscription: Subscription, moment: int) -> dict[str, Any]:
        rendered = self.subscription(subscription, moment)
        if event.what == "ended" and event.trial:
            # A trial that is not paid is cancelled at the second it ends.
            rendered["cancellation_details"]["reason"] = "payment_failed"
        return rendered

    def _before(self, event: SubscriptionEvent, subscription: Subscription, moment: int) -> dict[str, Any]:
        if event.what == "converted":
            earlier = self.subscription(subscription, moment - 1)
            return {"status": "trialing", "items": earlier["items"]}
        previous = event.previous_plan if event.previous_plan is not None else event.plan
        changed = subscription.model_copy(
            update={"plans": [PlanChange(day=subscription.created, second=subscription.second, plan=previous)]}
        )
        return {"items": self.subscription(changed, moment)["items"]}


def _plan_at(subscription: Subscription, now: int) -> int:
    held = [change.plan for change in subscription.plans if seconds(change.day, change.second) <= now]
    return held[-1] if held else subscription.plans[0].plan


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
