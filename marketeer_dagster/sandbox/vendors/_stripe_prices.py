"""Stripe's products, prices, plans and coupons of an account."""

from decimal import Decimal
from typing import Any

from marketeer_dagster.sandbox.accounts import Account
from marketeer_dagster.sandbox.chance import token
from marketeer_dagster.sandbox.subscriptions import moment
from marketeer_dagster.sandbox.terms import (
    ABROAD,
    ADDON,
    ADDON_CENTS,
    COUPONS,
    PACKAGE,
    Charge,
    CouponSpec,
    unit_prices,
)

_AGE_S = 1_200 * 86_400
_USAGE = "usage"


class Goods:
    """What an account sells, and the coupons it gives."""

    def __init__(self, seed: int, account: Account) -> None:
        self._seed, self._account = seed, account
        self._created = moment(account.opened) - _AGE_S
        self._plans = range(len(account.spec.plans))

    def id(self, prefix: str, *parts: object) -> str:
        return f"{prefix}_1{token(23, self._seed, self._account.tenant, prefix, *parts)}"

    def products(self) -> list[dict[str, Any]]:
        plans = [self._product(self.id("prod", n), self._account.spec.plans[n].name) for n in self._plans]
        return [*plans, self._product(self.id("prod", ADDON), ADDON), self._product(self.id("prod", _USAGE), "Usage")]

    def prices(self) -> list[dict[str, Any]]:
        plans = [self.price(n, charge) for n in self._plans for charge in Charge if charge is not Charge.PARTS]
        return [*plans, *(self.addon(number) for number in range(11)), self.usage()]

    def _product(self, id: str, name: str) -> dict[str, Any]:
        return {
            "id": id, "object": "product", "active": True, "created": self._created,
            "default_price": None, "description": None, "images": [], "livemode": False,
            "marketing_features": [], "metadata": {}, "name": name,
            "package_dimensions": None, "shippable": None, "statement_descriptor": None, "tax_code": None,
            "type": "service", "unit_label": None, "updated": self._created, "url": None,
        }  # fmt: skip

    def price(self, plan: int, charge: Charge) -> dict[str, Any]:
        """The price of a plan by the way it is charged; tiers and other currencies are left to `expand`."""
        charge = Charge.MONTH if charge is Charge.PARTS else charge
        spec = self._account.spec.plans[plan]
        cents = unit_prices(round(spec.monthly_usd * 100)).get(charge, Decimal(round(spec.monthly_usd * 100)))
        tiered = charge in (Charge.SEATS, Charge.VOLUME)
        made = self._priced(self.id("price", plan, *([charge] if charge is not Charge.MONTH else [])), cents)
        return made | {
            "active": charge is not Charge.VOLUME,  # no longer sold: it is in no list, and those who had it keep it
            "billing_scheme": "tiered" if tiered else "per_unit",
            "lookup_key": "_".join([*spec.name.lower().split(), *([charge] if charge is not Charge.MONTH else [])]),
            "product": self.id("prod", plan),
            "recurring": _recurring({Charge.YEAR: "year", Charge.WEEK: "week"}.get(charge, "month")),
            "tiers_mode": {Charge.SEATS: "graduated", Charge.VOLUME: "volume"}.get(charge),
            "transform_quantity": {"divide_by": PACKAGE, "round": "up"} if charge is Charge.PACKAGE else None,
            **({"unit_amount": None, "unit_amount_decimal": None} if tiered else {}),
        }  # fmt: skip

    def addon(self, number: int) -> dict[str, Any]:
        return self._priced(self.id("price", ADDON, number), Decimal(ADDON_CENTS)) | {"product": self.id("prod", ADDON)}

    def usage(self) -> dict[str, Any]:
        """A metered price: what it comes to is known once it was used."""
        return self._priced(self.id("price", _USAGE), Decimal(2)) | {
            "product": self.id("prod", _USAGE), "recurring": _recurring("month", "metered"), "billing_scheme": "tiered",
            "tiers_mode": "graduated", "unit_amount": None, "unit_amount_decimal": None,
        }  # fmt: skip

    def _priced(self, id: str, cents: Decimal) -> dict[str, Any]:
        return {
            "id": id, "object": "price", "active": True, "billing_scheme": "per_unit", "created": self._created,
            "currency": "usd", "custom_unit_amount": None, "livemode": False, "lookup_key": None, "metadata": {},
            "nickname": None, "product": "", "recurring": _recurring("month"), "tax_behavior": "unspecified",
            "tiers_mode": None, "transform_quantity": None, "type": "recurring",
            "unit_amount": int(cents) if cents == int(cents) else None, "unit_amount_decimal": str(cents),
        }  # fmt: skip

    def more_of(self, body: dict[str, Any], name: str) -> Any:
        """What is told of a price or coupon only when asked: tiers, currency_options, applies_to."""
        if name == "tiers":
            return self._tiers(body)
        if body["object"] == "coupon":
            coupon = next(coupon for coupon in COUPONS if coupon.id == body["id"])
            if name == "currency_options":
                return {money: {"amount_off": coupon.off(money)} for money in ABROAD} if coupon.cents else {}
            return {"products": [self.id("prod", n) for n in self._plans]} if coupon.plans_only else None
        if body["unit_amount"] is None or body["recurring"]["interval"] != "month":
            return {}
        asked = {money: round(body["unit_amount"] * rate) for money, rate in ABROAD.items()}
        return {money: _option(amount) for money, amount in ({"usd": body["unit_amount"]} | asked).items()}

    def _tiers(self, price: dict[str, Any]) -> list[dict[str, Any]] | None:
        for plan in self._plans:
            cents = round(self._account.spec.plans[plan].monthly_usd * 100)
            prices = unit_prices(cents)
            if price["id"] == self.id("price", plan, Charge.SEATS):
                return [_tier(5, prices[Charge.SEATS]), _tier(None, prices[Charge.SEATS] // 2)]
            if price["id"] == self.id("price", plan, Charge.VOLUME):
                return [_tier(10, prices[Charge.VOLUME], cents // 2), _tier(None, prices[Charge.VOLUME] * 2)]
        return [_tier(None, Decimal(2))] if price["recurring"]["usage_type"] == "metered" else None

    def coupons(self) -> list[dict[str, Any]]:
        """Those that exist still: a deleted one lives on in its discounts only."""
        return [self.coupon(coupon) for coupon in COUPONS if not coupon.deleted]

    def coupon(self, coupon: CouponSpec) -> dict[str, Any]:
        return {
            "id": coupon.id, "object": "coupon", "amount_off": coupon.cents, "created": self._created,
            "currency": "usd" if coupon.cents else None, "duration": coupon.duration,
            "duration_in_months": 3 if coupon.duration == "repeating" else None, "livemode": False,
            "max_redemptions": None, "metadata": {}, "name": coupon.id.title(),
            "percent_off": None if coupon.percent is None else float(coupon.percent), "redeem_by": None,
            "times_redeemed": 1, "valid": not coupon.deleted,
        }  # fmt: skip


def plan_of(price: dict[str, Any]) -> dict[str, Any]:
    """A price in its older form."""
    recurring = price["recurring"]
    return {
        "id": price["id"], "object": "plan", "active": True, "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"], "billing_scheme": price["billing_scheme"],
        "created": price["created"], "currency": price["currency"], "interval": recurring["interval"],
        "interval_count": recurring["interval_count"], "livemode": False, "metadata": {}, "meter": None,
        "nickname": None, "product": price["product"], "tiers_mode": price["tiers_mode"],
        "transform_usage": price["transform_quantity"], "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }  # fmt: skip


def _recurring(interval: str, usage_type: str = "licensed") -> dict[str, Any]:
    return {
        "interval": interval, "interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": usage_type,
    }  # fmt: skip


def _tier(up_to: int | None, unit: Decimal, flat: int | None = None) -> dict[str, Any]:
    return {
        "flat_amount": flat, "flat_amount_decimal": None if flat is None else str(flat), "unit_amount": int(unit),
        "unit_amount_decimal": str(unit), "up_to": up_to,
    }  # fmt: skip


def _option(amount: int) -> dict[str, Any]:
    return {
        "custom_unit_amount": None, "tax_behavior": "unspecified", "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }  # fmt: skip
