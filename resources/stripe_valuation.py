"""What a subscription is worth a month, in one currency, and in words what of it cannot be known.

Statuses: `active` and `past_due` pay (the latter is still being collected), unless collection is paused with invoices
voided or marked uncollectible; kept as drafts they are collected later and count. `trialing`, `incomplete`,
`incomplete_expired`, `unpaid`, `paused` and `canceled` pay nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from resources.stripe_discounts import DiscountBook, Line, discounted
from resources.stripe_models import Coupon, Discounts, Item, Price, Subscription
from resources.stripe_prices import Unpriceable, line_amount, major_units, months_of

PAYING = frozenset({"active", "past_due"})
_EXACT = Decimal("0.000001")
"""Amounts are rounded to this, so that sums and differences over years stay exact."""


@dataclass(frozen=True)
class Worth:
    """Money per month by plan, without plans that pay nothing, and what a reader must know of it."""

    mrr: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    notes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Valuation:
    """How an account's subscriptions become money per month in one currency."""

    currency: str
    """ISO code in lower case, as Stripe writes it."""
    rates: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    """Units of `currency` for one of another; amounts in currencies without a rate are left out."""
    product_names: Mapping[str, str] = field(default_factory=dict[str, str])
    nicknames: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """What prices are called today, by id: events keep the names of their time, and a plan is one under all of them."""
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """By id, with tiers and other currencies, where a subscription's own copy lacks what it takes."""
    book: DiscountBook = field(default_factory=DiscountBook)

    def plan(self, price: Price) -> str:
        """The name people know a price by."""
        nickname = self.nicknames.get(price.id, price.nickname)
        return nickname or self.product_names.get(price.product) or price.lookup_key or price.id

    def worth(self, subscription: Subscription, at: int) -> Worth:
        """What it pays at `at` (seconds since 1970), told from its lines, discounts and paused collection."""
        if subscription.status not in PAYING or _collection_paused(subscription, at):
            return Worth()
        notes: set[str] = set()
        priced = [(item, line) for item in subscription.items.data if (line := self._line(subscription, item, notes))]
        priced = [(item, line) for item, line in priced if not _on_trial(item, at)]
        discounts = self._discounts(subscription, at)
        self._remark_discounts([line for _, line in priced], discounts, notes)
        left = discounted([line for _, line in priced], discounts, at, self.book)
        mrr: dict[str, Decimal] = {}
        for (item, line), cost in zip(priced, left, strict=True):
            amount = self._converted(cost / line.months, line.currency, notes)
            if amount > 0:
                plan = self.plan(item.price)
                mrr[plan] = mrr.get(plan, Decimal(0)) + amount
        return Worth({plan: amount for plan, amount in mrr.items() if amount > 0}, frozenset(notes))

    def changes_by_itself(self, subscription: Subscription) -> set[int]:
        """Seconds since 1970 at which its worth may change without an event: discounts, pauses and items' trials."""
        sets = [subscription.discounts, *(item.discounts for item in subscription.items.data)]
        found = [discount for discounts in sets for discount, _ in self.book.lasting(discounts)]
        held = self.book.customers.get(subscription.customer, ())
        moments = [
            *(second for discount in found for second in (discount.start, discount.end)),
            *(second for one in held for second in (one.begins(), one.ends())),
            *(item.current_trial.end_date for item in subscription.items.data if item.current_trial),
            subscription.pause_collection.resumes_at if subscription.pause_collection else None,
        ]
        return {second for second in moments if second}

    def _line(self, subscription: Subscription, item: Item, notes: set[str]) -> Line | None:
        price = self.prices.get(item.price.id, item.price)
        plan, recurring = self.plan(item.price), item.price.recurring
        if price.metered:
            notes.add(f"{plan}: metered usage is not recurring revenue")
            return None
        if recurring is None:
            notes.add(f"{plan}: not a recurring price, left out")
            return None
        currency = subscription.money_of(item)
        try:
            cost = line_amount(price, item.quantity, currency)
        except Unpriceable as reason:
            notes.add(f"{plan}: {reason}")
            return None
        if cost and (item.includes_tax or subscription.includes_tax or price.tax_behavior == "inclusive"):
            notes.add(f"{plan}: its price includes tax, which is counted")
        return Line(item.id, price.product, cost, months_of(recurring), currency, item.discounts)

    def _discounts(self, subscription: Subscription, at: int) -> Discounts:
        """The subscription's own where one is at work, otherwise its customer's."""
        own = self.book.lasting(subscription.discounts)
        if any((d.start or at) <= at and (d.end is None or at < d.end) for d, _ in own):
            return subscription.discounts
        theirs = self.book.of_customer(subscription.customer, at)
        return subscription.discounts if theirs is None else (*subscription.discounts, theirs)

    def _remark_discounts(self, lines: list[Line], discounts: Discounts, notes: set[str]) -> None:
        for found in (*discounts, *(discount for line in lines for discount in line.discounts)):
            discount = self.book.known(found)
            if discount is None:
                notes.add(f"discount {found}: no longer told by Stripe, counted without it")
            elif (coupon := self.book.coupon(discount)) is None:
                what = f"coupon {discount.coupon_id}" if discount.coupon_id else f"discount {discount.id}"
                notes.add(f"{what}: what it takes off is not told by Stripe, counted without it")
            else:
                notes.update(self._remarks(coupon, lines))

    def _remarks(self, coupon: Coupon, lines: list[Line]) -> list[str]:
        if coupon.duration == "once":
            return []
        remarks: list[str] = []
        if coupon.percent_off is None and lines and coupon.off(lines[0].currency) is None:
            remarks.append(f"coupon {coupon.id}: no amount in {lines[0].currency.upper()}, counted without it")
        if coupon.id not in self.book.coupons and len({line.product for line in lines}) > 1:
            remarks.append(f"coupon {coupon.id}: deleted, taken to apply to every line")
        return remarks

    def _converted(self, minor: Decimal, currency: str, notes: set[str]) -> Decimal:
        rate = Decimal(1) if currency == self.currency else self.rates.get(currency)
        if rate is None:
            notes.add(f"{currency.upper()}: no rate to {self.currency.upper()}, left out")
            return Decimal(0)
        return (major_units(minor, currency) * rate).quantize(_EXACT)


def _collection_paused(subscription: Subscription, at: int) -> bool:
    pause = subscription.pause_collection
    if pause is None or pause.behavior == "keep_as_draft":
        return False
    return pause.resumes_at is None or at < pause.resumes_at


def _on_trial(item: Item, at: int) -> bool:
    return item.current_trial is not None and item.current_trial.start_date <= at < item.current_trial.end_date
