"""One asset per metric table: daily partitions, a range in one run, one tenant's failure a failed check."""

from collections.abc import Iterator, Sequence
from datetime import date

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    Config,
    Failure,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    asset,
)
from pydantic import Field

from assets.failures import explained
from assets.metrics.evidence import day_metadata, range_metadata
from assets.metrics.landing import Intake, Landing, Span, land
from assets.metrics.sources import MetricSource
from assets.partitions import days
from assets.tables import table_metadata
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from resources.limits import limiter

TENANT_TAG = "tenant"
"""Run tag that narrows an ingest to one tenant, as `marketeer ingest --tenant` sets it."""
LANDED = "tenants_landed"
POOL = "warehouse"
"""DuckDB has one writer at a time: runs wait for this pool instead of for the file."""


class IngestConfig(Config):
    """What to read. Nothing needs to be set: by default every connected tenant's days are read again."""

    tenants: list[str] = Field(
        default_factory=list, description="Ids of the tenants to read; empty reads every connected tenant."
    )
    accept_missing_days: bool = Field(
        default=False,
        description="Delete days that the vendor no longer reports. Off: a day once landed is kept and noted, because "
        "an empty answer is far more often a fault than a fact.",
    )


def build_metric_asset(source: MetricSource) -> AssetsDefinition:
    """The asset of one source. Needs resources `store`, `warehouse` and `clock`."""

    @asset(
        name=source.table,
        group_name="metrics",
        partitions_def=days,
        backfill_policy=BackfillPolicy.single_run(),
        kinds=set(source.kinds),
        owners=["team:measure"],
        tags={"marketeer/tool": source.tool},
        description=source.description,
        metadata=table_metadata(source.table),
        check_specs=[
            AssetCheckSpec(
                LANDED,
                asset=source.table,
                description="Every connected tenant's rows of the days asked for have landed; names the others.",
            )
        ],
        required_resource_keys={"store", "warehouse", "clock"},
        # Calls are retried where they are made; this is for what lasts longer than a call's patience.
        retry_policy=RetryPolicy(max_retries=1, delay=5),
        pool=POOL,
    )
    def metric(context: AssetExecutionContext, config: IngestConfig) -> Iterator[AssetCheckResult | MaterializeResult]:
        store: Store = context.resources.store.store()
        warehouse: Warehouse = context.resources.warehouse.warehouse()
        clock: Clock = context.resources.clock.clock()
        span = _span(context)
        with explained():
            connections = connected(store, source.tool, config.tenants or _tagged(context))
            limits = limiter(context.resources.store.settings())
            intake = Intake(warehouse, limits, clock, context.log, config.accept_missing_days)
            landings = land(source, connections, span, intake)
        yield _landed_check(source, landings)
        _raise_if_nothing_landed(source, landings)
        with warehouse.reading() as snapshot:
            told = range_metadata(source, span, landings, snapshot)
        for key in context.partition_keys:
            context.add_asset_metadata(day_metadata(span, landings, date.fromisoformat(key)), partition_key=key)
        context.add_asset_metadata(told, partition_key=span.last.isoformat())
        yield MaterializeResult()

    return metric


def connected(store: Store, tool: str, only: Sequence[str] = ()) -> tuple[Connection, ...]:
    """Connections to a tool, in order of tenants; of `only` these tenants where any are named.

    Raises NotFound for a tenant that does not exist.
    """
    wanted = [store.tenants.get(TenantId(name)).id for name in only] or [tenant.id for tenant in store.tenants.list()]
    found = (store.connections.get(tenant, tool) for tenant in sorted(wanted))
    return tuple(connection for connection in found if connection is not None)


def _span(context: AssetExecutionContext) -> Span:
    keys = context.partition_key_range
    return Span(date.fromisoformat(keys.start), date.fromisoformat(keys.end))


def _tagged(context: AssetExecutionContext) -> list[str]:
    tenant = context.run.tags.get(TENANT_TAG)
    return [tenant] if tenant else []


def _landed_check(source: MetricSource, landings: Sequence[Landing]) -> AssetCheckResult:
    failed = {landing.tenant: landing.error for landing in landings if landing.error is not None}
    said = "\n".join(f"- **{tenant}**: {error}" for tenant, error in failed.items())
    return AssetCheckResult(
        check_name=LANDED,
        passed=not failed,
        description=f"not landed: {', '.join(failed)}" if failed else f"{len(landings)} tenants landed",
        metadata={"failed_tenants": ", ".join(failed) or "none", "why": MetadataValue.md(said or "nothing failed")},
    )


def _raise_if_nothing_landed(source: MetricSource, landings: Sequence[Landing]) -> None:
    """With nothing landed the days must not count as materialised; the run shows why."""
    errors = [landing.error for landing in landings if landing.error is not None]
    if not errors or len(errors) < len(landings):
        return
    passing = any(isinstance(error, ToolError) and not error.permanent for error in errors)
    said = "; ".join(f"{landing.tenant}: {landing.error}" for landing in landings)
    raise Failure(f"{source.table}: no tenant's rows landed: {said}", allow_retries=passing)
