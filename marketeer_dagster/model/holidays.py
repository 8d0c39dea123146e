"""Days on which a tenant's market obeys other rules: named by people, once or every year."""

from collections.abc import Iterable
from datetime import date, timedelta

from pydantic import Field, model_validator

from marketeer_dagster.model.base import Value

LONGEST_DAYS = 92
"""A quarter: a longer time is no holiday but a season, and would leave too little to learn from."""


class NamedPeriod(Value):
    """Days with a name, for instance a summer closure; both ends included."""

    name: str = Field(min_length=1, max_length=60)
    first: date
    last: date
    yearly: bool = False
    """Whether it comes back on the same days of every year, also of those before."""

    @model_validator(mode="after")
    def _in_order(self) -> "NamedPeriod":
        if self.last < self.first:
            raise ValueError(f"ends on {self.last}, before it begins on {self.first}")
        if self.last - self.first >= timedelta(days=LONGEST_DAYS):
            raise ValueError(f"is longer than {LONGEST_DAYS} days")
        return self

    def days(self, first: date, last: date) -> Iterable[date]:
        """Its days within [first, last]."""
        length = (self.last - self.first).days
        years = range(first.year - 1, last.year + 1) if self.yearly else (self.first.year,)
        for year in years:
            begins = _on(self.first, year)
            for offset in range(length + 1):
                day = begins + timedelta(days=offset)
                if first <= day <= last:
                    yield day


def _on(day: date, year: int) -> date:
    """The same day of another year; 29 February is 1 March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
