"""`marketeer sql` and `marketeer export` read what is so now, or say how old it is."""

import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.warehouse import MARTS, TABLES, Warehouse
from marketeer_dagster.warehouse.marts import mart
from tests.cli.homes import CommandLine
from tests.store import values
from tests.warehouse import frames

CAMPAIGN = "threlby:figures"


def sql(marketeer: CommandLine, query: str) -> list[dict[str, object]]:
    return marketeer.ok("sql", query, "--json").json


def warehouse(marketeer: CommandLine) -> Warehouse:
    return Warehouse.at(Settings.load({**marketeer.variables, "MARKETEER_HOME": str(marketeer.home)}))


@pytest.fixture(scope="module")
def asked(marketeer: CommandLine) -> CommandLine:
    """A campaign with a question that waits."""
    store = marketeer.store
    store.campaigns.add(values.campaign(CAMPAIGN))
    store.approvals.open(values.approval(CAMPAIGN, tenant="threlby", campaign=CAMPAIGN))
    store.close()
    return marketeer


def test_a_decision_is_in_the_next_answer_without_an_ingest(asked: CommandLine) -> None:
    waiting = "select approval, state, decided_by, note, waited_hours from approvals where campaign = 'threlby:figures'"
    (before,) = sql(asked, waiting)
    assert (before["state"], before["decided_by"], before["waited_hours"]) == ("pending", None, None)
    asked.ok("reject", str(before["approval"]), "--by", "ada", "--note", "not now")
    (after,) = sql(asked, waiting)
    assert (after["state"], after["decided_by"], after["note"]) == ("rejected", "ada", "not now")
    with asked.store as store:
        decided = store.approvals.list(campaign=CAMPAIGN)[0].decided_at
    assert decided is not None
    assert decided.date() == asked_at(asked).date(), "questions and answers are told by one clock"


def asked_at(marketeer: CommandLine) -> datetime:
    """The market's time, which stands still between its days."""
    return SandboxAdmin(marketeer.variables["MARKETEER_SANDBOX_URL"]).clock().now


def test_every_store_row_is_in_its_copy_after_any_command(asked: CommandLine) -> None:
    asked.ok("pipeline", "email-refresh", "-t", "threlby", "--campaign", "counted")
    with asked.store as store:
        (told,) = sql(asked, "select count(*) as n from campaigns")
        assert told["n"] == len(store.campaigns.list())
    (fresh,) = sql(asked, "select distinct as_of = max(as_of) over () as same from copied")
    assert fresh["same"] is True


def test_old_copies_are_read_with_their_age_while_another_writes(asked: CommandLine) -> None:
    with asked.store as store, warehouse(asked).writing():
        store.goals.add(values.goal("Anything", "threlby"))
        answer = asked("sql", "select count(*) as n from goals", "--json")
    assert answer.code == 0
    assert answer.json == [{"n": 0}]
    assert "copies of the store are as of 20" in answer.err and "has been writing" in answer.err
    assert sql(asked, "select count(*) as n from goals") == [{"n": 1}]


def test_a_store_that_cannot_be_asked_leaves_the_figures_readable(asked: CommandLine, tmp_path: Path) -> None:
    answer = asked("sql", "select 1 as one", "--json", MARKETEER_DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}")
    assert answer.code == 0 and answer.json == [{"one": 1}]
    assert "copies of the store are as of 20" in answer.err and "no store yet" in answer.err


def test_every_table_is_exported_with_its_types_and_meanings(asked: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    told = asked.ok("export", str(folder), "--json").json
    assert set(told["rows"]) == {*TABLES, *MARTS} == {p.name for p in folder.iterdir() if p.is_dir()}
    about = {one["table"]: one for one in json.loads((folder / "contents.json").read_text("utf-8"))["tables"]}
    with warehouse(asked).reading() as here, duckdb.connect() as there:
        for name in (*TABLES, *MARTS):
            source = f"read_parquet('{folder / name}/**/*.parquet', hive_partitioning = false)"
            wanted = here.execute(f"SELECT column_name, column_type FROM (DESCRIBE {name})").fetchall()
            found = there.execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})").fetchall()
            assert [row for row in found if row[0] != "year"] == wanted, name
            columns = ", ".join(f'"{column}"' for column, _ in wanted)
            same = f"SELECT {columns} FROM {{}} ORDER BY ALL"
            assert there.execute(same.format(source)).fetchall() == here.execute(same.format(name)).fetchall(), name
            assert all(column["meaning"] for column in about[name]["columns"]), name


def test_daily_facts_are_partitioned_by_tenant_and_year(asked: CommandLine, tmp_path: Path) -> None:
    for year in (2025, 2026):
        frames.put(warehouse(asked), "threlby", frames.ga4(2, first=date(year, 3, 1)))
    asked.ok("export", str(tmp_path / "out"), "--table", "ga4_daily")
    files = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.parquet")}
    assert {str(Path(name).parent) for name in files} == {
        "ga4_daily/tenant=threlby/year=2025", "ga4_daily/tenant=threlby/year=2026",
    }  # fmt: skip


def test_an_export_is_whole_or_not_there(asked: CommandLine, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    asked.refused("export", str(kept), saying=("is there already", "a new folder"))
    asked.refused("export", str(tmp_path / "new"), "--table", "nonsense", saying=("no table nonsense", "ga4_daily"))
    (tmp_path / "file").write_text("")
    asked.refused("export", str(tmp_path / "file" / "out"), saying=("cannot be written",))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "kept"]
    assert [p.name for p in kept.iterdir()] == ["mine.txt"]


def test_marts_have_a_meaning_for_each_column_and_units_for_amounts() -> None:
    amounts = (
        "_usd",
        "sessions",
        "conversions",
        "calls",
        "tokens",
        "revenue",
        "cost",
        "sends",
        "opens",
        "clicks",
        "_hours",
    )
    units = ("USD", "(count", "currency", "(hours", "(share", "(ratio", "count)")
    for name in MARTS:
        for column, meaning in mart(name).columns.items():
            if column.endswith(amounts) and not column.startswith("simulated"):
                assert any(unit in meaning for unit in units), f"{name}.{column}: {meaning}"
