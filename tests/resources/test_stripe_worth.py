"""What a subscription is worth a month, through the real SDK: prices, discounts, currencies, statuses and dates."""

from typing import Any

import pytest

from resources.collected import Collected
from tests.support.stripe_says import (
    OLD_EVENT,
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


def told(
    *subscriptions: Body, events: tuple[Body, ...] = (), first: int = -3, settings: Any = None, **lists: Any
) -> Collected:
    held = {"/v1/subscriptions": subscriptions, "/v1/events": (*events, OLD_EVENT)}
    held |= {f"/v1/{name}": objects for name, objects in lists.items()}
    with stripe_says(held) as wire:
        return collected(wire, first, **(settings or {}))


HALF = coupon(percent_off=50)
TEN_OFF = coupon("TEN", amount_off=1_000, currency="usd")
ONCE = coupon("ONCE", percent_off=90, duration="once")
TIERS = [{"up_to": 5, "unit_amount": 2_000}, {"up_to": None, "unit_amount": 1_000}]
FLAT = [
    {"up_to": 5, "flat_amount": 900, "unit_amount": 100},
    {"up_to": None, "flat_amount": 500, "unit_amount_decimal": "50.5"},
]


def tiered(mode: str = "graduated", tiers: list[Body] | None = None, **fields: Any) -> Body:
    return price("price_seats", None, billing_scheme="tiered", tiers_mode=mode, **fields) | (
        {"tiers": tiers} if tiers else {}
    )


@pytest.mark.parametrize(
    ("quantity", "priced", "worth"),
    [
        (3, price(), 300),
        (0, price(), 0),
        (None, price(), 100),
        (1_000, price(cents=None, unit_amount_decimal="0.5"), 5),
        (1, price(recurring={"interval": "year"}, cents=120_000), 100),
        (2, price(recurring={"interval_count": 3}), 200 / 3),
        (1, price(recurring={"interval": "week", "interval_count": 2}, cents=700), 7 * 365 / 14 / 12),
        (1, price(recurring={"interval": "day"}, cents=12), 0.12 * 365 / 12),
        (5_200, price(cents=1_000, transform_quantity={"divide_by": 1_000, "round": "up"}), 60),
        (5_200, price(cents=1_000, transform_quantity={"divide_by": 1_000, "round": "down"}), 50),
        (5_000, price(cents=1_000, transform_quantity={"divide_by": 1_000, "round": "up"}), 50),
    ],
)  # fmt: skip
def test_a_line_costs_its_price_for_its_quantity(quantity: int | None, priced: Body, worth: float) -> None:
    found = told(subscription(item(priced, quantity)))
    assert mrr(found) == pytest.approx(worth, abs=1e-6)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("mode", "tiers", "quantity", "worth"),
    [
        ("graduated", TIERS, 8, 130),
        ("graduated", TIERS, 5, 100),
        ("volume", TIERS, 8, 80),
        ("volume", TIERS, 5, 100),
        ("graduated", FLAT, 8, 9 + 5 + 5 + 3 * 0.505),
        ("graduated", FLAT, 5, 14),
        ("volume", FLAT, 8, 5 + 8 * 0.505),
        ("graduated", FLAT, 0, 9),
        ("volume", FLAT, 0, 9),
    ],
)
def test_tiers_are_looked_up_and_counted(mode: str, tiers: list[Body], quantity: int, worth: float) -> None:
    found = told(subscription(item(tiered(mode), quantity)), prices=[tiered(mode, tiers)])
    assert mrr(found) == pytest.approx(worth, abs=1e-6)
    assert found.notes == ()


@pytest.mark.parametrize("currency", ["usd", "eur"])
def test_an_archived_price_is_in_no_list_and_is_worth_what_it_was(currency: str) -> None:
    euro = {"eur": {"unit_amount": None, "unit_amount_decimal": None, "tiers": [{"up_to": None, "unit_amount": 900}]}}
    kept = tiered(tiers=TIERS, active=False, currency_options=euro)
    found = told(subscription(item(tiered(active=False), 8), currency=currency), prices=[kept])
    assert (mrr(found), found.notes) == (130 if currency == "usd" else 72, ())
    gone = told(subscription(item(price(active=False)), currency="eur"), prices=[EURO | {"active": False}])
    assert (mrr(gone), gone.notes) == (90, ())


