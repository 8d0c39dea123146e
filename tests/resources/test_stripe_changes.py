"""What changed in a Stripe account, read from its events through the real SDK, and what is no longer known of it."""

from datetime import date
from typing import Any

from tests.support.stripe_says import (
    OLD_EVENT,
    TODAY,
    Body,
    at,
    collected,
    coupon,
    discount,
    event,
    item,
    mrr,
    price,
    stripe_says,
    subscription,
)

HALF = coupon(percent_off=50)
BASIC, PRO = price("price_basic", 5_000), price("price_pro")


def days(*subscriptions: Body, events: tuple[Body, ...], of: tuple[int, ...] = (-6, -5, -4, -3, -2, -1), **lists: Any):
    held = {"/v1/subscriptions": subscriptions, "/v1/events": (*events, OLD_EVENT), "/v1/coupons": [HALF]}
    held |= {f"/v1/{name}": objects for name, objects in lists.items()}
    with stripe_says(held) as wire:
        found = collected(wire, of[0])
    return [mrr(found, day) for day in of], found


def test_an_event_of_another_version_that_changes_no_money_changes_none() -> None:
    older = subscription() | {"discount": None}
    del older["discounts"], older["currency"]
    found, told = days(subscription(), events=(event("subscription.updated", -3, older, {"schedule": "sub_sched_1"}),))
    assert (found, told.notes, told.certain_from) == ([100] * 6, (), date(2026, 11, 22))


def test_a_discount_that_is_over_is_known_by_its_own_event() -> None:
    over = discount("HALF", start=at(-90), subscription="sub_1", customer="cus_1", end=at(-3))
    events = (
        event("discount.deleted", -3, over),
        event("subscription.updated", -3, subscription(), {"discounts": ["di_1"]}),
    )
    assert days(subscription(), events=events)[0] == [50, 50, 50, 100, 100, 100]


def test_a_discount_in_an_older_event_carries_its_coupon() -> None:
    before = {"discount": {"id": "di_1", "coupon": HALF, "start": at(-90), "end": None, "customer": "cus_1"}}
    after = subscription() | {"discount": None}
    events = (event("subscription.updated", -3, after, before),)
    assert days(subscription(), events=events, coupons=[])[0] == [50, 50, 50, 100, 100, 100]


def test_a_customers_discount_comes_and_goes() -> None:
    gone = discount("HALF", customer="cus_1", start=at(-5))
    events = (event("discount.created", -5, gone), event("discount.deleted", -3, gone))
    assert days(subscription(), events=events)[0] == [100, 50, 50, 100, 100, 100]


def test_a_customers_discount_that_became_another_is_told_in_two_parts() -> None:
    now = discount(coupon("TENTH", percent_off=10), "", customer="cus_1", start=at(-90))
    changed = event("discount.updated", -3, now, {"source": {"coupon": HALF}})
    body = subscription(customer={"id": "cus_1", "discount": now})
    assert days(body, events=(changed,), coupons=[HALF, coupon("TENTH", percent_off=10)])[0] == [50] * 3 + [90] * 3


def test_one_who_left_is_read_again_with_the_customers_discount() -> None:
    gone = subscription(status="canceled", ended_at=at(-2))
    left = event("subscription.deleted", -2, gone)
    customer = {"id": "cus_1", "discount": discount("HALF", customer="cus_1")}
    assert days(gone | {"customer": customer}, events=(left,))[0] == [50, 50, 50, 50, 0, 0]
    found, told = days(gone | {"customer": {"id": "cus_1", "deleted": True}}, events=(left,))
    assert found == [100, 100, 100, 100, 0, 0]
    assert told.notes == ("1 deleted customers: a discount of their own is no longer told by Stripe",)
    found, told = days(events=(left,))
    assert found == [100, 100, 100, 100, 0, 0]
    assert told.notes == (
        "1 ended subscriptions are told by their last events only, without their customers' discounts",
    )


