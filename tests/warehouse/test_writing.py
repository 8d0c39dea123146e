"""Whole days replace whole days, for one tenant, or nothing changes."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.model.errors import BadInput, ConfigError, NotFound
from marketeer_dagster.warehouse import MARTS, TABLES
from tests.warehouse.frames import FIRST, ask, at, ga4, put

TOTALS = "SELECT tenant, date, sum(sessions)::INT FROM ga4_daily GROUP BY ALL ORDER BY ALL"


def test_before_the_first_write_every_table_and_mart_can_be_read_empty(tmp_path: Path) -> None:
    for name in (*TABLES, *MARTS):
        assert ask(at(tmp_path), f"SELECT * FROM {name}") == []
    assert list(tmp_path.iterdir()) == []


def test_a_range_read_again_replaces_its_own_days_only(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(3, sessions=100))
    put(warehouse, "globex", ga4(1, sessions=7))
    assert put(warehouse, "acme", ga4(1, first=FIRST + timedelta(days=1), sessions=120)) == 1
    assert ask(warehouse, TOTALS) == [
        ("acme", date(2026, 3, 1), 100), ("acme", date(2026, 3, 2), 120), ("acme", date(2026, 3, 3), 100),
        ("globex", date(2026, 3, 1), 7),
    ]  # fmt: skip


def test_days_that_have_no_rows_any_more_are_emptied(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(3))
    with warehouse.writing() as w:
        w.replace("ga4_daily", "acme", FIRST, FIRST + timedelta(days=2), ga4(1))
    assert [row[1] for row in ask(warehouse, TOTALS)] == [FIRST]


def test_simulated_rows_are_labelled(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1), simulated=True)
    put(warehouse, "globex", ga4(1))
    assert ask(warehouse, "SELECT tenant, simulated FROM ga4_daily ORDER BY 1") == [("acme", True), ("globex", False)]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (ga4().drop(columns=["users"]), "no column users"),
        (ga4(visits=1), "unknown column visits"),
        (ga4(sessions=1, users="many"), "many"),
        (ga4(users=[1.0, None, 2.0]), "1 rows with no value"),
        (ga4(4), "1 days outside of 2026-03-01 to 2026-03-03"),
        (ga4(tenant="globex"), "3 rows of another tenant than acme"),
        (pd.concat([ga4(), ga4(1)]), "two rows for acme, 2026-03-01, /pricing"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_changes(tmp_path: Path, rows: pd.DataFrame, problem: str) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(3, sessions=55))
    before = ask(warehouse, TOTALS)
    with warehouse.writing() as w:
        with pytest.raises(BadInput, match=problem):
            w.replace("ga4_daily", "acme", FIRST, FIRST + timedelta(days=2), rows)
        w.build_mart("page_performance")
    assert ask(warehouse, TOTALS) == before


def test_tables_that_cannot_be_written_so_are_named(tmp_path: Path) -> None:
    with at(tmp_path).writing() as w:
        with pytest.raises(NotFound, match="ga4_daily"):
            w.replace("ga5_daily", "acme", FIRST, FIRST, ga4(1))
        with pytest.raises(BadInput, match="replace_all"):
            w.replace("artefacts", "acme", FIRST, FIRST, ga4(1))
        with pytest.raises(NotFound, match="campaign_roi"):
            w.build_mart("nonsense")


def test_a_failed_write_leaves_the_snapshot_and_the_next_write_works(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))

    def fail_after_writing() -> None:
        with warehouse.writing() as w:
            w.replace("ga4_daily", "acme", FIRST, FIRST, ga4(1, sessions=999))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    assert ask(warehouse, TOTALS) == [("acme", FIRST, 100)]
    put(warehouse, "globex", ga4(1))
    assert ask(warehouse, TOTALS) == [("acme", FIRST, 999), ("globex", FIRST, 100)]


def test_an_older_file_gains_new_columns_and_keeps_its_rows(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(2))
    with warehouse.writing() as w:
        w.connection.execute("ALTER TABLE ga4_daily DROP COLUMN revenue")
        w.connection.execute("UPDATE warehouse_schema SET fingerprint = 'older'")
    put(warehouse, "globex", ga4(1))
    assert ask(warehouse, "SELECT tenant, revenue FROM ga4_daily ORDER BY 1, 2") == [
        ("acme", None), ("acme", None), ("globex", 50.0),
    ]  # fmt: skip


def test_an_older_file_learns_that_a_figure_may_be_unknown_and_a_count_a_fraction(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    put(warehouse, "acme", ga4(1))
    with warehouse.writing() as w:
        w.connection.execute("ALTER TABLE ga4_daily ALTER conversions TYPE BIGINT")
        for column in ("conversions", "revenue"):
            w.connection.execute(f"ALTER TABLE ga4_daily ALTER {column} SET NOT NULL")
        w.connection.execute("UPDATE warehouse_schema SET fingerprint = 'older'")
    put(warehouse, "globex", ga4(1, conversions=2.5, revenue=float("nan")))
    assert ask(warehouse, "SELECT tenant, conversions, revenue FROM ga4_daily ORDER BY 1") == [
        ("acme", 5.0, 50.0), ("globex", 2.5, None),
    ]  # fmt: skip


def test_a_warehouse_that_is_no_duckdb_file_is_a_configuration_error(tmp_path: Path) -> None:
    warehouse = at(tmp_path)
    for file in (tmp_path / "warehouse.duckdb", tmp_path / "warehouse.snapshot.duckdb"):
        file.write_text("not a database, but long enough to be looked at as if it were one. " * 400)
    with pytest.raises(ConfigError, match=r"warehouse\.duckdb"), warehouse.writing():
        pass
    with pytest.raises(ConfigError, match=r"warehouse\.snapshot\.duckdb"), warehouse.reading():
        pass
