"""Marts: tables computed from the facts and the store's copies, one SQL file each, and the copies themselves.

A mart's dependencies are read out of its SQL, so the asset graph cannot say other than what the query does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    CodeReferencesMetadataValue,
    DataVersion,
    MaterializeResult,
    MetadataValue,
    TableSchema,
    multi_asset,
)

from assets.code_references import CODE_REFERENCES, code_references
from assets.failures import explained
from assets.metrics.sources import SOURCES
from assets.names import NEXT_STEP
from assets.tables import address, markdown_table, mart_schema, preview, row_count, rows_version, table_schema
from marketeer_dagster import warehouse
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.ids import content_hash
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import MARTS, Warehouse, Writer, sync_store
from marketeer_dagster.warehouse.copies import COPIES
from marketeer_dagster.warehouse.marts import Mart, mart

STORE_TABLES = AssetKey("store_tables")
PLAUSIBLE = "plausible"
ADDS_UP = "adds_up"
PREVIEW_ROWS = 12
_COPIES = frozenset(table.name for table in COPIES)
_INGESTED = frozenset(source.table for source in SOURCES)
_LOG = "landings"
"""Written with every daily fact."""


@dataclass(frozen=True)
class _Reconciliation:
    """A sum that a mart must share with the table it is made of."""

    description: str
    differing: str
    """Query for the rows in which they differ; none is right."""


def build_marts() -> AssetsDefinition:
    """`store_tables` and every mart, made by one op in one write: readers never see marts of different ages.

    Any of them can be selected by itself. Needs resources `store` and `warehouse`.
    """

    @multi_asset(
        name="marts",
        specs=[_store_spec(), *(_mart_spec(mart(name)) for name in MARTS)],
        check_specs=[spec for name in MARTS for spec in _check_specs(name)],
        can_subset=True,
        required_resource_keys={"store", "warehouse"},
    )
    def marts(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        warehouse: Warehouse = context.resources.warehouse.warehouse()
        wanted, checks = context.selected_asset_keys, context.selected_asset_check_keys
        with explained(), warehouse.writing() as writer:
            made = [_copy_store(context, writer)] if STORE_TABLES in wanted else []
            for name in MARTS:
                if AssetKey(name) in wanted:
                    asked = sorted(check.name for check in checks if check.asset_key == AssetKey(name))
                    made.append(_compute(writer, mart(name), asked))
        # Said only after the snapshot holds them.
        yield from made

    return marts


def _copy_store(context: AssetExecutionContext, writer: Writer) -> MaterializeResult:
    store: Store = context.resources.store.store()
    rows = sync_store(store, writer, Catalog.load(context.resources.store.settings().catalog).skills)
    versions = [rows_version(writer.connection, f'"{name}"').value for name in rows]
    return MaterializeResult(
        asset_key=STORE_TABLES,
        data_version=DataVersion(content_hash("\n".join(versions))),
        metadata={
            "dagster/row_count": sum(rows.values()),
            "tables": MetadataValue.md(markdown_table(("Table", "Rows"), list(rows.items()))),
            "preview": MetadataValue.md(preview(writer.connection, _NEWEST_ARTEFACTS)),
        },
    )


def _compute(writer: Writer, definition: Mart, checks: Sequence[str]) -> MaterializeResult:
    name = definition.name
    writer.build_mart(name)
    schema = mart_schema(writer.connection, definition)
    queries = {PLAUSIBLE: _implausible(name, schema)}
    if name in _RECONCILIATIONS:
        queries[ADDS_UP] = _RECONCILIATIONS[name].differing
    return MaterializeResult(
        asset_key=name,
        # What its columns mean, not what they hold: plans and artefacts read figures once, and figures that change by
        # the day must not mark them "Unsynced".
        data_version=DataVersion(content_hash(definition.select)),
        metadata={
            "dagster/row_count": row_count(writer.connection, name),
            "dagster/column_schema": schema,
            "preview": MetadataValue.md(preview(writer.connection, _newest(definition))),
            "query": MetadataValue.md(f"```sql\n{definition.select.strip()}\n```"),
        },
        check_results=[_check(writer.connection, name, check, queries[check]) for check in checks],
    )


def _store_spec() -> AssetSpec:
    return AssetSpec(
        STORE_TABLES,
        group_name="marts",
        kinds={"sqlalchemy", "duckdb"},
        owners=["team:measure"],
        description="What was planned, made, reviewed, decided, published, signalled, tested, learned and spent, and "
        "the skills in force, copied whole from the operational store for analysts; between ingests the sensor "
        "`store_copies` copies what changed. Tables: " + ", ".join(f"`{name}`" for name in sorted(_COPIES)) + ".",
        metadata={f"schema of {table.name}": table_schema(table.name) for table in COPIES},
    )


def _mart_spec(definition: Mart) -> AssetSpec:
    return AssetSpec(
        definition.name,
        deps=_dependencies(definition),
        group_name="marts",
        kinds={"sql", "duckdb"},
        owners=["team:measure"],
        description=_documentation(definition),
        metadata={**address(definition.name), CODE_REFERENCES: _query(definition)},
        code_version=content_hash(definition.select),
    )


def _query(definition: Mart) -> CodeReferencesMetadataValue:
    return code_references((Path(str(warehouse.__file__)).parent / "sql" / f"{definition.name}.sql", "the query"))


def _check_specs(name: str) -> Iterator[AssetCheckSpec]:
    yield AssetCheckSpec(PLAUSIBLE, asset=name, description="No negative counts, rates between 0 and 1.")
    if name in _RECONCILIATIONS:
        yield AssetCheckSpec(ADDS_UP, asset=name, description=_RECONCILIATIONS[name].description)


def _dependencies(definition: Mart) -> list[AssetKey]:
    """Assets that fill the tables a mart reads. Facts of tools that cannot be connected yet have none."""
    read = definition.reads & (_COPIES | _INGESTED | set(MARTS)) | (_INGESTED if _LOG in definition.reads else set())
    return sorted({STORE_TABLES if table in _COPIES else AssetKey(table) for table in read})


def _documentation(definition: Mart) -> str:
    columns = "\n".join(f"- `{name}`: {meaning}" for name, meaning in definition.columns.items())
    return f"{definition.comment}\n\n{columns}"


def _newest(definition: Mart) -> str:
    by = next((column for column in ("date", "month", "live_from") if column in definition.columns), "tenant")
    return f'SELECT * FROM "{definition.name}" ORDER BY {by} DESC, tenant LIMIT {PREVIEW_ROWS}'


def _implausible(name: str, schema: TableSchema) -> str:
    counts = [f'"{column.name}" < 0' for column in schema.columns if column.type == "BIGINT"]
    rates = [f'"{column.name}" NOT BETWEEN 0 AND 1' for column in schema.columns if column.name.endswith("_rate")]
    return f'SELECT * FROM "{name}" WHERE {" OR ".join([*counts, *rates]) or "false"}'


def _check(connection: duckdb.DuckDBPyConnection, table: str, name: str, offending: str) -> AssetCheckResult:
    rows = row_count(connection, f"({offending})")
    shown = preview(connection, f"{offending} LIMIT {PREVIEW_ROWS}") if rows else "none"
    return AssetCheckResult(
        asset_key=table,
        check_name=name,
        passed=rows == 0,
        description=f"{rows} rows at fault" if rows else "no row at fault",
        metadata={
            "rows_at_fault": rows,
            "rows": MetadataValue.md(shown),
            "query": MetadataValue.md(f"```sql\n{offending.strip()}\n```"),
            "looked_at": f"the table {table}, computed just now",
            **({NEXT_STEP: MetadataValue.text(_step(table))} if rows else {}),
        },
    )


def _step(table: str) -> str:
    return (
        "compare the rows with the tables they are made of: `marketeer sql` with the query above; days that were read "
        f"only in part are read again by `marketeer ingest`, which also computes {table} anew"
    )


def _same_traffic(name: str) -> _Reconciliation:
    # Conversions may be fractions, whose sum depends on the order they are added in.
    sums = "SELECT tenant, date, sum(sessions) AS sessions, round(sum(conversions), 6) AS conversions FROM"
    return _Reconciliation(
        "Sessions and conversions of every tenant and day are those of ga4_daily.",
        f"""
