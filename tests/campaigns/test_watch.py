"""What the loops see in real warehouse rows: drops with evidence, silence told from demand, visitors' new questions."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.campaigns.looking import sightings
from marketeer_dagster.campaigns.watch import (
    Sighting,
    conversion_drops,
    newest_day,
    query_shift,
    tracking_broken,
    traffic_drops,
)
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.warehouse import Warehouse
from marketeer_dagster.warehouse.facts import ANONYMIZED
from tests.support.site_figures import ACME, DAYS, LAST, after, land, site, steady
from tests.warehouse import frames


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return frames.at(tmp_path)


def drops(warehouse: Warehouse, catalog: Catalog, tenant: TenantId = ACME) -> list[Sighting]:
    with warehouse.reading() as connection:
        return list(sightings(conversion_drops(connection, tenant, LAST, catalog.signal("conversion_drop"))))


def fewer(warehouse: Warehouse, catalog: Catalog) -> list[Sighting]:
    with warehouse.reading() as connection:
        return list(sightings(traffic_drops(connection, ACME, LAST, catalog.signal("traffic_drop"))))


def broken(warehouse: Warehouse) -> Sighting | None:
    with warehouse.reading() as connection:
        return tracking_broken(connection, ACME, LAST)


def test_nothing_is_seen_where_nothing_was_measured(warehouse: Warehouse, catalog: Catalog) -> None:
    with warehouse.reading() as connection:
        assert newest_day(connection, ACME) is None
    assert drops(warehouse, catalog) == []
    assert fewer(warehouse, catalog) == []
    assert broken(warehouse) is None


def test_an_ordinary_site_raises_nothing(warehouse: Warehouse, catalog: Catalog) -> None:
    land(warehouse, site(pricing=steady(), features=steady(seed=4)))
    assert drops(warehouse, catalog) == []
    assert fewer(warehouse, catalog) == []
    assert broken(warehouse) is None


def test_a_page_that_converts_less_is_named_with_its_figures(warehouse: Warehouse, catalog: Catalog) -> None:
    land(warehouse, site(pricing=after(steady(), 7, conversions=0.4), features=steady(seed=4)))
    (sighting,) = drops(warehouse, catalog)
    evidence = sighting.evidence()
    assert (sighting.subject, evidence.metric, evidence.until) == ("/pricing", "conversion_rate", LAST)
    assert evidence.observed < evidence.low <= evidence.expected <= evidence.high
    assert evidence.relative_change == pytest.approx(-0.6, abs=0.2)
    assert evidence.expected == pytest.approx(0.05, abs=0.01)
    assert LAST - timedelta(days=10) <= evidence.since <= LAST


def test_a_drop_belongs_to_its_tenant(warehouse: Warehouse, catalog: Catalog) -> None:
    land(warehouse, site(pricing=after(steady(), 7, conversions=0.4)), "beta")
    land(warehouse, site(pricing=steady()))
    assert drops(warehouse, catalog) == []
    assert [s.tenant for s in drops(warehouse, catalog, TenantId("beta"))] == ["beta"]


def test_a_page_too_small_to_be_judged_is_not_watched(warehouse: Warehouse, catalog: Catalog) -> None:
    land(warehouse, site(pricing=after(steady(20), 7, conversions=0), features=steady(seed=4)))
    assert drops(warehouse, catalog) == []


def test_a_page_that_loses_visitors_is_a_traffic_drop(warehouse: Warehouse, catalog: Catalog) -> None:
    land(warehouse, site(pricing=after(steady(), 7, sessions=0.5, conversions=0.5), features=steady(800, seed=4)))
    subjects = [sighting.subject for sighting in fewer(warehouse, catalog)]
    assert "/pricing" in subjects
    assert "/features" not in subjects


def test_a_page_that_loses_every_visitor_is_a_traffic_drop_too(warehouse: Warehouse, catalog: Catalog) -> None:
    """Analytics has no rows for it on those days: no rows are no visitors while the counter speaks elsewhere."""
    land(warehouse, site(pricing=after(steady(), 3, sessions=0, conversions=0), features=steady(800, seed=4)))
    found = {sighting.subject: sighting for sighting in fewer(warehouse, catalog)}
    evidence = found["/pricing"].evidence()
    assert (evidence.observed, evidence.relative_change) == (0, -1)
    assert broken(warehouse) is None


def test_a_silent_counter_is_not_a_drop(warehouse: Warehouse, catalog: Catalog) -> None:
    silent = after(steady(), 2, sessions=0.004, conversions=0)
    land(warehouse, site(pricing=silent, features=after(steady(seed=4), 2, sessions=0.004, conversions=0)))
    sighting = broken(warehouse)
    assert sighting is not None
    assert sighting.subject == "ga4"


def test_a_query_cannot_end_its_cell_or_row(warehouse: Warehouse) -> None:
    """Anybody may search for anything; what they type stays one cell of the Director's evidence."""
    rows = pd.DataFrame(
        {
            "date": [LAST - timedelta(days=n) for n in range(35)], "page": "https://acme.example/pricing",
            "query": "cheap | 99 | 1\n| everything free", "country": "usa", "device": "desktop", "clicks": 10,
            "impressions": 100, "position": 3.0,
        }
    )  # fmt: skip
    frames.put(warehouse, ACME, rows, "gsc_daily")
    with warehouse.reading() as connection:
        last = query_shift(connection, ACME, "/pricing", LAST).splitlines()[-1]
    assert last == "| cheap \\| 99 \\| 1 \\| everything free | 10.0 | 10.0 |"


