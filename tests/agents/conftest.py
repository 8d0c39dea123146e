"""A real metered Claude on a real SQLite store, answered by a scripted Messages server."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.store import Store
from resources.claude import Claude
from tests.support import marketing
from tests.support.messages_server import MessagesServer, messages_server
from tests.support.waits import JumpingWaits


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with messages_server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(marketing.tenant())
        yield opened


@pytest.fixture
async def claude(server: MessagesServer, store: Store, catalog: Catalog, tmp_path: Path) -> AsyncIterator[Claude]:
    settings = Settings(
        home=tmp_path, database_url="sqlite://", warehouse=str(tmp_path / "w.duckdb"), anthropic_base_url=server.url
    )
    model = Claude(settings, store, catalog.prices, FixedClock(marketing.NOW), waits=JumpingWaits())
    yield model
    await model.aclose()
