"""Stripe's events: what happened to subscriptions and their discounts, in the version that the account has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from marketeer_dagster.sandbox.subscriptions import Subscription, SubscriptionEvent, moment
from marketeer_dagster.sandbox.vendors._stripe_objects import Objects

OLDER = "2020-08-27"
"""The version of an account that never moved on: what it was made with is how its events look."""
_NEWER = ("billing_mode", "billing_schedules", "cancellation_details", "currency", "customer_account", "discounts",
          "on_behalf_of", "trial_settings")  # fmt: skip
"""Fields that subscriptions did not have then."""


@dataclass(frozen=True)
class Happening:
    """One event before it is rendered."""

    id: str
    at: int
    """Seconds since 1970."""
    type: str
    subscription: Subscription
    trial: bool = False


def happenings(
    objects: Objects, subscriptions: Sequence[Subscription], stored: Sequence[SubscriptionEvent], span: tuple[int, int]
) -> list[Happening]:
    """Everything that happened from the first second of `span` to its last, both included."""
    by_id = {subscription.id: subscription for subscription in subscriptions}
    told: list[Happening] = []
    for event in stored:
        at, id = moment(event.day, event.second), objects.goods.id("evt", event.number)
        if span[0] <= at <= span[1]:
            told.append(Happening(id, at, _kind(event.what), by_id[event.subscription], event.trial))
    for subscription in subscriptions:
        told += (one for one in _by_terms(objects, subscription) if span[0] <= one.at <= span[1])
    return told


def rendered(objects: Objects, happening: Happening, version: str) -> dict[str, Any]:
    """The event as the API lists it."""
    older = version == OLDER
    data = _discount(objects, happening, older) if "discount" in happening.type else _change(objects, happening, older)
    return {
        "id": happening.id, "object": "event", "api_version": version, "context": None, "created": happening.at,
        "data": data, "livemode": False, "pending_webhooks": 0, "request": {"id": None, "idempotency_key": None},
        "type": happening.type,
    }  # fmt: skip


def _kind(what: str) -> str:
    return f"customer.subscription.{ ({'created': 'created', 'ended': 'deleted'}.get(what, 'updated')) }"


def _by_terms(objects: Objects, subscription: Subscription) -> Iterator[Happening]:
    """What happens to it by its terms alone, while it lives."""
    terms, born = objects.terms(subscription), moment(subscription.created, subscription.second)
    rebate = terms.rebate
    found: list[tuple[int, str]] = [
        (at, "customer.subscription.updated") for s in terms.spells for at in (s.begins, s.ends)
    ]
    if rebate is not None:
        ends = [(rebate.ends, "customer.discount.deleted")] if rebate.ends is not None else []
        found += [(rebate.begins, "customer.discount.created"), *ends]
        if rebate.on != "customer":
            found += [
                (at, "customer.subscription.updated") for at in (rebate.begins, *(e for e, _ in ends)) if at > born
            ]
    if terms.touched is not None:
        found.append((terms.touched, "customer.subscription.updated"))
    for at, kind in found:
        if at >= born and not subscription.ended_by(at):
            yield Happening(objects.goods.id("evt", subscription.id, at, kind), at, kind, subscription)


def _change(objects: Objects, happening: Happening, older: bool) -> dict[str, Any]:
    now = objects.subscription(happening.subscription, happening.at)
    if happening.type.endswith("deleted") and happening.trial:
        # A trial that is not paid is cancelled at the second it ends.
        now["cancellation_details"]["reason"] = "payment_failed"
    if not happening.type.endswith("updated"):
        return {"object": _as_older(objects, happening.subscription, now, happening.at) if older else now}
    before = objects.subscription(happening.subscription, happening.at - 1)
    if older:
        now = _as_older(objects, happening.subscription, now, happening.at)
        before = _as_older(objects, happening.subscription, before, happening.at - 1)
    return {"object": now, "previous_attributes": {k: v for k, v in before.items() if now.get(k) != v}}


def _as_older(objects: Objects, subscription: Subscription, body: dict[str, Any], at: int) -> dict[str, Any]:
    """A subscription as it looked in 2020: one discount with its coupon inside, periods of the whole, plans beside."""
    lines = body["items"]["data"]
    single = lines[0] if len(lines) == 1 else None
    told = {name: value for name, value in body.items() if name not in _NEWER}
    kept = [{k: v for k, v in line.items() if not k.startswith("current_period")} for line in lines]
    discount = next(iter(objects.discounts(subscription, "subscription", at)), None)
    return told | {
        "items": body["items"] | {"data": kept},
        "current_period_start": lines[0]["current_period_start"], "current_period_end": lines[0]["current_period_end"],
        "discount": None if discount is None else _with_coupon(objects, discount),
        "plan": single and single["plan"], "quantity": single and single.get("quantity"),
    }  # fmt: skip


def _with_coupon(objects: Objects, discount: dict[str, Any]) -> dict[str, Any]:
    coupon = objects.coupon(discount["source"]["coupon"])
    return {k: v for k, v in discount.items() if k != "source"} | {"coupon": coupon}


def _discount(objects: Objects, happening: Happening, older: bool) -> dict[str, Any]:
    rebate = objects.terms(happening.subscription).rebate
    assert rebate is not None, "it happened to a discount"
    discount = objects.discount(happening.subscription, rebate)
    return {"object": _with_coupon(objects, discount) if older else discount}