def test_tiers_that_are_not_told_are_a_note() -> None:
    found = told(subscription(item(tiered(), 8)))
    assert mrr(found) == 0
    assert found.notes == ("Seats: tiered price whose tiers Stripe does not tell, left out",)


def test_usage_is_no_recurring_revenue_and_says_so() -> None:
    metered = price("price_usage", recurring={"usage_type": "metered"})
    found = told(subscription(item(), item(metered, None)))
    assert mrr(found) == 100
    assert found.notes == ("Usage: metered usage is not recurring revenue",)


@pytest.mark.parametrize(
    ("on", "discounts", "worth"),
    [
        ("subscription", [discount("HALF")], 50),
        ("subscription", [discount(HALF)], 50),
        ("item", [discount("HALF")], 50),
        ("customer", [discount("HALF", customer="cus_1")], 50),
        ("subscription", [discount("TEN")], 90),
        ("subscription", [discount("HALF"), discount("TEN", "di_2")], 40),
        ("subscription", [discount("TEN"), discount("HALF", "di_2")], 45),
        ("subscription", [discount("ONCE")], 100),
        ("subscription", [discount("HALF", end=at(-40))], 100),
        ("subscription", [discount("HALF", end=at(40))], 50),
        ("subscription", [discount("HALF", start=at(5))], 100),
        ("subscription", [discount("HALF", promotion_code="promo_1")], 50),
    ],
)  # fmt: skip
def test_discounts_wherever_they_are(on: str, discounts: list[Body], worth: float) -> None:
    body = subscription()
    if on == "subscription":
        body["discounts"] = discounts
    elif on == "item":
        body["items"]["data"][0]["discounts"] = discounts
    else:
        body["customer"] = {"id": "cus_1", "object": "customer", "discount": discounts[0]}
    found = told(body, coupons=[HALF, TEN_OFF, ONCE])
    assert mrr(found) == worth
    assert found.notes == ()


def test_an_items_discount_comes_before_the_subscriptions() -> None:
    line = item(discounts=[discount("TEN", "di_item")])
    assert mrr(told(subscription(line, discounts=[discount("HALF")]), coupons=[HALF, TEN_OFF])) == 45


def test_the_subscriptions_discount_replaces_the_customers() -> None:
    customer = {"id": "cus_1", "discount": discount("HALF", "di_customer", customer="cus_1")}
    assert mrr(told(subscription(customer=customer, discounts=[discount("TEN")]), coupons=[HALF, TEN_OFF])) == 90


def test_an_amount_is_shared_among_lines_and_takes_none_below_zero() -> None:
    lines = [item(price("price_a", 3_000)), item(price("price_b", 1_000))]
    found = told(subscription(*lines, discounts=[discount("TEN")]), coupons=[TEN_OFF])
    assert mrr(found) == 30
    assert found.rows.set_index("plan").loc["A", "mrr"].iloc[-1] == 22.5
    assert mrr(told(subscription(item(price(cents=500)), discounts=[discount("TEN")]), coupons=[TEN_OFF])) == 0


def test_an_amount_off_a_yearly_invoice_is_a_twelfth_a_month() -> None:
    yearly = price(cents=120_000, recurring={"interval": "year"})
    found = told(subscription(item(yearly), discounts=[discount("TEN")]), coupons=[TEN_OFF])
    assert mrr(found) == pytest.approx((1200 - 10) / 12, abs=1e-5)


def test_a_coupon_for_some_products_leaves_the_others() -> None:
    limited = HALF | {"applies_to": {"products": ["prod_a"]}}
    lines = [item(price("price_a", 3_000)), item(price("price_b", 1_000))]
    assert mrr(told(subscription(*lines, discounts=[discount("HALF")]), coupons=[limited])) == 25


