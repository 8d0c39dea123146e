"""The thin resources around settings: lazy, shared by the process, clear when something is missing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.server import run_in_thread
from resources.clock import ClockResource
from resources.connections import ConnectionsResource
from resources.limits import limiter
from resources.store import StoreResource
from resources.warehouse import WarehouseResource

ACME = TenantId("acme")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MARKETEER_DATABASE_URL", "MARKETEER_WAREHOUSE", "MARKETEER_SECRET_KEY", "MARKETEER_SANDBOX_URL"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "home"
    path.mkdir()
    (path / "config.toml").write_text('secret_key = "a key for tests, of some length"\n', encoding="utf-8")
    return path


def test_one_process_has_one_store_and_making_the_resources_creates_nothing(home: Path) -> None:
    before = sorted(home.iterdir())
    first, second = StoreResource(home=str(home)), StoreResource(home=str(home))
    assert first.store() is second.store()
    WarehouseResource(home=str(home)).warehouse()
    limiter(Settings.load(home=home))
    assert sorted(home.iterdir()) == before


def test_the_warehouse_can_be_read_before_anything_was_written(home: Path) -> None:
    with WarehouseResource(home=str(home)).warehouse().reading() as connection:
        assert connection.execute("SELECT count(*) FROM ga4_daily").fetchone() == (0,)


def test_the_clock_is_the_systems_the_markets_or_stands_still(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(ClockResource(home=str(home)).clock(), SystemClock)
    fixed = ClockResource(home=str(home), fixed="2026-05-01T12:00:00+02:00").clock()
    assert fixed.now() == datetime(2026, 5, 1, 10, tzinfo=UTC)
    with run_in_thread() as sandbox:
        monkeypatch.setenv("MARKETEER_SANDBOX_URL", sandbox.url)
        assert ClockResource(home=str(home)).clock().now().date() == sandbox.admin.clock().day


def test_a_tool_that_is_not_connected_says_how_to_connect_it(home: Path) -> None:
    store = StoreResource(home=str(home))
    store.store().migrate()
    values = {"id": ACME, "name": "Acme", "website": "https://example.com", "created_at": datetime.now(UTC)}
    store.store().tenants.add(Tenant.model_validate(values))
    connections = ConnectionsResource(store=store)
    assert connections.find(ACME, "stripe") is None
    with pytest.raises(ToolError, match="marketeer connect stripe --tenant acme") as caught:
        connections.get(ACME, "stripe")
    assert caught.value.kind is ToolErrorKind.MISSING
    key = {"api_key": SecretStr("sk_test_1")}
    store.store().connections.set(Connection(tenant=ACME, tool="stripe", secrets=key))
    assert connections.get(ACME, "stripe").secrets == key
