"""What is read of Stripe's objects, in every shape that its API versions give them.

Lists answer in the version that the SDK pins. Events keep the version of the account at the time they were made, which
may be years older: `plan` in place of `price`, one `discount` with its coupon inside in place of `discounts`, `start`
in place of `start_date`. Unknown fields are ignored, needed ones are checked, older ones are read as what they became.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class StripeObject(BaseModel):
    """Anything of Stripe's. Times are seconds since 1970, amounts are in a currency's minor units."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def id_of(value: Any) -> Any:
    """The id of a reference, which Stripe gives as an id or, expanded, as the object."""
    return value.get("id") if isinstance(value, dict) else value


class Recurring(StripeObject):
    """How often a price is charged."""

    interval: Literal["day", "week", "month", "year"]
    interval_count: int = Field(default=1, ge=1)
    usage_type: str = "licensed"


class Tier(StripeObject):
    """One step of a tiered price."""

    up_to: int | None = None
    """The last unit that it holds; None for the last step."""
    unit_amount: Decimal | None = None
    unit_amount_decimal: Decimal | None = None
    flat_amount: Decimal | None = None
    flat_amount_decimal: Decimal | None = None

    @field_validator("up_to", mode="before")
    @classmethod
    def _endless(cls, value: Any) -> Any:
        return None if value == "inf" else value


class Amounts(StripeObject):
    """What a price asks for in one currency."""

    unit_amount: Decimal | None = None
    unit_amount_decimal: Decimal | None = None
    tiers: tuple[Tier, ...] | None = None
    """Only there when asked for (`expand`)."""
    tax_behavior: str | None = None


class Packages(StripeObject):
    """A quantity is divided before it is priced."""

    divide_by: int = Field(ge=1)
    round: Literal["up", "down"]


