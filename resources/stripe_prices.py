"""What one line of a subscription costs in a period: unit amounts, packages, tiers, and other currencies of a price.

Pure functions over Stripe's objects; amounts are in a currency's minor units, fractions of them included.
"""

from collections.abc import Sequence
from decimal import Decimal

from resources.stripe_models import Amounts, Packages, Price, Recurring, Tier

_MONTHS = {"day": Decimal(12) / 365, "week": Decimal(12 * 7) / 365, "month": Decimal(1), "year": Decimal(12)}
_NO_MINOR_UNITS = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
})  # fmt: skip
_THREE_DIGITS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


class Unpriceable(Exception):
    """What a line costs cannot be known; the text says why."""


def months_of(recurring: Recurring) -> Decimal:
    """Months in one period. A year is 12 months of 365/12 days."""
    return _MONTHS[recurring.interval] * recurring.interval_count


def major_units(minor: Decimal, currency: str) -> Decimal:
    """Money in the currency's major unit.

    Stripe, "Supported currencies": most have two minor digits, some none, some three. Its special cases isk and ugx
    have none in life and two in the API.
    """
    digits = 0 if currency in _NO_MINOR_UNITS else 3 if currency in _THREE_DIGITS else 2
    return minor.scaleb(-digits)


def line_amount(price: Price, quantity: int | None, currency: str) -> Decimal:
    """Minor units of `currency` that `quantity` of `price` costs a period; raises Unpriceable.

    A licensed line without a quantity is one. `tiers` and `currency_options` must have been asked for where needed.
    """
    amounts = _in_currency(price, currency)
    units = 1 if quantity is None else quantity
    if price.tiered:
        tiers = amounts.tiers
        if not tiers:
            raise Unpriceable("tiered price whose tiers Stripe does not tell, left out")
        return _volume(tiers, units) if price.tiers_mode == "volume" else _graduated(tiers, units)
    amount = _first(amounts.unit_amount, amounts.unit_amount_decimal)
    if amount is None:
        raise Unpriceable("price without an amount, left out")
    return amount * _packaged(units, price.transform_quantity)


def _in_currency(price: Price, currency: str) -> Amounts:
    if price.currency.lower() == currency:
        return price
    option = (price.currency_options or {}).get(currency)
    if option is None:
        raise Unpriceable(f"price in {price.currency.upper()} billed in {currency.upper()}, amount unknown, left out")
    return option


def _packaged(units: int, packages: Packages | None) -> int:
    if packages is None:
        return units
    whole, rest = divmod(units, packages.divide_by)
    return whole + 1 if rest and packages.round == "up" else whole


def _graduated(tiers: Sequence[Tier], units: int) -> Decimal:
    """Each unit at the price of the step it is in, and the flat amount of every step reached."""
    total, below = Decimal(0), 0
    for tier in _by_size(tiers):
        if units <= below and below > 0:
            break
        held = units - below if tier.up_to is None else min(units, tier.up_to) - below
        total += held * _unit(tier) + _flat(tier)
        below = below + held if tier.up_to is None else tier.up_to
    return total


def _volume(tiers: Sequence[Tier], units: int) -> Decimal:
    """All units at the price of the step that their number falls into, and its flat amount."""
    steps = _by_size(tiers)
    tier = next((tier for tier in steps if tier.up_to is None or units <= tier.up_to), steps[-1])
    return units * _unit(tier) + _flat(tier)


def _by_size(tiers: Sequence[Tier]) -> list[Tier]:
    return sorted(tiers, key=lambda tier: (tier.up_to is None, tier.up_to or 0))


def _unit(tier: Tier) -> Decimal:
    return _first(tier.unit_amount, tier.unit_amount_decimal) or Decimal(0)


def _flat(tier: Tier) -> Decimal:
    return _first(tier.flat_amount, tier.flat_amount_decimal) or Decimal(0)


def _first(whole: Decimal | None, exact: Decimal | None) -> Decimal | None:
    """The exact amount where there is one: the whole one is null when there are fractions."""
    return whole if exact is None else exact