SELECT tenant, date, m.sessions AS in_mart, f.sessions AS in_facts
FROM ({sums} {name} GROUP BY ALL) AS m FULL JOIN ({sums} ga4_daily GROUP BY ALL) AS f USING (tenant, date)
WHERE m.sessions IS DISTINCT FROM f.sessions OR m.conversions IS DISTINCT FROM f.conversions""",
    )


_EARNED = """tenant, campaign, coalesce(sum({0}sessions), 0) AS sessions, round(coalesce(sum({0}conversions), 0), 4) AS
    conversions, round(coalesce(sum({0}revenue), 0), 2) AS revenue"""


def _same_cost(name: str) -> _Reconciliation:
    sums = "SELECT tenant, sum(cost_usd) AS cost_usd FROM"
    return _Reconciliation(
        "Every tenant's Claude cost is the sum of its settled and cut calls in llm_calls.",
        f"""
SELECT tenant, m.cost_usd AS in_mart, f.cost_usd AS in_ledger
FROM ({sums} {name} GROUP BY tenant) AS m
FULL JOIN ({sums} llm_calls WHERE state IN ('settled', 'cut') GROUP BY tenant) AS f USING (tenant)
WHERE coalesce(m.cost_usd, 0) <> coalesce(f.cost_usd, 0)""",
    )


_RECONCILIATIONS = {
    "claude_costs": _same_cost("claude_costs"),
    "artefact_performance": _Reconciliation(
        "The rows of every page, arms of tests included, have the sessions of page_performance since its first one.",
        """
