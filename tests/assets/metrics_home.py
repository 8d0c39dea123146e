"""A home with tenants that live in a market, and runs of metric assets in it; shared by the metric and mart tests."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    AssetMaterialization,
    AssetsDefinition,
    AssetSelection,
    DagsterInstance,
    ExecuteInProcessResult,
    materialize,
)
from pydantic import SecretStr

from assets.marts import mart_assets
from assets.metrics import SCOPE, IngestScope, metric_assets, metric_checks, range_tags
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from resources.clock import ClockResource
from resources.store import StoreResource
from resources.warehouse import WarehouseResource

TENANTS = ("acme", "beta")
ASSETS: dict[str, AssetsDefinition] = {
    key.to_user_string(): a for a in (*metric_assets, *mart_assets) for key in a.keys
}
CHECKS = {next(iter(c.check_keys)).asset_key.to_user_string(): c for c in metric_checks}


@dataclass(frozen=True)
class Home:
    """Tenants `acme` and `beta`, connected to every tool of one sandbox."""

    path: Path
    sandbox: Running

    @property
    def resources(self) -> dict[str, object]:
        home = str(self.path)
        return {
            "store": StoreResource(home=home),
            "warehouse": WarehouseResource(home=home),
            "clock": ClockResource(home=home),
            SCOPE: IngestScope(),
        }

    @property
    def store(self) -> Store:
        return StoreResource(home=str(self.path)).store()

    @property
    def warehouse(self) -> Warehouse:
        return WarehouseResource(home=str(self.path)).warehouse()

    @property
    def yesterday(self) -> date:
        return self.sandbox.admin.clock().day - timedelta(days=1)

    def run(
        self,
        *tables: str,
        first: date | None = None,
        last: date | None = None,
        checks: bool = False,
        config: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
        instance: DagsterInstance | None = None,
        assets: Sequence[AssetsDefinition] = (),
    ) -> ExecuteInProcessResult:
        """One run of the tables' assets over [first, last] (default: the last 7 days), not raising on failure.

        `config` is the run's IngestScope.
        """
        last = last or self.yesterday
        first = first or last - timedelta(days=6)
        chosen = [*assets, *dict.fromkeys(ASSETS[table] for table in tables)]
        judged = [CHECKS[table] for table in tables if checks and table in CHECKS]
        selection = AssetSelection.assets(*(key for a in assets for key in a.keys), *tables)
        for judge in judged:
            selection = selection | AssetSelection.checks(*judge.check_keys)
        with _instance(instance) as used:
            return materialize(
                [*chosen, *judged],
                selection=selection,
                instance=used,
                resources={**self.resources, SCOPE: IngestScope.model_validate(config or {})},
                tags={**range_tags(first, last), **(tags or {})},
                raise_on_error=False,
            )

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        with self.warehouse.reading() as connection:
            return connection.execute(query, list(parameters)).fetchall()

    def connection(self, tenant: str, tool: str) -> Connection:
        found = self.store.connections.get(TenantId(tenant), tool)
        assert found is not None
        return found

    @contextmanager
    def broken(self, tenant: str, tool: str) -> Iterator[None]:
        """The tenant's credentials to a tool are revoked meanwhile."""
        good = self.connection(tenant, tool)
        bad = {"api_key": SecretStr("sk_test_revoked"), "access_token": SecretStr("ya29.revoked")}
        self.store.connections.set(good.model_copy(update={"secrets": bad}))
        try:
            yield
        finally:
            self.store.connections.set(good)


@contextmanager
def living_home(path: Path, *, history_days: int = 45) -> Iterator[Home]:
    """A migrated home beside a sandbox in which both tenants have lived `history_days`."""
    with run_in_thread(seed=11) as sandbox:
        (path / "config.toml").write_text(
            f'sandbox_url = "{sandbox.url}"\nsecret_key = "a key for tests, of some length"\n', encoding="utf-8"
        )
        home = Home(path, sandbox)
        home.store.migrate()
        for tenant in TENANTS:
            add_tenant(home, tenant)
            spec = AccountSpec(
                tenant=tenant, name=tenant, monthly_sessions=6_000, starting_mrr_usd=3_000, history_days=history_days
            )
            for connection in sandbox.admin.open_account(spec):
                home.store.connections.set(connection)
        yield home


def add_tenant(home: Home, tenant: str) -> None:
    """A tenant that is connected to nothing."""
    values = {"id": tenant, "name": tenant, "website": "https://example.com", "simulated": True}
    home.store.tenants.add(Tenant.model_validate({**values, "created_at": datetime.now(UTC)}))


def materializations(result: ExecuteInProcessResult, table: str) -> list[AssetMaterialization]:
    """The run's materialisations of one asset, by partition."""
    found = [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]
    return sorted((m for m in found if m.asset_key == AssetKey(table)), key=lambda m: m.partition or "")


def told(materialization: AssetMaterialization) -> dict[str, object]:
    """Metadata as plain values."""
    return {name: value.value for name, value in materialization.metadata.items()}


def check(result: ExecuteInProcessResult, table: str, name: str) -> AssetCheckEvaluation:
    """The run's last evaluation of a check."""
    found = [e for e in result.get_asset_check_evaluations() if (e.asset_key, e.check_name) == (AssetKey(table), name)]
    return found[-1]


@contextmanager
def _instance(given: DagsterInstance | None) -> Iterator[DagsterInstance]:
    if given is not None:
        yield given
    else:
        with DagsterInstance.ephemeral() as fresh:
            yield fresh