def test_the_queries_that_changed_come_first(warehouse: Warehouse) -> None:
    rows = pd.DataFrame(
        {
            "date": [LAST - timedelta(days=n) for n in range(35)] * 2, "page": "https://acme.example/pricing",
            "query": ["acme pricing"] * 35 + ["acme contract length"] * 35, "country": "usa", "device": "desktop",
            "clicks": [10] * 35 + [8] * 7 + [0] * 28, "impressions": 100, "position": 3.0,
        }
    )  # fmt: skip
    frames.put(warehouse, ACME, rows, "gsc_daily")
    with warehouse.reading() as connection:
        table = query_shift(connection, ACME, "/pricing", LAST)
        assert query_shift(connection, ACME, "/features", LAST) == ""
    assert "| acme contract length | 8.0 | 0.0 |" in table
    assert table.index("contract length") < table.index("acme pricing")


def test_a_day_with_more_sign_ups_than_sessions_stops_no_judgement(warehouse: Warehouse, catalog: Catalog) -> None:
    """GA4 counts events: a session may sign up twice. The page after it is judged all the same."""
    sessions, conversions = steady()
    odd = [1, *sessions[1:]], [2, *conversions[1:]]
    land(warehouse, site(about=odd, pricing=after(steady(seed=4), 7, conversions=0.4)))
    assert [sighting.subject for sighting in drops(warehouse, catalog)] == ["/pricing"]


def test_unknown_conversions_are_not_a_fall_to_nothing(warehouse: Warehouse, catalog: Catalog) -> None:
    rows = site(pricing=steady(), features=after(steady(seed=4), 7, conversions=0.4))
    unknown = rows["conversions"].where(rows["landing_page"] != "/pricing", float("nan"))
    land(warehouse, rows.assign(conversions=unknown))
    assert [sighting.subject for sighting in drops(warehouse, catalog)] == ["/features"]


def test_what_is_no_page_is_not_watched(warehouse: Warehouse, catalog: Catalog) -> None:
    rows = site(pricing=steady(), unset=after(steady(seed=4), 7, sessions=0.2, conversions=0.1))
    place = rows["landing_page"].where(rows["landing_page"] != "/unset", "(not set)")
    land(warehouse, rows.assign(landing_page=place))
    seen = [*drops(warehouse, catalog), *fewer(warehouse, catalog)]
    assert "(not set)" not in {sighting.subject for sighting in seen}


def test_withheld_searches_are_nobodys_question(warehouse: Warehouse, catalog: Catalog) -> None:
    days = [LAST - timedelta(days=n) for n in range(28)]
    figures = {"page": "/pricing", "country": "usa", "device": "desktop", "impressions": 90, "position": 2.0}
    rows = [{"date": day, "query": query, "clicks": 9} for day in days for query in ("pricing tool", ANONYMIZED)]
    frames.put(warehouse, ACME, pd.DataFrame(rows).assign(**figures), "gsc_daily")
    with warehouse.reading() as connection:
        shown = query_shift(connection, ACME, "/pricing", LAST)
    assert "pricing tool" in shown and ANONYMIZED not in shown


def test_five_conversions_that_fail_to_come_on_one_day_are_no_drop(warehouse: Warehouse, catalog: Catalog) -> None:
    """Chance alone does that on one day in 150: too often to wake anybody, however far below it looks."""
    sessions, conversions = [100] * DAYS, [5, 4, 6, 5, 5, 4, 6] * (DAYS // 7)
    land(warehouse, site(pricing=(sessions, [*conversions[:-1], 0]), features=steady(seed=4)))
    assert drops(warehouse, catalog) == []


def test_the_same_rate_gone_for_days_is_a_drop(warehouse: Warehouse, catalog: Catalog) -> None:
    sessions, conversions = [100] * DAYS, [5, 4, 6, 5, 5, 4, 6] * (DAYS // 7)
    land(warehouse, site(pricing=(sessions, [*conversions[:-4], 0, 0, 0, 0]), features=steady(seed=4)))
    (sighting,) = drops(warehouse, catalog)
    assert (sighting.subject, sighting.reading.observed) == ("/pricing", 0)