def test_an_older_event_takes_currency_and_discounts_of_lines_from_today() -> None:
    now = subscription(item(price(currency="usd"), discounts=[discount("HALF")]), currency="eur")
    older = {**now, "items": {"data": [{"id": "si_price_team", "price": price(), "quantity": 1}]}, "discount": None}
    del older["discounts"], older["currency"]
    euro = price(currency_options={"eur": {"unit_amount": 9_000}})
    events = (event("subscription.updated", -3, older, {"schedule": "sub_sched_1"}),)
    found, told = days(now, events=events, prices=[euro])
    assert (found, told.notes) == ([45] * 6, ())


def test_a_pause_begins_with_its_event_and_ends_by_itself() -> None:
    paused = subscription(pause_collection={"behavior": "void", "resumes_at": at(-2)})
    events = (event("subscription.updated", -5, paused, {"pause_collection": None}),)
    assert days(paused, events=events)[0] == [100, 0, 0, 0, 100, 100]


def test_a_change_that_an_old_version_tells_of_the_whole_is_one_of_its_line() -> None:
    plan = {"id": "p", "amount": 10_000, "currency": "usd", "interval": "month", "nickname": "Team"}
    after = subscription() | {
        "items": {"data": [{"id": "si_1", "plan": plan, "quantity": 3}]},
        "plan": plan,
        "quantity": 3,
    }
    events = (event("subscription.updated", -3, after, {"quantity": 1, "plan": {"amount": 5_000}}),)
    assert days(after, events=events)[0] == [50, 50, 50, 300, 300, 300]


def test_what_ends_by_itself_after_a_change_belongs_to_what_it_was_then() -> None:
    """The end of a discount that was replaced before must not bring the old plan back."""
    short = discount("HALF", "di_old", end=at(-3), start=at(-90))
    before = {"discounts": [short], "items": {"data": [item(BASIC)]}}
    events = (event("subscription.updated", -5, subscription(item(PRO)), before),)
    assert days(subscription(item(PRO)), events=events)[0] == [25, 100, 100, 100, 100, 100]


def test_lines_beyond_those_of_an_event_are_todays_and_it_says_so() -> None:
    lines = [item(price(f"price_{n}", 1_000), id=f"si_{n}", created=at(-90)) for n in range(14)]
    after = subscription(*lines[:10], has_more=True)
    found, told = days(
        after, events=(event("subscription.updated", -3, after, {"metadata": {}}),), subscription_items=lines
    )
    assert found == [140] * 6
    assert told.notes == (
        "of subscriptions with many lines Stripe's events name the first only: the others are as they are today",
    )


def test_days_before_the_events_are_told_from_today_and_say_so() -> None:
    """Basic until 20 September, Pro since; asked in November, when the events of September are gone."""
    with stripe_says({"/v1/subscriptions": [subscription(item(PRO))], "/v1/events": []}) as wire:
        found = collected(wire, date(2026, 9, 10), date(2026, 9, 10))
    assert mrr(found, date(2026, 9, 10)) == 100
    assert found.certain_from == date(2026, 10, 30), "the last 30 days are certain even where nothing happened"
    assert found.notes == (
        "days before 2026-10-30 are told from what subscriptions are today, and what happened on them is unknown: "
        "Stripe keeps no older events",
    )
    happened = [name for name in found.rows.columns if name not in ("date", "plan", "mrr", "active")]
    assert len(happened) == 9 and found.rows[happened].isna().all(axis=None), "unknown, not zero"


def test_a_young_account_is_known_from_its_first_day() -> None:
    born = subscription(created=at(-5), start_date=at(-5))
    with stripe_says({"/v1/subscriptions": [born], "/v1/events": [event("subscription.created", -5, born)]}) as wire:
        found = collected(wire, -80)
    assert (found.certain_from, found.notes) == (date(2026, 9, 9), ())
    assert date(2026, 11, 28) == TODAY


def test_a_day_within_the_events_is_told_alike_however_far_back_one_asks() -> None:
    upgraded = event("subscription.updated", -3, subscription(item(PRO)), {"items": {"data": [item(BASIC)]}})
    near, _ = days(subscription(item(PRO)), events=(upgraded,))
    with stripe_says({"/v1/subscriptions": [subscription(item(PRO))], "/v1/events": [upgraded]}) as wire:
        far = collected(wire, -60)
    assert [mrr(far, day) for day in (-6, -5, -4, -3, -2, -1)] == near == [50, 50, 50, 100, 100, 100]