class Price(Amounts):
    """A recurring price (or a plan, which is its older form)."""

    id: str
    currency: str
    nickname: str | None = None
    lookup_key: str | None = None
    product: str = ""
    billing_scheme: str = "per_unit"
    tiers_mode: str | None = None
    recurring: Recurring | None = None
    transform_quantity: Packages | None = None
    currency_options: Mapping[str, Amounts] | None = None
    """Only there when asked for (`expand`)."""

    @model_validator(mode="before")
    @classmethod
    def _of_plan(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        read = {**value, "product": id_of(value.get("product")) or ""}
        if "recurring" not in read and "interval" in read:
            read["recurring"] = {
                name: read[name] for name in ("interval", "interval_count", "usage_type") if read.get(name) is not None
            }
            read.setdefault("unit_amount", read.get("amount"))
            read.setdefault("unit_amount_decimal", read.get("amount_decimal"))
            read.setdefault("transform_quantity", read.get("transform_usage"))
        return {name: held for name, held in read.items() if held is not None}

    @property
    def metered(self) -> bool:
        return self.recurring is not None and self.recurring.usage_type == "metered"

    @property
    def tiered(self) -> bool:
        return self.billing_scheme == "tiered" or self.tiers_mode is not None


class Coupon(StripeObject):
    """What a discount takes off."""

    id: str = ""
    duration: str
    percent_off: Decimal | None = None
    amount_off: Decimal | None = None
    currency: str | None = None
    currency_options: Mapping[str, Mapping[str, Any]] | None = None
    applies_to: tuple[str, ...] | None = None
    """Products it is limited to; None for all, and where Stripe was not asked."""

    @field_validator("applies_to", mode="before")
    @classmethod
    def _products(cls, value: Any) -> Any:
        return value.get("products") if isinstance(value, dict) else value

    def off(self, currency: str) -> Decimal | None:
        """Minor units of `currency` that it takes off an invoice; None where it knows no amount in it."""
        if self.amount_off is not None and self.currency in (None, currency):
            return self.amount_off
        option = (self.currency_options or {}).get(currency, {})
        return None if option.get("amount_off") is None else Decimal(str(option["amount_off"]))


class Discount(StripeObject):
    """A coupon (or promotion code) at work for a customer, a subscription or one of its items."""

    id: str = ""
    start: int | None = None
    end: int | None = None
    customer: str | None = None
    subscription: str | None = None
    subscription_item: str | None = None
    invoice: str | None = None
    coupon: Coupon | str | None = None
    """An id where Stripe was not asked to expand it; None where it names none."""

    @model_validator(mode="before")
    @classmethod
    def _of_source(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        source = value.get("source")
        coupon = source.get("coupon") if isinstance(source, dict) else value.get("coupon")
        if isinstance(coupon, dict) and "duration" not in coupon:  # deleted: three fields
            coupon = coupon.get("id")
        return {**value, "id": value.get("id") or "", "coupon": coupon, "customer": id_of(value.get("customer"))}

    @property
    def coupon_id(self) -> str | None:
        return self.coupon.id if isinstance(self.coupon, Coupon) else self.coupon

    @property
    def of_customer(self) -> bool:
        """Whether it lowers whatever the customer pays, rather than one subscription, item or invoice."""
        return self.customer is not None and not (self.subscription or self.subscription_item or self.invoice)


Discounts = tuple[Discount | str, ...]


def _discounts(value: Mapping[str, Any]) -> list[Any]:
    """`discounts`, or the one `discount` of older versions (which newer ones leave out or null)."""
    listed = [found for found in value.get("discounts") or [] if found]
    single = value.get("discount")
    if not single:
        return listed
    return [single, *(found for found in listed if id_of(found) != id_of(single))]


class Customer(StripeObject):
    """Who pays. A deleted one has its id only."""

    id: str
    deleted: bool = False
    discount: Discount | None = None


class ItemTrial(StripeObject):
    """A trial of one item."""

    start_date: int
    end_date: int


class Item(StripeObject):
    """One line of a subscription."""

    id: str = ""
    created: int | None = None
    price: Price
    quantity: int | None = None
    """Absent for metered prices; 1 where a licensed one has none."""
    current_period_start: int | None = None
    current_trial: ItemTrial | None = None
    discounts: Discounts = ()
    includes_tax: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_version(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        inclusive = any(isinstance(rate, dict) and rate.get("inclusive") for rate in value.get("tax_rates") or [])
        return {
            **value,
            "price": value.get("price") or value.get("plan"),
            "discounts": _discounts(value),
            "includes_tax": inclusive,
        }


class Items(StripeObject):
    """The lines that came with a subscription: the first ten, and whether there are more."""

    data: tuple[Item, ...] = ()
    has_more: bool = False


class Pause(StripeObject):
    """Collection is paused: invoices are made, and this is done with them."""

    behavior: str = "void"
    resumes_at: int | None = None


class Subscription(StripeObject):
    """A subscription as it was at one moment."""

    id: str
    customer: str
    status: str
    created: int
    start_date: int
    currency: str | None = None
    trial_start: int | None = None
    trial_end: int | None = None
    ended_at: int | None = None
    paused_at: int | None = None
    """When its status became `paused`; newer versions tell."""
    current_period_start: int | None = None
    """Older versions keep it here, newer ones in each item."""
    pause_collection: Pause | None = None
    items: Items = Items()
    discounts: Discounts = ()
    payer: Customer | None = None
    """The customer, where Stripe was asked to expand it."""
    includes_tax: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_version(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        customer = value.get("customer")
        start = value.get("start_date") or value.get("start") or value.get("created")
        rates = value.get("default_tax_rates") or []
        paused = (value.get("status_details") or {}).get("paused") or {}
        read = {
            **value,
            "customer": id_of(customer),
            "payer": customer if isinstance(customer, dict) else None,
            "start_date": start,
            "created": value.get("created") or start,
            "discounts": _discounts(value),
            "items": value.get("items") or _only_plan(value),
            "paused_at": paused.get("transitioned_at"),
            "includes_tax": any(isinstance(rate, dict) and rate.get("inclusive") for rate in rates),
        }
        return {name: held for name, held in read.items() if held is not None}

    def money_of(self, item: Item) -> str:
        """The currency in which `item` is billed: the subscription's, which may be another than its price's."""
        return (self.currency or item.price.currency).lower()


def _only_plan(value: Mapping[str, Any]) -> dict[str, Any] | None:
    if not value.get("plan"):
        return None
    return {"data": [{"plan": value["plan"], "quantity": value.get("quantity")}]}
