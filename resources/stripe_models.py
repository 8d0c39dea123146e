"""What is read of Stripe's subscriptions, and what one is worth per month.

Stripe leaves out or adds fields between API versions: unknown ones are ignored here, needed ones are checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from resources.mrr import monthly_amount


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Recurring(_Object):
    interval: Literal["day", "week", "month", "year"]
    interval_count: int = 1
    usage_type: str = "licensed"


class Price(_Object):
    id: str
    currency: str
    nickname: str | None = None
    lookup_key: str | None = None
    product: str = ""
    recurring: Recurring | None = None
    unit_amount_decimal: Decimal | None = None
    unit_amount: int | None = None
    """Minor units; absent where tiers set the price."""

    @property
    def amount(self) -> Decimal | None:
        """Minor units per period and unit; None for tiered prices."""
        return self.unit_amount_decimal if self.unit_amount is None else Decimal(self.unit_amount)


class Item(_Object):
    price: Price
    quantity: int | None = None
    """Absent for metered prices."""
    current_period_start: int | None = None


class Items(_Object):
    data: tuple[Item, ...] = ()


class Coupon(_Object):
    duration: str
    percent_off: Decimal | None = None
    amount_off: int | None = None


class DiscountSource(_Object):
    coupon: Coupon | str | None = None


class Discount(_Object):
    id: str
    source: DiscountSource | None = None
    end: int | None = None


class Subscription(_Object):
    """A subscription as it was at one moment. Times are seconds since 1970."""

    id: str
    customer: str
    status: str
    created: int
    start_date: int
    trial_start: int | None = None
    trial_end: int | None = None
    ended_at: int | None = None
    items: Items = Items()
    discounts: tuple[Discount | str, ...] = ()

    @property
    def paying_from(self) -> int:
        """When the first payment was due."""
        return self.trial_end if self.trial_start is not None and self.trial_end is not None else self.start_date


class EventData(_Object):
    after: dict[str, Any] = Field(alias="object")
    previous_attributes: dict[str, Any] = Field(default_factory=dict)


class SubscriptionEvent(_Object):
    """A change of a subscription: how it was afterwards, and what differed before."""

    id: str
    type: str
    created: int
    data: EventData


@dataclass(frozen=True)
class Valuation:
    """How an account's subscriptions become money per month in one currency."""

    currency: str
    """ISO code in lower case, as Stripe writes it."""
    rates: Mapping[str, Decimal]
    """Units of `currency` for one of another; amounts in currencies without a rate are left out."""
    product_names: Mapping[str, str]
    discounts: Mapping[str, Discount]
    """By id: events carry ids only."""

    def plan(self, price: Price) -> str:
        """The name people know a price by."""
        return price.nickname or self.product_names.get(price.product) or price.lookup_key or price.id

    def monthly(self, subscription: Subscription, at: int) -> dict[str, Decimal]:
        """Money per month by plan after the discounts that last at `at` (seconds since 1970)."""
        share = self._kept_share(subscription, at)
        worth: dict[str, Decimal] = {}
        for item in subscription.items.data:
            amount = self._line(item) * share
            if amount > 0:
                plan = self.plan(item.price)
                worth[plan] = worth.get(plan, Decimal(0)) + amount.quantize(Decimal("0.000001"))
        return worth

    def discount_ends(self, subscription: Subscription) -> list[int]:
        """When its lasting discounts end."""
        return [discount.end for discount in self._lasting(subscription) if discount.end is not None]

    def unpriced(self, subscription: Subscription) -> set[str]:
        """Why lines of it count nothing, in words."""
        reasons: set[str] = set()
        for item in subscription.items.data:
            if item.price.recurring and item.price.recurring.usage_type == "metered":
                reasons.add(f"{self.plan(item.price)}: metered usage is not recurring revenue")
            elif item.price.amount is None:
                reasons.add(f"{self.plan(item.price)}: tiered price, left out")
            elif item.price.currency != self.currency and item.price.currency not in self.rates:
                reasons.add(f"{item.price.currency.upper()}: no rate to {self.currency.upper()}, left out")
        return reasons

    def _line(self, item: Item) -> Decimal:
        price, recurring = item.price, item.price.recurring
        rate = Decimal(1) if price.currency == self.currency else self.rates.get(price.currency)
        if price.amount is None or recurring is None or rate is None or recurring.usage_type == "metered":
            return Decimal(0)
        quantity = 1 if item.quantity is None else item.quantity
        return rate * monthly_amount(
            price.amount, price.currency, quantity, recurring.interval, recurring.interval_count
        )

    def _kept_share(self, subscription: Subscription, at: int) -> Decimal:
        share = Decimal(1)
        billed = sum((item.price.amount or 0) * (item.quantity or 1) for item in subscription.items.data)
        for discount in self._lasting(subscription):
            coupon = discount.source.coupon if discount.source else None
            if not isinstance(coupon, Coupon) or (discount.end is not None and discount.end <= at):
                continue
            if coupon.percent_off is not None:
                share *= 1 - coupon.percent_off / 100
            elif coupon.amount_off is not None and billed:
                share *= max(Decimal(0), 1 - Decimal(coupon.amount_off) / billed)
        return share

    def _lasting(self, subscription: Subscription) -> list[Discount]:
        """Discounts of more than one invoice; a one-off does not change what recurs."""
        known = [self.discounts.get(d) if isinstance(d, str) else d for d in subscription.discounts]
        coupons = [(d, d.source.coupon) for d in known if d is not None and d.source is not None]
        return [d for d, coupon in coupons if isinstance(coupon, Coupon) and coupon.duration != "once"]
