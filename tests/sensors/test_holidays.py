"""A steady site in a named holiday week raises no signal; the same drop in another week does (case 71)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest

from marketeer_dagster.model.holidays import NamedPeriod
from tests.sensors.conftest import Watchtower
from tests.support.site_figures import ACME, land, site, steady

DAY = timedelta(days=1)
CHRISTMAS = NamedPeriod(name="Between the years", first=date(2024, 12, 24), last=date(2025, 1, 1), yearly=True)
BEGIN = date(2026, 9, 21)
WEEK = [date(2026, 12, 24) + n * DAY for n in range(9)]
EARLIER = [date(2026, 12, 1) + n * DAY for n in range(9)]


def figures(last: date, low: Sequence[date], share: float = 0.4) -> pd.DataFrame:
    """Two steady pages from BEGIN to `last`, at a share of their visitors on the `low` days."""
    days = (last - BEGIN).days + 1
    pages: dict[str, tuple[list[int], list[int]]] = {}
    for seed, name in enumerate(("pricing", "features")):
        sessions, conversions = steady(400, days=days, seed=seed)
        for n in range(days):
            if BEGIN + n * DAY in low:
                sessions[n], conversions[n] = int(sessions[n] * share), int(conversions[n] * share)
        pages[name] = (sessions, conversions)
    rows = site(**pages)
    shift = BEGIN - min(rows["date"])
    return rows.assign(date=[day + shift for day in rows["date"]])


def watched(tower: Watchtower, low: Sequence[date], until: date, *, share: float = 0.4) -> set[tuple[str, str]]:
    """Every day from the first low one on, looked at by each loop as in life (which judges the day before last)."""
    for n in range((until - low[0]).days + 1):
        last = low[0] + n * DAY
        tower.now = datetime.combine(last + DAY, time(9), tzinfo=UTC)
        land(tower.warehouse, figures(last, low, share))
        for loop in ("tracking_broken", "traffic_drop", "conversion_drop"):
            tower.look(loop)
    return {(signal.name, signal.subject) for signal in tower.store.signals.list()}


def name_holidays(tower: Watchtower, *periods: NamedPeriod, country: str = "") -> None:
    tenant = tower.store.tenants.get(ACME)
    tower.store.tenants.save(tenant.model_copy(update={"holidays": periods, "country": country}))


def test_a_named_holiday_week_and_the_return_from_it_raise_nothing(tower: Watchtower) -> None:
    name_holidays(tower, CHRISTMAS)
    assert watched(tower, WEEK, WEEK[-1] + 6 * DAY) == set()


def test_the_same_week_unnamed_and_another_week_of_a_site_with_holidays_are_signals(tower: Watchtower) -> None:
    name_holidays(tower, CHRISTMAS)
    assert ("traffic_drop", "/pricing") in watched(tower, EARLIER, EARLIER[4])


def test_a_week_that_nobody_named_is_a_signal(tower: Watchtower) -> None:
    assert ("traffic_drop", "/pricing") in watched(tower, WEEK, WEEK[3])


def test_a_site_that_closes_over_a_holiday_is_not_taken_for_a_broken_counter(tower: Watchtower) -> None:
    name_holidays(tower, CHRISTMAS)
    assert watched(tower, WEEK, WEEK[-1] + 3 * DAY, share=0.0) == set()


@pytest.mark.parametrize("country", ["DE", "US"])
def test_a_countrys_public_holiday_is_known(tower: Watchtower, country: str) -> None:
    name_holidays(tower, country=country)
    new_year = [date(2027, 1, 1)]
    assert watched(tower, new_year, new_year[0] + 4 * DAY) == set()
