"""What a materialised metric table says of itself in the UI."""

from collections.abc import Mapping, Sequence
from datetime import date

from dagster import MetadataValue

from assets.metrics.landing import Landing, Span
from assets.metrics.sources import MetricSource
from assets.tables import markdown_table, preview
from marketeer_dagster.warehouse import Warehouse

PREVIEW_ROWS = 12


def landing_metadata(
    source: MetricSource, span: Span, landings: Sequence[Landing], warehouse: Warehouse
) -> dict[str, object]:
    """Rows, range, calls, quota, revisions and notes by tenant, and a preview of the newest day."""
    landed = [landing for landing in landings if landing.error is None]
    return {
        "days": f"{span.first} to {span.last}",
        "rows_landed": sum(landing.rows for landing in landed),
        "tenants_landed": len(landed),
        "tenants_failed": len(landings) - len(landed),
        "api_calls": sum(landing.api_calls for landing in landings),
        "tenants": MetadataValue.md(_tenants(landings) or f"No tenant is connected to {source.tool}."),
        "late_revisions": MetadataValue.md(_listed({one.tenant: one.revised for one in landed}) or "none"),
        "notes": MetadataValue.md(_listed({one.tenant: one.notes for one in landings}) or "none"),
        "quota": MetadataValue.md(_quota(landings) or "not told by this vendor"),
        "simulated": any(landing.simulated for landing in landings),
        "preview": MetadataValue.md(_preview(source, span, warehouse)),
    }


def rows_by_day(landings: Sequence[Landing]) -> dict[date, int]:
    """Rows of all tenants by day."""
    total: dict[date, int] = {}
    for landing in landings:
        for day, rows in landing.rows_by_day.items():
            total[day] = total.get(day, 0) + rows
    return total


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


def _preview(source: MetricSource, span: Span, warehouse: Warehouse) -> str:
    order = f"date DESC, tenant, {source.measures[0]} DESC"
    query = f"SELECT * FROM {source.table} WHERE date <= ? ORDER BY {order} LIMIT {PREVIEW_ROWS}"
    return preview(warehouse, query, [span.last])
