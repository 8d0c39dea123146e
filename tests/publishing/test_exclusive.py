"""One writer per target: among processes of one machine on SQLite, of all machines on PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest

from marketeer_dagster.publishing.exclusive import exclusive_in
from marketeer_dagster.store import Store
from tests.support.postgres import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]

ROOT = Path(__file__).parents[2]
HOLD = """
import sys
from marketeer_dagster.publishing.exclusive import exclusive_in
from marketeer_dagster.store import Store
with exclusive_in(Store.open(sys.argv[1]))(sys.argv[2]):
    print("in", flush=True)
    input()
print("out", flush=True)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return request.getfixturevalue("postgres")


@contextmanager
def holder(url: str, name: str, temporary: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds `name` as soon as it can; with a temporary folder of its own, as on another machine."""
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD, url, name]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("end", ["leaves", "is killed"])
def test_the_second_gets_in_when_the_first_is_out(url: str, tmp_path: Path, end: str) -> None:
    with holder(url, "acme/wordpress//pricing", tmp_path / "a") as first:
        assert said(first) == "in"
        with holder(url, "acme/wordpress//about", tmp_path / "b") as elsewhere:
            assert said(elsewhere) == "in", "another target is another lock"
        with holder(url, "acme/wordpress//pricing", tmp_path / "c") as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(timeout=4)
            assert first.poll() is None
            assert first.stdin is not None
            if end == "leaves":
                first.stdin.write("\n")
                first.stdin.flush()
                assert said(first) == "out"
            else:
                first.kill()
            assert said(second) == "in"


@pytest.mark.postgres
def test_a_held_target_is_a_lock_of_the_server_and_ends_with_the_block(postgres: str) -> None:
    with Store.open(postgres) as store:
        store.migrate()
        with exclusive_in(store)("acme/wordpress//pricing"):
            assert store.tenants.list() == ()
            assert held(store) == 1
        assert held(store) == 0


def held(store: Store) -> int:
    """Advisory locks of the store's database."""
    with psycopg2.connect(store.where.replace("+psycopg2", "")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND datname = current_database()"
        )
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])