def test_a_deleted_coupon_lives_on_in_its_discount_and_says_what_is_not_known() -> None:
    assert told(subscription(discounts=[discount(HALF)])).notes == ()
    lines = [item(price("price_a", 3_000)), item(price("price_b", 1_000))]
    found = told(subscription(*lines, discounts=[discount(HALF)]))
    assert (mrr(found), found.notes) == (20, ("coupon HALF: deleted, taken to apply to every line",))
    gone = {"id": "HALF", "object": "coupon", "deleted": True}
    found = told(subscription(discounts=[discount(gone)]))
    assert mrr(found) == 100
    assert found.notes == ("coupon HALF: what it takes off is not told by Stripe, counted without it",)
    found = told(subscription(discounts=["di_gone"]))
    assert found.notes == ("discount di_gone: no longer told by Stripe, counted without it",)


def test_an_amount_off_in_another_currency_needs_its_option() -> None:
    body = subscription(item(price(currency="eur")), currency="eur", discounts=[discount("TEN")])
    found = told(body, coupons=[TEN_OFF])
    assert (mrr(found), found.notes) == (100, ("coupon TEN: no amount in EUR, counted without it",))
    assert mrr(told(body, coupons=[TEN_OFF | {"currency_options": {"eur": {"amount_off": 900}}}])) == 91


EURO = price(currency_options={"eur": {"unit_amount": 9_000, "unit_amount_decimal": "9000"}})


def test_a_price_is_billed_in_the_subscriptions_currency() -> None:
    body = subscription(currency="eur")
    assert mrr(told(body, prices=[EURO])) == 90
    assert mrr(told(body, prices=[EURO], settings={"currency": "eur"})) == 90
    assert mrr(told(body, prices=[EURO], settings={"currency": "usd", "fx_rates": "eur=1.1"})) == pytest.approx(99)
    found = told(body, prices=[price()])
    assert found.notes == ("Team: price in USD billed in EUR, amount unknown, left out",)


def test_two_currencies_are_told_in_the_one_most_are_in_and_say_so() -> None:
    euro = subscription(item(price("price_e", currency="eur")), id="sub_2", currency="eur")
    found = told(subscription(), subscription(id="sub_3"), euro)
    assert mrr(found) == 200
    assert found.notes == (
        "EUR: no rate to USD, left out",
        "subscriptions in EUR, USD: told in USD, which most are in; choose with --set currency=",
    )


def test_money_that_is_not_in_the_tenants_currency_says_so() -> None:
    found = told(subscription(), settings={"tenant_currency": "EUR"})
    assert found.notes == (
        "money is in USD, the tenant's currency is EUR: --set currency=eur --set fx_rates=usd=RATE tells it in that",
    )
    chosen = {"tenant_currency": "EUR", "currency": "eur", "fx_rates": "usd=0.9"}
    assert (mrr(found := told(subscription(), settings=chosen)), found.notes) == (90, ())


@pytest.mark.parametrize(
    ("currency", "worth"), [("jpy", 10_000), ("kwd", 10), ("isk", 100), ("ugx", 100), ("huf", 100)]
)
def test_minor_units_are_the_currencys(currency: str, worth: float) -> None:
    assert mrr(told(subscription(item(price(currency=currency)), currency=currency))) == worth


def test_tiers_of_another_currency_are_looked_up_one_by_one() -> None:
    euro = {"eur": {"tiers": [{"up_to": None, "unit_amount": 900}]}}
    priced = tiered(tiers=TIERS, currency_options=euro)
    assert mrr(told(subscription(item(tiered(), 8), currency="eur"), prices=[priced])) == 72


def test_a_plan_is_one_under_all_names_it_had() -> None:
    body = subscription(item(price(nickname="Team 2026"), 2))
    before = subscription(item(price(nickname="Team"), 2))
    renamed = event("subscription.updated", -10, before, {"quantity": 1})
    other = subscription(item(price(nickname="Team 2026")), id="sub_2")
    found = told(body, other, events=(renamed,), first=-12)
    assert set(found.rows["plan"]) == {"Team 2026"}
    assert [mrr(found, day) for day in (-11, -10, -1)] == [200, 300, 300]


def test_a_subscription_that_two_pages_list_is_paid_once() -> None:
    assert mrr(told(subscription(), subscription())) == 100


def test_fourteen_lines_are_all_read() -> None:
    lines = [item(price(f"price_{n}", 1_000), id=f"si_{n}") for n in range(14)]
    found = told(subscription(*lines[:10], has_more=True), subscription_items=lines)
    assert (mrr(found), found.notes) == (140, ())


