"""Days that were read at the time stay as they were read, once the vendor tells them from what is today only."""

import logging
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.metrics.landing import Intake, Landing, Span, land
from assets.metrics.sources import SOURCES
from marketeer_dagster.model.clock import SystemClock, today
from marketeer_dagster.warehouse import Warehouse
from resources.calling import UNLIMITED
from tests.support.stripe_says import Body, at, client, event, item, price, stripe_says, subscription

STRIPE = next(source for source in SOURCES if source.table == "stripe_daily")
BASIC, PRO = subscription(item(price("price_basic", 5_000))), subscription(item(price("price_pro")))


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb", tmp_path / "snapshot.duckdb")


def read(
    warehouse: Warehouse, now: Body, day: date, *events: Body, simulated: bool = False, insist: bool = False
) -> Landing:
    with stripe_says({"/v1/subscriptions": [now], "/v1/events": events}) as wire:
        connection = client(wire).connection.model_copy(update={"simulated": simulated})
        intake = Intake(warehouse, UNLIMITED, SystemClock(), logging.getLogger("test"), insist)
        (landing,) = land(STRIPE, [connection], Span(day, day), intake)
    return landing


def rows(warehouse: Warehouse, day: date) -> list[tuple[object, ...]]:
    query = "SELECT plan, mrr, simulated FROM stripe_daily WHERE date = ? ORDER BY plan"
    with warehouse.reading() as snapshot:
        return snapshot.execute(query, [day]).fetchall()


def test_an_old_day_read_again_keeps_what_was_read_then(warehouse: Warehouse) -> None:
    day = today(SystemClock()) - timedelta(days=70)
    then = (event("charge.succeeded", 0, {"id": "ch_1"}, prefix="") | {"created": at(day - timedelta(days=2))},)
    assert read(warehouse, BASIC, day, *then).notes == ()
    again = read(warehouse, PRO, day)
    assert rows(warehouse, day) == [("Basic", 50.0, False)]
    assert any("kept what was read" in note and "mrr 50 → 100" in note for note in again.notes), again.notes
    insisted = read(warehouse, PRO, day, insist=True)
    assert rows(warehouse, day) == [("Pro", 100.0, False)] and insisted.revised


def test_a_recent_day_read_again_is_corrected(warehouse: Warehouse) -> None:
    day = today(SystemClock()) - timedelta(days=3)
    read(warehouse, BASIC, day)
    assert read(warehouse, PRO, day).revised
    assert rows(warehouse, day) == [("Pro", 100.0, False)]


def test_the_markets_days_are_never_kept_for_real_ones(warehouse: Warehouse) -> None:
    day = today(SystemClock()) - timedelta(days=70)
    read(warehouse, BASIC, day, simulated=True)
    assert rows(warehouse, day) == [("Basic", 50.0, True)]
    assert "told from what subscriptions are today" in " ".join(read(warehouse, PRO, day).notes)
    assert rows(warehouse, day) == [("Pro", 100.0, False)]
