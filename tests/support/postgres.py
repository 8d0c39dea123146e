"""A real PostgreSQL for the tests: started once per session in a folder of its own, stopped at the end.

Use by importing the fixtures into a conftest: `from tests.support.postgres import postgres, postgres_server`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg2
import pytest

_BINARIES = "/usr/lib/postgresql"
_NUMBERS = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A server on 127.0.0.1 that trusts everybody who can reach it there."""

    port: int

    def url(self, database: str) -> str:
        """SQLAlchemy URL of one of its databases."""
        return f"postgresql://marketeer@127.0.0.1:{self.port}/{database}"

    def create_database(self, *, template: str = "template1") -> str:
        """The URL of a new database, empty or copied from another one."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str) -> None:
        """Run one statement outside of a transaction, on the database `postgres`."""
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's server. Without PostgreSQL installed: skipped on a desk, a failure when CI=true."""
    binaries = _binaries()
    if binaries is None:
        reason = f"PostgreSQL is not installed (looked in {_BINARIES} and on the PATH)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="marketeer-pg-"))
    try:
        yield from _served(binaries, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> str:
    """The URL of a fresh, empty database."""
    return postgres_server.create_database()


def _binaries() -> Path | None:
    newest_first = sorted(Path(_BINARIES).glob("*/bin/initdb"), key=lambda p: -float(p.parts[-3]))
    found = newest_first[0] if newest_first else shutil.which("initdb")
    return Path(found).parent if found else None


def _served(binaries: Path, folder: Path) -> Iterator[PostgresServer]:
    data = folder / "data"
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    _run(binaries / "initdb", "-D", data, "-U", "marketeer", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
    port = _start(binaries, data)
    try:
        yield PostgresServer(port)
    finally:
        _run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _start(binaries: Path, data: Path) -> int:
    """Start on a free port; another program may take it between asking and listening, so try a few."""
    for attempt in range(5):
        port = _free_port()
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off "
            "-c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
        )
        try:
            _run(binaries / "pg_ctl", "-D", data, "-l", data / "log", "-o", options, "-w", "start")
        except subprocess.CalledProcessError:
            if attempt == 4:
                raise RuntimeError((data / "log").read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.2)
        else:
            return port
    raise AssertionError("unreachable")


def _run(*command: str | Path) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*prefix, *map(str, command)]
    # A daemon keeps inherited pipes open, so nothing may be captured through one.
    subprocess.run(words, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
