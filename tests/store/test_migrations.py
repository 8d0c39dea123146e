"""The migrations make the tables the code expects, once, and refuse what they cannot use."""

import json
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from marketeer_dagster.model.errors import ConfigError
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.store import Store
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.migrations import runner
from marketeer_dagster.store.schema import metadata
from tests.store import values


def test_migrated_tables_are_exactly_those_of_the_schema(empty_url: str) -> None:
    Store.open(empty_url).migrate()
    with Database(empty_url).reading() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(found, metadata) == []


def test_migrating_again_keeps_the_rows(empty_url: str) -> None:
    store = Store.open(empty_url)
    store.migrate()
    store.tenants.add(values.tenant())
    store.migrate()
    assert [tenant.id for tenant in store.tenants.list()] == ["acme"]


def test_many_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: Store.open(empty_url).migrate(), range(6)))
    assert Store.open(empty_url).tenants.list() == ()


def test_a_store_of_a_newer_version_is_refused(empty_url: str) -> None:
    Store.open(empty_url).migrate()
    with Database(empty_url).writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer version"):
        Store.open(empty_url).migrate()


def test_a_store_without_tables_says_what_to_run(empty_url: str) -> None:
    with pytest.raises(ConfigError, match="marketeer init"):
        Store.open(empty_url).tenants.list()


def test_reading_a_store_that_is_not_there_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store yet"):
        Store.open(f"sqlite:///{tmp_path / 'none.db'}").tenants.list()
    assert list(tmp_path.iterdir()) == []


def test_sqlite_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "store.db"
    store = Store.open(f"sqlite:///{path}")
    store.migrate()
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with Database(f"sqlite:///{path}").writing():
        assert store.tenants.list() == ()


def test_the_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store.open(f"sqlite:///{path}").migrate()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_url_is_refused_with_examples(url: str) -> None:
    with pytest.raises(ConfigError, match=r"MARKETEER_DATABASE_URL.*postgresql://"):
        Store.open(url)


def test_a_file_that_is_no_database_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("this is not a database, it is a text of some length\n" * 50)
    with pytest.raises(ConfigError, match="not a database"):
        Store.open(f"sqlite:///{path}").migrate()


def test_a_home_that_cannot_hold_a_store_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be created"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'store.db'}").migrate()


def test_a_database_path_that_is_a_folder_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be"):
        Store.open(f"sqlite:///{tmp_path}").migrate()


def test_a_server_that_does_not_answer_is_a_configuration_error_that_hides_the_password() -> None:
    with pytest.raises(ConfigError) as caught:
        Store.open("postgresql://someone:hunter2@127.0.0.1:1/db").tenants.list()
    assert "hunter2" not in str(caught.value)
    assert "refused" in str(caught.value)


def test_sources_kept_among_step_outputs_move_to_their_own_table(empty_url: str) -> None:
    database = Database(empty_url)
    Store.open(empty_url).migrate()
    with database.writing() as connection:
        settings = runner.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0002")
    store = Store.open(empty_url)
    store.tenants.add(values.tenant())
    store.campaigns.add(values.campaign())
    made = store.artefacts.put(values.artefact())
    old = '{"metrics": "| page |", "texts": ["a brief"]}'
    store.step_outputs.put(made.id, "sources", "1", made.campaign, old)
    store.migrate()
    moved = store.artefact_sources.get(made.id, 1)
    assert moved is not None
    assert (moved.tenant, moved.metrics, moved.texts, moved.people) == ("acme", "| page |", ("a brief",), ())
    assert store.step_outputs.get(made.id, "sources", "1", made.campaign) is None


def test_reviews_kept_among_step_outputs_move_to_their_own_table_once(empty_url: str) -> None:
    database = Database(empty_url)
    Store.open(empty_url).migrate()
    with database.writing() as connection:
        settings = runner.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0003")
    store = Store.open(empty_url)
    store.tenants.add(values.tenant())
    old = {
        "id": "dir_1", "tenant": "acme", "period": "day", "first": "2026-03-01", "last": "2026-03-01",
        "content": {"summary": "Quiet", "happened": ["Nothing"], "meaning": "None"}, "material": "| page |",
        "context_version": 1, "prompt_hash": "", "spend": {}, "created_at": "2026-03-02T09:30:00Z",
    }  # fmt: skip
    for name in ("dir_1", "newest of acme"):
        store.step_outputs.put(name, "director_review", "review", "acme", json.dumps(old))
    store.migrate()
    (moved,) = store.period_reviews.list("acme")
    assert (moved.id, moved.run_id, moved.content.summary) == ("dir_1", "", "Quiet")
    assert store.period_reviews.get("dir_1", "acme") == moved
    assert store.period_reviews.of_run("acme", [""]) is None, "no run can take it for its own"
    assert store.step_outputs.get("newest of acme", "director_review", "review", "acme") is None


def test_questions_that_nobody_answered_become_closed_and_refusals_keep_their_person(empty_url: str) -> None:
    database = Database(empty_url)
    Store.open(empty_url).migrate()
    with database.writing() as connection:
        settings = runner.config()
        settings.attributes["connection"] = connection
        command.downgrade(settings, "0005")
    store = Store.open(empty_url)
    store.tenants.add(values.tenant())
    for key, who in (("k1", "outbox"), ("k2", "ada")):
        row = store.publications.intend(values.publication(key, state=PublicationState.REJECTED))
        store.approvals.open(values.approval(row.id))
        store.approvals.decide(row.id, ApprovalState.REJECTED, who, "no", values.NOW)
    store.migrate()
    machine, person = store.approvals.list()
    assert (machine.state, person.state) == (ApprovalState.CLOSED, ApprovalState.REJECTED)
    assert [row.refused_by for row in store.publications.list()] == ["", "ada"]
