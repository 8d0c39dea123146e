"""Random lives of subscriptions: what the client tells of each day is what a plain calculation says of it, and the
movements of a day are its change.

Each life is written twice from one plan of stages: as Stripe's objects and events, and as a list of what is paid when.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from resources.mrr import Movement, daily_movements
from resources.stripe_discounts import DiscountBook
from resources.stripe_events import StripeEvent
from resources.stripe_history import histories
from resources.stripe_models import Coupon, Discount, Price, Subscription
from resources.stripe_valuation import Valuation

DAY0 = date(2026, 3, 1)
LENGTH = 40
DAY_S = 86_400
NOON = 1_772_366_400
"""Midday of DAY0, seconds since 1970."""
RATES = {"usd": Fraction(1), "eur": Fraction(108, 100), "jpy": Fraction(67, 10_000), "kwd": Fraction(325, 100)}
DIGITS = {"usd": 2, "eur": 2, "jpy": 0, "kwd": 3}
MONTHS = {"day": Fraction(12, 365), "week": Fraction(84, 365), "month": Fraction(1), "year": Fraction(12)}
TIERS = ((3, 500, 100), (10, 300, 0), (None, 120, 900))
"""Last unit, price of one, price of the step."""


@dataclass(frozen=True)
class Line:
    """What a line is of, as drawn."""

    plan: str
    kind: str
    cents: int
    quantity: int
    interval: str
    count: int
    own: int | None = None
    """Per cent off this line alone, for ever."""

    def billed(self) -> Fraction:
        """Minor units a period after the line's own discount."""
        return self.cost() * Fraction(100 - (self.own or 0), 100)

    def cost(self) -> Fraction:
        """Minor units a period."""
        if self.kind == "package":
            return Fraction(self.cents) * math.ceil(Fraction(self.quantity, 7))
        if self.kind == "volume":
            _, unit, flat = next(step for step in TIERS if step[0] is None or self.quantity <= step[0])
            return Fraction(unit * self.quantity + flat)
        if self.kind == "graduated":
            reached = [n for n, _ in enumerate(TIERS) if n == 0 or self.quantity > (TIERS[n - 1][0] or 0)]
            each = sum(
                next(s[1] for s in TIERS if s[0] is None or unit <= s[0]) for unit in range(1, self.quantity + 1)
            )
            return Fraction(each + sum(TIERS[n][2] for n in reached))
        if self.kind == "fraction":
            return Fraction(self.cents, 8) * self.quantity
        return Fraction(0) if self.kind == "metered" else Fraction(self.cents * self.quantity)

    def body(self, currency: str) -> dict[str, Any]:
        """The line as Stripe has it; its price is in dollars, the currency asked is one of its options."""
        price = {
            "id": f"price_{self}", "nickname": self.plan, "product": self.plan, "currency": currency,
            "unit_amount": self.cents, "billing_scheme": "per_unit", "recurring": {
                "interval": self.interval, "interval_count": self.count,
                "usage_type": "metered" if self.kind == "metered" else "licensed",
            },
        }  # fmt: skip
        if self.kind == "package":
            price["transform_quantity"] = {"divide_by": 7, "round": "up"}
        if self.kind == "fraction":
            price |= {"unit_amount": None, "unit_amount_decimal": str(Decimal(self.cents) / 8)}
        if self.kind in ("volume", "graduated"):
            tiers = [{"up_to": last, "unit_amount": unit, "flat_amount": flat} for last, unit, flat in TIERS]
            price |= {"unit_amount": None, "billing_scheme": "tiered", "tiers_mode": self.kind, "tiers": tiers}
        quantity = {} if self.kind == "metered" else {"quantity": self.quantity}
        coupon = {"id": f"own{self.own}", "duration": "forever", "percent_off": self.own}
        own = [{"id": f"di_own{self.own}", "start": 1, "source": {"coupon": coupon}}] if self.own else []
        return {"id": f"si_{self}", "price": price, "discounts": own} | quantity


@dataclass(frozen=True)
class Off:
    """A coupon on the whole subscription from one day to another (in days from DAY0)."""

    percent: int | None
    cents: int
    duration: str
    begins: int
    ends: int | None

    def body(self, currency: str) -> dict[str, Any]:
        amount = {"percent_off": self.percent} if self.percent is not None else {"amount_off": self.cents}
        coupon = {"id": "C", "duration": self.duration, "currency": currency, **amount}
        ends = None if self.ends is None else second(self.ends)
        return {"id": "di_1", "start": second(self.begins), "end": ends, "source": {"coupon": coupon}}


@dataclass(frozen=True)
class Stage:
    """From `day` on it is so, until the next stage."""

    day: int
    status: str
    lines: tuple[Line, ...]
    off: Off | None
    paused: str | None


