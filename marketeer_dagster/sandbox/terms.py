"""Terms: how a customer pays. Most pay their plan by the month; some by the year or week, by seat or by package, in
another currency, with a discount, and some are late or pause.

A function of seed, tenant and subscription, so that nothing of it is stored; the vendor shows it, and `worth` says what
it truly comes to, for tests to hold clients to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import uniform
from marketeer_dagster.sandbox.subscriptions import Subscription, moment

Draw = Callable[[str], float]
"""A number in [0, 1) for a purpose."""
DAY_S = 86_400
ADDON, ADDONS, ADDON_CENTS = "Add-on", 11, 100
"""Product, number and price of the extra lines of those who book everything one by one."""
PACKAGE = 1_000
FRACTION = Decimal("0.35")
"""Cents for a unit of those who pay by the piece."""
RATES = {"usd": Decimal(1), "eur": Decimal("1.08"), "jpy": Decimal("0.0067")}
"""US dollars for one unit: the rates of the whole market, at all times."""
ABROAD = {"eur": Decimal("0.92"), "jpy": Decimal("1.5")}
"""Minor units of a currency that are asked where the price says a cent."""
MINOR = {"usd": 100, "eur": 100, "jpy": 1}


class Charge(StrEnum):
    """By what a customer is charged."""

    MONTH = "month"
    YEAR = "year"
    WEEK = "week"
    PACKAGE = "package"
    SEATS = "seats"
    VOLUME = "volume"
    PIECES = "pieces"
    PARTS = "parts"


@dataclass(frozen=True)
class CouponSpec:
    """A coupon of the account. Amounts are cents of a US dollar."""

    id: str
    duration: str
    percent: Decimal | None = None
    cents: int | None = None
    plans_only: bool = False
    """Whether it leaves the add-ons alone."""
    deleted: bool = False

    def off(self, currency: str) -> int:
        """Minor units that it takes off an invoice."""
        return round((self.cents or 0) * ABROAD.get(currency, Decimal(1)))


COUPONS = (
    CouponSpec("FRIENDS20", "forever", Decimal(20)),
    CouponSpec("LAUNCH30", "repeating", Decimal("30")),
    CouponSpec("FIVEOFF", "forever", cents=500),
    CouponSpec("PLAN12", "forever", Decimal("12.5"), plans_only=True),
    CouponSpec("WELCOME50", "once", Decimal(50)),
    CouponSpec("PIONEER15", "forever", Decimal(15), deleted=True),
)
REPEATING_DAYS = 92


@dataclass(frozen=True)
class Rebate:
    """A coupon at work, from a second since 1970 to another."""

    coupon: CouponSpec
    on: str
    """What it is on: subscription, item or customer."""
    begins: int
    ends: int | None


@dataclass(frozen=True)
class Spell:
    """A time in which a customer does not pay as usual."""

    kind: str
    """past_due, or what is done with invoices while collection is paused."""
    begins: int
    ends: int

    def covers(self, at: int) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True)
class Terms:
    """How one subscription is charged."""

    charge: Charge = Charge.MONTH
    quantity: int = 1
    currency: str = "usd"
    metered: bool = False
    """Whether usage is billed besides."""
    rebate: Rebate | None = None
    spells: tuple[Spell, ...] = ()
    touched: int | None = None
    """A second at which something was changed that is not about money."""


_CHARGES = (
    (Charge.YEAR, 0.08), (Charge.WEEK, 0.02), (Charge.PACKAGE, 0.03), (Charge.SEATS, 0.04), (Charge.VOLUME, 0.02),
    (Charge.PIECES, 0.02), (Charge.PARTS, 0.01),
)  # fmt: skip
_QUANTITIES = {
    Charge.PACKAGE: (3_001, 4_000), Charge.SEATS: (3, 12), Charge.VOLUME: (4, 16), Charge.PIECES: (10_000, 30_000),
}  # fmt: skip


def terms_of(seed: int, account: Account, subscription: Subscription, varied: frozenset[str]) -> Terms:
    """The terms of a subscription; of `charges`, `currencies`, `discounts` and `troubles` those named vary."""
    born = moment(subscription.created, subscription.second)
    return _drawn(seed, account.tenant, subscription.id, born, varied)


@lru_cache(maxsize=65_536)
def _drawn(seed: int, tenant: str, id: str, born: int, varied: frozenset[str]) -> Terms:
    def draw(what: str) -> float:
        return uniform(seed, tenant, "terms", id, what)

    charge = _charge(draw("charge")) if "charges" in varied else Charge.MONTH
    low, high = _QUANTITIES.get(charge, (1, 1))
    abroad = "currencies" in varied and charge is Charge.MONTH
    place = draw("currency")
    return Terms(
        charge=charge,
        quantity=low + int(draw("quantity") * (high - low + 1)),
        currency=("eur" if place < 0.05 else "jpy" if place < 0.06 else "usd") if abroad else "usd",
        metered="charges" in varied and draw("metered") < 0.02,
        rebate=_rebate(draw, born) if "discounts" in varied and draw("rebate") < 0.14 else None,
        spells=_spells(draw, born) if "troubles" in varied else (),
        touched=born + int(draw("touched") * 400 * DAY_S) if "troubles" in varied else None,
    )


def _charge(draw: float) -> Charge:
    for charge, share in _CHARGES:
        draw -= share
        if draw < 0:
            return charge
    return Charge.MONTH


def _rebate(draw: Draw, born: int) -> Rebate:
    coupon = COUPONS[int(draw("coupon") * len(COUPONS))]
    place = draw("place")
    later = int(draw("later") * 200) * DAY_S + 11 if draw("when") < 0.4 else 0
    ends = born + later + REPEATING_DAYS * DAY_S if coupon.duration == "repeating" else None
    return Rebate(coupon, "item" if place < 0.2 else "customer" if place < 0.4 else "subscription", born + later, ends)


def _spells(draw: Draw, born: int) -> tuple[Spell, ...]:
    found: list[Spell] = []
    if draw("late") < 0.3:
        begins = born + int(20 + draw("late day") * 600) * DAY_S + 23
        found.append(Spell("past_due", begins, begins + 12 * DAY_S))
    if draw("paused") < 0.12:
        begins = born + int(20 + draw("pause day") * 600) * DAY_S + 37
        kind = ("void", "mark_uncollectible", "keep_as_draft")[int(draw("pause kind") * 3)]
        found.append(Spell(kind, begins, begins + int(5 + draw("pause days") * 40) * DAY_S))
    return tuple(found)


def worth(account: Account, subscription: Subscription, terms: Terms, at: int) -> dict[str, Decimal]:
    """US dollars a month by product at a second since 1970; empty for one that does not pay."""
    if not subscription.pays(at) or any(
        s.covers(at) and s.kind in ("void", "mark_uncollectible") for s in terms.spells
    ):
        return {}
    plan = account.spec.plans[subscription.plan_at(at)]
    lines = {plan.name: _minor(terms, round(plan.monthly_usd * 100))}
    if terms.charge is Charge.PARTS:
        lines[ADDON] = Decimal(ADDONS * ADDON_CENTS)
    months = {Charge.YEAR: Decimal(12), Charge.WEEK: Decimal(84) / 365}.get(terms.charge, Decimal(1))
    kept = _after(terms.rebate, lines, terms.currency, at)
    unit = months * MINOR[terms.currency] / RATES[terms.currency]
    return {name: minor / unit for name, minor in kept.items() if minor > 0}


def _minor(terms: Terms, cents: int) -> Decimal:
    """Minor units of the plan's line a period."""
    prices = unit_prices(cents)
    match terms.charge:
        case Charge.PACKAGE:
            return prices[Charge.PACKAGE] * -(-terms.quantity // PACKAGE)
        case Charge.SEATS:
            first, then = min(terms.quantity, 5), max(0, terms.quantity - 5)
            return prices[Charge.SEATS] * first + prices[Charge.SEATS] // 2 * then
        case Charge.VOLUME:
            few = Decimal(cents // 2) + prices[Charge.VOLUME] * terms.quantity
            return few if terms.quantity <= 10 else prices[Charge.VOLUME] * 2 * terms.quantity
        case Charge.PIECES:
            return FRACTION * terms.quantity
        case Charge.MONTH:
            return Decimal(round(cents * ABROAD.get(terms.currency, Decimal(1))))
        case _:
            return prices.get(terms.charge, Decimal(cents))


def unit_prices(cents: int) -> dict[Charge, Decimal]:
    """Cents that a unit costs by charge, for a plan of `cents` a month."""
    return {
        Charge.YEAR: Decimal(cents * 10),
        Charge.WEEK: Decimal(round(cents * 12 / 52)),
        Charge.PACKAGE: Decimal(round(cents / 4)),
        Charge.SEATS: Decimal(round(cents / 5)),
        Charge.VOLUME: Decimal(round(cents / 20)),
        Charge.PIECES: FRACTION,
    }


def _after(rebate: Rebate | None, lines: dict[str, Decimal], currency: str, at: int) -> dict[str, Decimal]:
    if rebate is None or rebate.coupon.duration == "once":
        return lines
    if at < rebate.begins or (rebate.ends is not None and at >= rebate.ends):
        return lines
    coupon = rebate.coupon
    spared = {ADDON} if coupon.plans_only or rebate.on == "item" else set[str]()
    hit = {name: minor for name, minor in lines.items() if name not in spared}
    total = sum(hit.values(), Decimal(0))
    if coupon.percent is not None:
        share = 1 - coupon.percent / 100
    else:
        share = max(Decimal(0), 1 - coupon.off(currency) / total) if total else Decimal(1)
    return {name: minor * share if name in hit else minor for name, minor in lines.items()}
