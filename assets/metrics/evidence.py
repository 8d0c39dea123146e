"""What a materialised metric table says of itself in the UI."""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
from dagster import MetadataValue

from assets.metrics.landing import Landing, Span
from assets.metrics.sources import MetricSource
from assets.tables import markdown_table, preview, row_count

PREVIEW_ROWS = 12


def day_metadata(span: Span, landings: Sequence[Landing], day: date) -> dict[str, object]:
    """What each day of a range says of itself: its rows, and what it was read with."""
    return {
        "dagster/partition_row_count": sum(landing.rows_by_day.get(day, 0) for landing in landings),
        "read_with": f"{span.first} to {span.last}",
        "tenants_landed": sum(landing.error is None for landing in landings),
        "tenants_failed": ", ".join(landing.tenant for landing in landings if landing.error) or "none",
        "simulated": any(landing.simulated for landing in landings),
    }


def range_metadata(
    source: MetricSource, span: Span, landings: Sequence[Landing], snapshot: duckdb.DuckDBPyConnection
) -> dict[str, object]:
    """What the whole range has to tell, kept with its newest day: a copy for each day would swell the event log."""
    landed = [landing for landing in landings if landing.error is None]
    return {
        "dagster/row_count": row_count(snapshot, source.table),
        "rows_landed": sum(landing.rows for landing in landed),
        "api_calls": sum(landing.api_calls for landing in landings),
        "tenants": MetadataValue.md(_tenants(landings) or f"No tenant is connected to {source.tool}."),
        "late_revisions": MetadataValue.md(_listed({one.tenant: one.revised for one in landed}) or "none"),
        "notes": MetadataValue.md(_listed({one.tenant: one.notes for one in landings}) or "none"),
        "quota": MetadataValue.md(_quota(landings) or "not told by this vendor"),
        "preview": MetadataValue.md(_preview(source, span, snapshot)),
    }


def _tenants(landings: Sequence[Landing]) -> str:
    if not landings:
        return ""
    rows = [
        (
            landing.tenant,
            "failed" if landing.error else f"{landing.rows:,}",
            str(len(landing.rows_by_day)),
            str(landing.api_calls),
            str(len(landing.revised)),
            str(landing.error or ""),
        )
        for landing in landings
    ]
    return markdown_table(("Tenant", "Rows", "Days", "API calls", "Revised days", "Why not"), rows)


def _listed(said: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(f"- **{tenant}**: {line}" for tenant, lines in said.items() for line in lines)


def _quota(landings: Sequence[Landing]) -> str:
    said = {one.tenant: [f"{name}: {words}" for name, words in one.quota.items()] for one in landings}
    return _listed(said)


def _preview(source: MetricSource, span: Span, snapshot: duckdb.DuckDBPyConnection) -> str:
    order = f"date DESC, tenant, {source.measures[0]} DESC"
    query = f"SELECT * FROM {source.table} WHERE date <= ? ORDER BY {order} LIMIT {PREVIEW_ROWS}"
    return preview(snapshot, query, [span.last])