@dataclass(frozen=True)
class Life:
    """One subscription of a customer: its stages, the first its birth."""

    customer: str
    currency: str
    stages: tuple[Stage, ...]


def second(day: int) -> int:
    return NOON + day * DAY_S


lines = st.builds(
    Line,
    plan=st.sampled_from(["Basic", "Team", "Addon"]),
    kind=st.sampled_from(["unit", "unit", "package", "volume", "graduated", "fraction", "metered"]),
    cents=st.integers(0, 20_000),
    quantity=st.integers(0, 30),
    interval=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 3),
    own=st.one_of(st.none(), st.none(), st.integers(1, 100)),
)
offs = st.builds(
    Off,
    percent=st.one_of(st.none(), st.integers(1, 100)),
    cents=st.integers(1, 30_000),
    duration=st.sampled_from(["forever", "repeating", "once"]),
    begins=st.integers(-5, LENGTH),
    ends=st.one_of(st.none(), st.integers(-5, LENGTH)),
)
statuses = st.sampled_from(
    ["active", "active", "active", "past_due", "trialing", "unpaid", "incomplete", "paused", "canceled"]
)
stages = st.builds(
    Stage,
    day=st.integers(0, LENGTH - 2),
    status=statuses,
    lines=st.lists(lines, min_size=1, max_size=3, unique_by=lambda line: line).map(tuple),
    off=st.one_of(st.none(), offs),
    paused=st.one_of(st.none(), st.none(), st.sampled_from(["void", "mark_uncollectible", "keep_as_draft"])),
)
lives = st.builds(
    Life,
    customer=st.sampled_from(["ann", "bob"]),
    currency=st.sampled_from(sorted(RATES)),
    stages=st.lists(stages, min_size=1, max_size=5, unique_by=lambda s: s.day).map(
        lambda found: tuple(sorted(found, key=lambda s: s.day))
    ),
)


def truth(life: Life, day: int) -> dict[str, Fraction]:
    """Dollars a month by plan at the end of a day, by the definitions alone."""
    held = [stage for stage in life.stages if stage.day <= day]
    if not held or held[-1].status not in ("active", "past_due") or held[-1].paused in ("void", "mark_uncollectible"):
        return {}
    stage, paid = held[-1], defaultdict[str, Fraction](Fraction)
    costs = [(line, line.billed() / (MONTHS[line.interval] * line.count)) for line in stage.lines]
    total, off = sum(cost for _, cost in costs), stage.off
    kept = Fraction(1)
    if off is not None and off.duration != "once" and off.begins <= day and (off.ends is None or day < off.ends):
        if off.percent is not None:
            kept = Fraction(100 - off.percent, 100)
        elif total:
            charged = [MONTHS[line.interval] * line.count for line in stage.lines if line.kind != "metered"]
            kept = max(Fraction(0), 1 - off.cents / min(charged) / total)
    for line, cost in costs:
        paid[line.plan] += cost * kept / 10 ** DIGITS[life.currency] * RATES[life.currency]
    return {plan: amount for plan, amount in paid.items() if amount}


def written(number: int, life: Life) -> tuple[Subscription, list[StripeEvent]]:
    """The subscription as it is at last, and its events, newest first."""
    bodies = [_body(number, life, stage) for stage in life.stages]
    events: list[StripeEvent] = []
    for place, (stage, body) in enumerate(zip(life.stages, bodies, strict=True)):
        before = bodies[place - 1] if place else {}
        kind = "updated" if place else "created"
        data = {"object": body, "previous_attributes": {k: v for k, v in before.items() if body[k] != v}}
        event = {"type": f"customer.subscription.{kind}", "created": second(stage.day), "data": data}
        events.append(StripeEvent.model_validate(event))
    return Subscription.model_validate(bodies[-1]), events[::-1]


def _body(number: int, life: Life, stage: Stage) -> dict[str, Any]:
    born = second(life.stages[0].day)
    return {
        "id": f"sub_{number}", "customer": life.customer, "status": stage.status, "created": born, "start_date": born,
        "currency": life.currency, "discounts": [stage.off.body(life.currency)] if stage.off else [],
        "items": {"data": [line.body(life.currency) for line in stage.lines]},
        "pause_collection": {"behavior": stage.paused, "resumes_at": None} if stage.paused else None,
    }  # fmt: skip


def told(account: Sequence[Life], *, complete: bool = True) -> dict[tuple[date, str], Movement]:
    """What the client's calculation makes of it; without the births when events are not `complete`."""
    made = [written(number, life) for number, life in enumerate(account)]
    events = [event for _, found in made for event in found if complete or event.type.endswith("updated")]
    rates = {code: Decimal(rate.numerator) / rate.denominator for code, rate in RATES.items()}
    valuation = Valuation("usd", rates, book=DiscountBook(coupons={}))
    newest_first = sorted(events, key=lambda event: -event.created)
    held = histories([one for one, _ in made], newest_first, valuation, ZoneInfo("UTC"))
    return daily_movements(held, DAY0 - timedelta(days=1), DAY0 + timedelta(days=LENGTH))


