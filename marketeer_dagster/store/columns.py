"""Column types that mean the same on SQLite and PostgreSQL: exact money, aware times, ordered ids."""

from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

NANO = Decimal(10) ** 9

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""Type of `seq`: counts rows as they arrive. SQLite only counts in a column that is exactly INTEGER."""


class Usd(TypeDecorator[Decimal]):
    """US dollars, stored as whole nano-dollars.

    SQLite has no decimal type; integers keep sums exact there, and a single token of the cheapest model
    (USD 0.00000001) is still ten units.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value * NANO).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else usd(int(value))


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Kept in UTC, comes back timezone-aware; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def usd(nano: int) -> Decimal:
    """Dollars of a count of nano-dollars, without trailing zeros (3 and not 3.000000000)."""
    amount = Decimal(nano) / NANO
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()