SELECT tenant, page, m.sessions AS in_mart, f.sessions AS of_page
FROM (SELECT tenant, page, sum(sessions) AS sessions FROM artefact_performance WHERE page IS NOT NULL AND days > 0
    GROUP BY ALL) AS m
FULL JOIN (SELECT p.tenant, p.page, sum(p.sessions) AS sessions FROM page_performance AS p JOIN (
        SELECT tenant, page, min(live_from) AS since FROM artefact_performance WHERE page IS NOT NULL GROUP BY ALL
    ) AS s ON s.tenant = p.tenant AND s.page = p.page AND p.date >= s.since GROUP BY ALL) AS f
    USING (tenant, page)
WHERE m.sessions IS DISTINCT FROM f.sessions""",
    ),
    "campaign_roi": _Reconciliation(
        "Every campaign has the sum of its artefacts' credited sessions, conversions and revenue.",
        f"""
SELECT tenant, campaign, r.sessions AS in_mart, a.sessions AS of_artefacts
FROM (SELECT {_EARNED.format("")} FROM campaign_roi GROUP BY ALL) AS r
JOIN (SELECT {_EARNED.format("credited_")} FROM artefact_performance GROUP BY ALL) AS a USING (tenant, campaign)
WHERE (r.sessions, r.conversions, r.revenue) IS DISTINCT FROM (a.sessions, a.conversions, a.revenue)""",
    ),
    "channel_performance": _same_traffic("channel_performance"),
    "page_performance": _same_traffic("page_performance"),
    "spend_and_budget": _same_cost("spend_and_budget"),
}
_NEWEST_ARTEFACTS = (
    "SELECT tenant, campaign, skill, version, title, status, score, cost_usd FROM artefacts "
    f"WHERE is_head ORDER BY created_at DESC, artefact LIMIT {PREVIEW_ROWS}"
)

mart_assets = [build_marts()]
