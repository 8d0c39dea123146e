"""What the client makes of the sandbox's Stripe is what the market's customers truly pay, by day and plan."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.sandbox.subscriptions import moment
from marketeer_dagster.sandbox.terms import Charge, terms_of, worth
from marketeer_dagster.sandbox.vendors.stripe import VARIED
from resources.collected import Collected
from resources.stripe import StripeClient_
from tests.sandbox.conftest import START, account

LAST = START - timedelta(days=1)
FIRST = LAST - timedelta(days=27)
VARYING = frozenset(VARIED)
SPEC = account("acme", history_days=45, monthly_sessions=6_000, starting_mrr_usd=60_000, trial_conversion=0.4)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread(seed=11, start=START) as running:
        running.admin.open_account(SPEC)
        yield running


@pytest.fixture
def admin(sandbox: Running) -> Iterator[SandboxAdmin]:
    yield sandbox.admin
    for habit in sandbox.admin.habits("acme"):
        if habit.vendor == "stripe":
            sandbox.admin.habit("stripe", habit.name, on=habit.name in (*VARIED, "older_events"), tenant="acme")


def read(sandbox: Running, first: date = FIRST) -> Collected:
    connection = next(c for c in sandbox.admin.open_account(SPEC) if c.tool == "stripe")
    return StripeClient_(connection).collect_daily(first, LAST)


def truth(sandbox: Running, day: date, varied: frozenset[str] = VARYING) -> dict[str, float]:
    """US dollars a month by product at the end of `day`."""
    held, book = sandbox.world.account("acme"), sandbox.world.market.book(sandbox.world.account("acme"))
    total: dict[str, Decimal] = defaultdict(Decimal)
    for one in book.subscriptions:
        terms = terms_of(sandbox.world.seed, held, one, varied)
        for name, amount in worth(held, one, terms, moment(day + timedelta(days=1)) - 1).items():
            total[name] += amount
    return {name: float(amount) for name, amount in total.items()}


def told(found: Collected, day: date) -> dict[str, float]:
    rows = found.rows[(found.rows["date"] == day) & (found.rows["mrr"] > 0)]
    return dict(zip(rows["plan"], rows["mrr"].astype(float), strict=True))


@pytest.mark.parametrize("older", [True, False])
def test_every_day_is_told_as_it_was(sandbox: Running, admin: SandboxAdmin, older: bool) -> None:
    admin.habit("stripe", "older_events", on=older, tenant="acme")
    found = read(sandbox)
    for offset in range(28):
        day = FIRST + timedelta(days=offset)
        assert told(found, day) == pytest.approx(truth(sandbox, day), abs=0.01), day
    known = ("metered usage", "many lines", "PIONEER15: deleted")
    assert [note for note in found.notes if not any(part in note for part in known)] == []


def test_movements_add_up(sandbox: Running) -> None:
    rows = (
        read(sandbox).rows.groupby("date")[["mrr", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr"]].sum()
    )
    moved = rows["new_mrr"] + rows["expansion_mrr"] - rows["contraction_mrr"] - rows["churned_mrr"]
    assert (rows["mrr"].diff() - moved).iloc[1:].abs().max() < 1e-6
    assert (moved != 0).sum() > 20 and rows["contraction_mrr"].sum() > 0


@pytest.mark.parametrize("habit", VARIED)
def test_each_habit_alone_is_told_as_it_is(sandbox: Running, admin: SandboxAdmin, habit: str) -> None:
    for name in VARIED:
        admin.habit("stripe", name, on=name == habit, tenant="acme")
    assert told(read(sandbox), LAST) == pytest.approx(truth(sandbox, LAST, frozenset({habit})), abs=0.01)


def test_the_market_holds_every_kind_of_customer(sandbox: Running) -> None:
    held = sandbox.world.account("acme")
    known = sandbox.world.market.book(held).subscriptions
    terms = [terms_of(sandbox.world.seed, held, one, VARYING) for one in known if one.pays(moment(LAST))]
    assert {one.charge for one in terms} == set(Charge)
    assert {one.currency for one in terms} == {"usd", "eur", "jpy"}
    assert {one.rebate.on for one in terms if one.rebate} == {"subscription", "item", "customer"}
    assert {one.rebate.coupon.duration for one in terms if one.rebate} == {"forever", "repeating", "once"}
    plain = sum(truth(sandbox, LAST, frozenset()).values())
    assert sum(truth(sandbox, LAST).values()) == pytest.approx(plain, rel=0.15), "the demo's revenue stays of its order"
