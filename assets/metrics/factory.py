"""One asset per metric table: daily partitions, a range in one run, one tenant's failure a failed check."""

from collections.abc import Iterator, Sequence
from datetime import date

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    Failure,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    asset,
)

from assets.failures import explained
from assets.metrics.evidence import day_metadata, range_metadata
from assets.metrics.landing import Intake, Landing, Span, land
from assets.metrics.reasons import Reason, metadata_of, reasons_of
from assets.metrics.scope import SCOPE, IngestScope
from assets.metrics.sources import MetricSource
from assets.names import NEXT_STEP
from assets.partitions import days
from assets.tables import rows_version, table_metadata
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse
from resources.calling import LONGEST_WAIT_S
from resources.connectors import for_tenant
from resources.limits import limiter

LANDED = "tenants_landed"
WHOLE = "nothing_held_back"
"""Named when the vendor samples, cuts off or withholds figures; blocks nothing, and a person may have to act."""


def build_metric_asset(source: MetricSource) -> AssetsDefinition:
    """The asset of one source. Needs resources `store`, `warehouse`, `clock` and `ingest` (an IngestScope).

    No pool: DuckDB's one writer is held by the warehouse's own lock, and only while rows are written, not while vendors
    are waited for.
    """

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
            ),
            AssetCheckSpec(
                WHOLE,
                asset=source.table,
                description="No vendor sampled, cut off or withheld figures of these days; names whose, and why.",
            ),
        ],
        required_resource_keys={"store", "warehouse", "clock", SCOPE},
        # Calls are retried where they are made; this is for what lasts longer than a call's patience.
        retry_policy=RetryPolicy(max_retries=1, delay=5),
    )
    def metric(context: AssetExecutionContext) -> Iterator[AssetCheckResult | MaterializeResult]:
        store: Store = context.resources.store.store()
        warehouse: Warehouse = context.resources.warehouse.warehouse()
        clock: Clock = context.resources.clock.clock()
        scope: IngestScope = getattr(context.resources, SCOPE)
        span = _span(context)
        with explained():
            connections = connected(store, source.tool, scope.tenants)
            limits = limiter(context.resources.store.settings())
            tests = store.experiments.list()
            intake = Intake(warehouse, limits, clock, context.log, scope.accept_missing_days, tests, context.run_id)
            landings = land(source, connections, span, intake)
        reasons = reasons_of(source, span, landings, clock)
        yield _landed_check(landings, reasons)
        yield _whole_check(source, landings)
        _raise_if_nothing_landed(source, landings, reasons)
        with warehouse.reading() as snapshot:
            told = range_metadata(source, span, landings, snapshot)
            version = rows_version(snapshot, f"{source.table} WHERE date BETWEEN ? AND ?", (span.first, span.last))
        for key in context.partition_keys:
            context.add_asset_metadata(day_metadata(span, landings, date.fromisoformat(key)), partition_key=key)
        context.add_asset_metadata(told, partition_key=span.last.isoformat())
        # Days that were read again and are as they were make nothing downstream "Unsynced".
        yield MaterializeResult(data_version=version)

    return metric


def connected(store: Store, tool: str, only: Sequence[str] = ()) -> tuple[Connection, ...]:
    """Connections to a tool, in order of tenants; of `only` these tenants where any are named.

    Raises NotFound for a tenant that does not exist.
    """
    wanted = [store.tenants.get(TenantId(name)) for name in only] or list(store.tenants.list())
    found = [(tenant, store.connections.get(tenant.id, tool)) for tenant in sorted(wanted, key=lambda one: one.id)]
    return tuple(for_tenant(connection, tenant) for tenant, connection in found if connection is not None)


def _span(context: AssetExecutionContext) -> Span:
    keys = context.partition_key_range
    return Span(date.fromisoformat(keys.start), date.fromisoformat(keys.end))


def _landed_check(landings: Sequence[Landing], reasons: Sequence[Reason]) -> AssetCheckResult:
    failed = {landing.tenant: landing.error for landing in landings if landing.error is not None}
    said = "\n".join(f"- **{tenant}**: {error}" for tenant, error in failed.items())
    return AssetCheckResult(
        check_name=LANDED,
        passed=not failed,
        description=f"not landed: {', '.join(failed)}" if failed else f"{len(landings)} tenants landed",
        metadata={
            "failed_tenants": ", ".join(failed) or "none",
            # A run may read one tenant of many: its result says nothing about the others.
            "read_tenants": ", ".join(landing.tenant for landing in landings) or "none",
            "why": MetadataValue.md(said or "nothing failed"),
            **metadata_of(reasons),
        },
    )


def _whole_check(source: MetricSource, landings: Sequence[Landing]) -> AssetCheckResult:
    doubted = {landing.tenant: landing.doubts for landing in landings if landing.doubts}
    said = "\n".join(f"- **{tenant}**: {doubt}" for tenant, doubts in doubted.items() for doubt in doubts)
    return AssetCheckResult(
        check_name=WHOLE,
        passed=not doubted,
        severity=AssetCheckSeverity.WARN,
        description=f"held back from {', '.join(doubted)}" if doubted else "nothing was held back",
        metadata={
            "tenants": ", ".join(doubted) or "none",
            "why": MetadataValue.md(said or "nothing was held back"),
            **({NEXT_STEP: MetadataValue.text(_look_at(source, list(doubted)))} if doubted else {}),
        },
    )


def _look_at(source: MetricSource, tenants: Sequence[str]) -> str:
    """What to do about figures that a vendor holds back: its own answer names the setting or right that is missing."""
    asked = "\n".join(f"{tenant}: `marketeer tools --check --tenant {tenant}`" for tenant in tenants)
    return (
        f"See what {source.tool} says is missing; figures that it withholds are unknown in the tables, not 0.\n{asked}"
    )


def _passes_soon(error: ToolError) -> bool:
    """Whether another attempt of this run makes sense: a quota that comes back tomorrow is a later run's."""
    return not error.permanent and (error.retry_after_s or 0.0) <= LONGEST_WAIT_S


def _raise_if_nothing_landed(source: MetricSource, landings: Sequence[Landing], reasons: Sequence[Reason]) -> None:
    """With nothing landed the days must not count as materialised; the run shows why."""
    errors = [landing.error for landing in landings if landing.error is not None]
    if not errors or len(errors) < len(landings):
        return
    passing = any(isinstance(error, ToolError) and _passes_soon(error) for error in errors)
    said = "; ".join(f"{landing.tenant}: {landing.error}" for landing in landings)
    raise Failure(
        f"{source.table}: no tenant's rows landed: {said}", metadata=metadata_of(reasons), allow_retries=passing
    )
