"""Subscriptions and their events become what was paid on each day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from resources.mrr import History
from resources.stripe_discounts import DiscountBook
from resources.stripe_events import StripeEvent
from resources.stripe_history import histories
from resources.stripe_models import Discount, Subscription
from resources.stripe_valuation import Valuation

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
USD = Valuation(currency="usd")


def at(day: int) -> int:
    return int((START + timedelta(days=day)).timestamp())


def on(day: int) -> date:
    return START.date() + timedelta(days=day)


def item(plan: str, cents: int, quantity: int = 1, **price: Any) -> dict[str, Any]:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    return {
        "quantity": quantity,
        "price": {"id": f"price_{plan}", "nickname": plan, "currency": "usd", "unit_amount": cents}
        | {"recurring": recurring}
        | price,
    }


def subscription(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base = {"id": "sub_1", "customer": "cus_1", "status": "active", "created": at(0), "start_date": at(0)}
    return base | {"items": {"object": "list", "data": list(items)}} | fields


def event(what: str, day: int, after: dict[str, Any], **before: Any) -> StripeEvent:
    return StripeEvent.model_validate(
        {
            "id": f"evt_{day}",
            "type": f"customer.subscription.{what}",
            "created": at(day),
            "data": {"object": after, "previous_attributes": before},
        }
    )


def read(now: dict[str, Any], *events: StripeEvent, valuation: Valuation = USD) -> History:
    newest_first = sorted(events, key=lambda e: -e.created)
    (found,) = histories([Subscription.model_validate(now)], newest_first, valuation, ZoneInfo("UTC"))
    return found


def paid(history: History) -> list[tuple[date, dict[str, int]]]:
    return [(state.since, {plan: int(amount) for plan, amount in state.mrr.items()}) for state in history.states]


def test_without_events_dates_tell_when_it_paid() -> None:
    assert paid(read(subscription(item("Team", 9900)))) == [(on(0), {"Team": 99})]


def test_a_cancelled_subscription_paid_until_it_ended() -> None:
    gone = subscription(item("Team", 9900), status="canceled", ended_at=at(20))
    assert paid(read(gone)) == [(on(0), {"Team": 99}), (on(20), {})]


def test_a_trial_that_ends_without_paying_never_counts() -> None:
    lost = subscription(item("Team", 9900), status="canceled", trial_start=at(0), trial_end=at(14), ended_at=at(14))
    assert read(lost).states == ()
    assert read(lost).trial_started == on(0)
    assert read(lost).trial_converted is None


def test_a_trial_that_converts_pays_from_its_end() -> None:
    won = read(subscription(item("Team", 9900), trial_start=at(0), trial_end=at(14)))
    assert paid(won) == [(on(14), {"Team": 99})]
    assert (won.trial_started, won.trial_plan, won.trial_converted) == (on(0), "Team", on(14))


def test_a_change_of_plan_is_read_from_its_event_and_what_was_before_from_the_previous_attributes() -> None:
    after = subscription(item("Team", 9900))
    before = {"items": {"object": "list", "data": [item("Starter", 2900)]}}
    assert paid(read(after, event("updated", 9, after, **before))) == [(on(0), {"Starter": 29}), (on(9), {"Team": 99})]


def test_events_from_creation_on_tell_everything() -> None:
    trial = subscription(item("Team", 9900), status="trialing", trial_start=at(0), trial_end=at(14))
    active = trial | {"status": "active"}
    gone = trial | {"status": "canceled", "ended_at": at(30)}
    found = read(
        gone,
        event("created", 0, trial),
        event("updated", 14, active, status="trialing"),
        event("deleted", 30, gone),
    )
    assert paid(found) == [(on(0), {}), (on(14), {"Team": 99}), (on(30), {})]
    assert found.trial_converted == on(14)


def test_quantity_and_several_lines_add_up_by_plan() -> None:
    found = read(subscription(item("Seats", 1000, quantity=7), item("Seats", 500), item("Addon", 2000)))
    assert paid(found) == [(on(0), {"Seats": 75, "Addon": 20})]


def test_metered_tiered_and_foreign_lines_count_nothing_and_say_so() -> None:
    metered = {"interval": "month", "interval_count": 1, "usage_type": "metered"}
    now = subscription(
        item("Usage", 5, recurring=metered),
        item("Tiered", 0, unit_amount=None, billing_scheme="tiered", tiers_mode="volume"),
        item("Euro", 5000, currency="eur"),
    )
    assert paid(read(now)) == [(on(0), {})]
    assert read(now).notes_from(on(0)) == {
        "Usage: metered usage is not recurring revenue",
        "Tiered: tiered price whose tiers Stripe does not tell, left out",
        "EUR: no rate to USD, left out",
    }
    with_rate = Valuation("usd", {"eur": Decimal("1.1")})
    assert paid(read(now, valuation=with_rate)) == [(on(0), {"Euro": 55})]


def test_a_lasting_discount_lowers_mrr_until_it_ends_and_a_one_off_does_not() -> None:
    half = Discount.model_validate(
        {"id": "di_1", "end": at(90), "source": {"coupon": {"duration": "repeating", "percent_off": 50}}}
    )
    once = Discount.model_validate({"id": "di_2", "source": {"coupon": {"duration": "once", "percent_off": 50}}})
    valuation = Valuation("usd", book=DiscountBook({"di_1": half, "di_2": once}))
    now = subscription(item("Team", 10000), discounts=["di_1", "di_2"])
    assert paid(read(now, valuation=valuation)) == [(on(0), {"Team": 50}), (on(90), {"Team": 100})]


def test_days_are_those_of_the_accounts_time_zone() -> None:
    late = subscription(item("Team", 9900), start_date=int(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).timestamp()))
    (found,) = histories([Subscription.model_validate(late)], [], USD, ZoneInfo("Asia/Tokyo"))
    assert found.states[0].since == date(2026, 3, 2)
