"""What discounts leave of a subscription's lines: pure functions over minor units.

As Stripe bills: first the discounts of each line, then those of the subscription in their order, or the customer's
where the subscription has none. Each takes its share of what those before it left; an amount is shared among the lines
it applies to, in proportion, and takes none below zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from resources.stripe_models import Coupon, Discount, Discounts


@dataclass(frozen=True)
class Line:
    """One line that is paid for: what it costs a period, and what product it is of."""

    item: str
    product: str
    cost: Decimal
    """Minor units a period."""
    months: Decimal
    """Length of its period."""
    currency: str
    discounts: Discounts = ()


@dataclass(frozen=True)
class CustomersDiscount:
    """A discount of the customer, while it was theirs."""

    discount: Discount
    until: int | None = None
    """When it was taken away; None while it is theirs."""

    def begins(self) -> int:
        return self.discount.start or 0

    def ends(self) -> int | None:
        known = [second for second in (self.until, self.discount.end) if second is not None]
        return min(known, default=None)

    def at_work(self, at: int) -> bool:
        ends = self.ends()
        return self.begins() <= at and (ends is None or at < ends)


@dataclass(frozen=True)
class DiscountBook:
    """What an account's discounts are: events and lists name many of them by id only."""

    discounts: Mapping[str, Discount] = field(default_factory=dict[str, Discount])
    coupons: Mapping[str, Coupon] = field(default_factory=dict[str, Coupon])
    """Coupons that exist, with what they are limited to."""
    deleted: Mapping[str, Coupon] = field(default_factory=dict[str, Coupon])
    """Coupons that do not, as a discount that lives on tells them: what they were limited to is no longer known."""
    customers: Mapping[str, Sequence[CustomersDiscount]] = field(default_factory=dict[str, list[CustomersDiscount]])

    def known(self, found: Discount | str) -> Discount | None:
        return self.discounts.get(found) if isinstance(found, str) else found

    def coupon(self, discount: Discount) -> Coupon | None:
        """What it takes off; None where nothing tells."""
        id = discount.coupon_id or ""
        inside = discount.coupon if isinstance(discount.coupon, Coupon) else None
        return self.coupons.get(id) or inside or self.deleted.get(id)

    def lasting(self, discounts: Discounts) -> list[tuple[Discount, Coupon]]:
        """Those of more than one invoice, in order: a one-off does not change what recurs."""
        known = [(d, self.coupon(d)) for d in map(self.known, discounts) if d is not None]
        return [(d, coupon) for d, coupon in known if coupon is not None and coupon.duration != "once"]

    def of_customer(self, customer: str, at: int) -> Discount | None:
        """The discount that the customer had at `at`: of several the one taken away first, then the one begun last."""
        had = [one for one in self.customers.get(customer, ()) if one.at_work(at)]
        return min(had, key=lambda one: (one.until is None, one.until or 0, -one.begins())).discount if had else None


def discounted(lines: Sequence[Line], discounts: Discounts, at: int, book: DiscountBook) -> list[Decimal]:
    """Minor units a period that each line costs after the discounts at work at `at` (seconds since 1970)."""
    left = [line.cost for line in lines]
    for place, line in enumerate(lines):
        for coupon in _at_work(line.discounts, at, book):
            left[place] = _less(left, [place], lines, coupon)[0]
    for coupon in _at_work(discounts, at, book):
        places = [place for place, line in enumerate(lines) if _applies(coupon, line)]
        for place, cost in zip(places, _less(left, places, lines, coupon), strict=True):
            left[place] = cost
    return left


def _at_work(discounts: Discounts, at: int, book: DiscountBook) -> list[Coupon]:
    return [
        coupon
        for discount, coupon in book.lasting(discounts)
        if (discount.start is None or discount.start <= at) and (discount.end is None or at < discount.end)
    ]


def _applies(coupon: Coupon, line: Line) -> bool:
    return coupon.applies_to is None or line.product in coupon.applies_to


def _less(left: Sequence[Decimal], places: Sequence[int], lines: Sequence[Line], coupon: Coupon) -> list[Decimal]:
    costs = [left[place] for place in places]
    if coupon.percent_off is not None:
        return [cost * (100 - coupon.percent_off) / 100 for cost in costs]
    off = coupon.off(lines[places[0]].currency) if places else None
    # An amount comes off each invoice, and the shortest period says how often there is one.
    shortest = min((lines[place].months for place in places), default=Decimal(1))
    monthly = [cost / lines[place].months for cost, place in zip(costs, places, strict=True)]
    billed = sum(monthly, Decimal(0))
    if off is None or billed <= 0:
        return costs
    kept = max(Decimal(0), billed - off / shortest)
    return [cost * kept / billed for cost in costs]