@settings(max_examples=100, deadline=None)
@given(st.lists(lives, max_size=4))
def test_mrr_of_every_day_and_plan_is_what_is_paid(account: list[Life]) -> None:
    rows = told(account)
    for day in range(-1, LENGTH + 1):
        expected: dict[str, Fraction] = defaultdict(Fraction)
        for life in account:
            for plan, amount in truth(life, day).items():
                expected[plan] += amount
        for plan in ("Basic", "Team", "Addon"):
            row = rows.get((DAY0 + timedelta(days=day), plan), Movement())
            assert abs(Fraction(row.mrr) - expected[plan]) < Fraction(1, 10_000), (day, plan)


@settings(max_examples=100, deadline=None)
@given(st.lists(lives, max_size=4), st.booleans())
def test_movements_are_the_change_of_mrr(account: list[Life], complete: bool) -> None:
    rows = told(account, complete=complete)
    before: dict[str, Decimal] = defaultdict(Decimal)
    for day in (DAY0 + timedelta(days=n) for n in range(-1, LENGTH + 1)):
        for plan in ("Basic", "Team", "Addon"):
            row = rows.get((day, plan), Movement())
            moved = row.moved_in - row.moved_out
            assert row.mrr - before[plan] == row.new + row.expansion - row.contraction - row.churned_mrr + moved
            assert min(row.mrr, row.new, row.expansion, row.contraction, row.churned_mrr) >= 0
            assert min(row.moved_in, row.moved_out) >= 0
            assert (row.active > 0) == (row.mrr > 0)
            before[plan] = row.mrr


@settings(max_examples=100, deadline=None)
@given(st.lists(lives, max_size=4))
def test_what_the_company_gained_and_lost_is_told_by_customers_alone(account: list[Life]) -> None:
    """Over all plans: somebody began, left, or pays more or less in all than the day before; plans change nothing."""
    rows = told(account)
    before: dict[str, Fraction] = {}
    for day in range(-1, LENGTH + 1):
        paid: dict[str, Fraction] = defaultdict(Fraction)
        for life in account:
            paid[life.customer] += sum(truth(life, day).values())
        new = expansion = contraction = churned = Fraction(0)
        for customer, now in paid.items():
            change, was = now - before.get(customer, Fraction(0)), before.get(customer, Fraction(0))
            new, expansion = new + change * (was == 0), expansion + max(change, 0) * (was > 0)
            contraction, churned = contraction + max(-change, 0) * (now > 0), churned + was * (now == 0)
        here = [row for (on, _), row in rows.items() if on == DAY0 + timedelta(days=day)]
        sums = [
            Fraction(sum((getattr(row, name) for row in here), Decimal(0)))
            for name in ("new", "expansion", "contraction", "churned_mrr", "moved_in", "moved_out")
        ]
        for told_, true in zip(sums[:4], (new, expansion, contraction, churned), strict=True):
            assert abs(told_ - true) < Fraction(1, 10_000), (day, sums, new, expansion, contraction, churned)
        assert sums[4] == sums[5], "what moves leaves one plan for another"
        before = dict(paid)


@settings(max_examples=60, deadline=None)
@given(lives, st.integers(0, LENGTH))
def test_a_day_does_not_depend_on_what_happens_after_it(life: Life, day: int) -> None:
    """What was told of a day stays, as long as events are kept: later stages change later days only."""
    earlier = tuple(stage for stage in life.stages if stage.day <= day)
    if not earlier:
        return
    on = DAY0 + timedelta(days=day)
    then, now = told([Life(life.customer, life.currency, earlier)]), told([life])
    assert {k: v for k, v in then.items() if k[0] <= on} == {k: v for k, v in now.items() if k[0] <= on}


def test_the_oracle_knows_each_kind() -> None:
    """A few of its costs by hand, so that it is not the same mistake twice."""
    assert Line("Team", "graduated", 0, 12, "month", 1).cost() == 3 * 500 + 100 + 7 * 300 + 2 * 120 + 900
    assert Line("Team", "volume", 0, 10, "month", 1).cost() == 3_000
    assert Line("Team", "package", 10, 8, "month", 1).cost() == 20
    assert Line("Team", "fraction", 3, 4, "month", 1).cost() == Fraction(3, 2)
    assert Coupon(duration="once").off("usd") is None and Discount(id="di").coupon is None
    assert Price(id="p", currency="usd").tiered is False
