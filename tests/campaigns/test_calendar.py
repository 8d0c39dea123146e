"""Which days are holidays: a country's, those that people named, once or every year."""

from datetime import date, timedelta

import holidays
import pytest
from pydantic import ValidationError

from marketeer_dagster.campaigns.calendar import check_country, holidays_of, named_holidays
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.holidays import NamedPeriod
from tests.support.publishing import a_tenant

CLOSED = NamedPeriod(name="Between the years", first=date(2024, 12, 24), last=date(2025, 1, 1), yearly=True)
ONCE = NamedPeriod(name="Move", first=date(2026, 3, 5), last=date(2026, 3, 6))


def days_of(period: NamedPeriod, first: date, last: date) -> list[date]:
    return list(period.days(first, last))


def test_a_yearly_period_comes_back_over_the_turn_of_the_year_also_in_the_history() -> None:
    assert len(days_of(CLOSED, date(2022, 12, 1), date(2023, 1, 31))) == 9
    assert days_of(CLOSED, date(2026, 1, 1), date(2026, 1, 5)) == [date(2026, 1, 1)]
    assert days_of(ONCE, date(2025, 1, 1), date(2025, 12, 31)) == []
    leap = NamedPeriod(name="Leap", first=date(2024, 2, 29), last=date(2024, 2, 29), yearly=True)
    assert days_of(leap, date(2025, 1, 1), date(2025, 12, 31)) == [date(2025, 3, 1)]


@pytest.mark.parametrize(("first", "last"), [("2026-03-02", "2026-03-01"), ("2026-03-01", "2026-06-30")])
def test_a_period_is_in_order_and_no_season(first: str, last: str) -> None:
    with pytest.raises(ValidationError):
        NamedPeriod(name="x", first=date.fromisoformat(first), last=date.fromisoformat(last))


def test_public_and_named_holidays_are_told_together() -> None:
    tenant = a_tenant().model_copy(update={"country": "DE-BE", "holidays": (CLOSED, ONCE)})
    told = named_holidays(tenant, date(2026, 3, 1), date(2026, 12, 31))
    assert told[date(2026, 3, 8)] == "Women's Day", "a holiday of Berlin alone"
    assert (told[date(2026, 3, 5)], told[date(2026, 12, 25)]) == ("Move", "Between the years")
    assert list(told) == sorted(told)
    assert date(2026, 10, 3) in holidays_of(tenant, date(2026, 12, 1)), "what lies in the history is not learned"
    assert named_holidays(a_tenant(), date(2026, 1, 1), date(2026, 12, 31)) == {}


def test_every_country_of_the_library_has_a_calendar_here() -> None:
    for code in list(holidays.list_supported_countries(include_aliases=False))[::9]:
        tenant = a_tenant().model_copy(update={"country": check_country(code)})
        assert all(name for name in named_holidays(tenant, date(2026, 1, 1), date(2026, 12, 31)).values()), code


@pytest.mark.parametrize("code", ["Germany", "XX", "", "DE-ZZ", "DE-"])
def test_an_unknown_country_or_part_is_refused_with_what_there_is(code: str) -> None:
    with pytest.raises(BadInput, match=r"calendar|part"):
        check_country(code)


def test_small_letters_will_do() -> None:
    assert check_country(" de-be ") == "DE-BE"
    assert timedelta(days=8) == CLOSED.last - CLOSED.first


def test_every_part_that_is_offered_can_be_set() -> None:
    with pytest.raises(BadInput) as refused:
        check_country("DE-ZZ")
    parts = str(refused.value).partition("one of: ")[2].split(", ")
    assert len(parts) == 16
    for part in parts:
        tenant = a_tenant().model_dump() | {"country": check_country(f"DE-{part}")}
        assert type(a_tenant()).model_validate(tenant).country == f"DE-{part}"
