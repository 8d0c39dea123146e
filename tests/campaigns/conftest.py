"""A real store with two tenants that have a context."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.store import Store
from tests.support import marketing
from tests.support.publishing import NOW, a_store, a_tenant


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = a_store(tmp_path, a_tenant())
    opened.contexts.add(a_tenant().id, marketing.context().context, at=NOW)
    yield opened
    opened.close()
