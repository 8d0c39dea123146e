"""Every test of the store runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from marketeer_dagster.store import Store
from tests.store import values
from tests.support.postgres import PostgresServer, postgres_server

__all__ = ["postgres_server"]

KEY = SecretStr("a key for tests")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """Name of a migrated database; copying it is much quicker than migrating each test's own."""
    url = postgres_server.create_database()
    with Store.open(url) as store:
        store.migrate()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return request.getfixturevalue("postgres_server").create_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'store.db'}"
        with Store.open(address) as store:
            store.migrate()
        return address
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.create_database(template=request.getfixturevalue("postgres_template"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    with Store.open(url, secret_key=KEY) as opened:
        yield opened


@pytest.fixture
def acme(store: Store) -> Store:
    """A store with tenant `acme` and its campaign `acme:launch`."""
    store.tenants.add(values.tenant())
    store.campaigns.add(values.campaign())
    return store