def test_lines_of_one_name_are_one_plan() -> None:
    lines = [item(price("price_a", 2_000, nickname="Same")), item(price("price_b", 4_000, nickname="Same"))]
    found = told(subscription(*lines))
    row = found.rows.iloc[-1]
    assert (row["plan"], row["mrr"], row["active"]) == ("Same", 60, 1)


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({"status": "past_due"}, 100),
        ({"status": "trialing", "trial_start": at(-5), "trial_end": at(5)}, 0),
        ({"status": "unpaid"}, 0),
        ({"status": "incomplete"}, 0),
        ({"status": "incomplete_expired"}, 0),
        ({"status": "paused", "status_details": {"paused": {"transitioned_at": at(-50)}}}, 0),
        ({"cancel_at_period_end": True, "cancel_at": at(5)}, 100),
        ({"pause_collection": {"behavior": "void", "resumes_at": None}}, 0),
        ({"pause_collection": {"behavior": "mark_uncollectible", "resumes_at": at(3)}}, 0),
        ({"pause_collection": {"behavior": "mark_uncollectible", "resumes_at": at(-3)}}, 100),
        ({"pause_collection": {"behavior": "keep_as_draft", "resumes_at": None}}, 100),
        ({"schedule": "sub_sched_1", "pending_update": {"subscription_items": [item(price(cents=99_000))]}}, 100),
        ({"start_date": at(-400)}, 100),
        ({"start_date": at(1)}, 0),
    ],
)  # fmt: skip
def test_statuses_and_dates(fields: dict[str, Any], worth: float) -> None:
    assert mrr(told(subscription(**fields))) == worth


def test_a_trial_that_begins_later_keeps_the_paid_days_before_it() -> None:
    later = subscription(created=at(-20), start_date=at(-20), trial_start=at(-12), trial_end=at(-2))
    found = told(later, first=-25)
    assert [mrr(found, day) for day in (-21, -20, -13, -12, -3, -2, -1)] == [0, 100, 100, 0, 0, 100, 100]
    assert found.rows.set_index("date")["trials_converted"].sum() == 1


def test_a_backdated_subscription_counts_from_its_start_with_and_without_its_event() -> None:
    body = subscription(created=at(-5), start_date=at(-20))
    alone, with_event = told(body, first=-25), told(body, events=(event("subscription.created", -5, body),), first=-25)
    for found in (alone, with_event):
        assert [mrr(found, day) for day in (-21, -20, -6, -1)] == [0, 100, 100, 100]


def test_an_item_on_a_trial_of_its_own_pays_from_its_end() -> None:
    line = item(current_trial={"start_date": at(-10), "end_date": at(-3), "trial_offer": "to_1"})
    found = told(subscription(line, created=at(-10), start_date=at(-10)), first=-12)
    assert [mrr(found, day) for day in (-11, -10, -4, -3)] == [0, 0, 0, 100]


@pytest.mark.parametrize(
    "fields",
    [
        {"default_tax_rates": [{"inclusive": True, "percentage": 15.0}]},
        {"items": {"data": [item(tax_rates=[{"inclusive": True}])]}},
    ],
)
def test_tax_in_a_price_is_counted_and_said(fields: dict[str, Any]) -> None:
    found = told(subscription(**fields))
    assert (mrr(found), found.notes) == (100, ("Team: its price includes tax, which is counted",))
    inclusive = subscription(item(price(tax_behavior="inclusive")))
    assert told(inclusive).notes == ("Team: its price includes tax, which is counted",)


def test_older_versions_are_read() -> None:
    plan = {
        "id": "silver",
        "object": "plan",
        "amount": 4_000,
        "currency": "usd",
        "interval": "month",
        "nickname": "Silver",
    }
    older: Body = {
        "id": "sub_1", "customer": "cus_1", "status": "active", "start": at(-90), "plan": plan, "quantity": 2,
        "discount": {"coupon": HALF, "customer": "cus_1", "start": at(-90), "end": None, "subscription": "sub_1"},
    }  # fmt: skip
    found = told(older)
    assert (mrr(found), found.notes) == (40, ())
