"""Checks of the metric tables: they read the snapshot, name the tenants concerned, and never call a vendor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
    multi_asset_check,
)

from assets.metrics.factory import connected
from assets.metrics.landing import newest_day
from assets.metrics.sources import MetricSource
from assets.names import NEXT_STEP
from assets.tables import markdown_table
from marketeer_dagster.campaigns.calendar import holidays_of
from marketeer_dagster.campaigns.watch import HISTORY_DAYS
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse.schema import TABLES

WINDOW_DAYS = 28
"""How far back gaps and silence are looked for."""
READ_DAYS = HISTORY_DAYS
"""How far back a row can make a loop conclude something: an older one stands against nobody."""
SILENT_SHARE = 0.1
"""A settled day below this share of the window's median counts as silent: tags fail all at once, demand does not."""
_SHOWN = 20


@dataclass(frozen=True)
class _Asked:
    """What a check may look at."""

    source: MetricSource
    connections: Sequence[Connection]
    clock: Clock
    tenants: Mapping[str, Tenant]
    snapshot: duckdb.DuckDBPyConnection

    def settled(self, connection: Connection) -> date:
        """The newest day that the vendor should have reported by now."""
        return newest_day(connection, self.clock) - timedelta(days=self.source.lag_days)


@dataclass(frozen=True)
class _Finding:
    """One thing wrong: whose it is, which day (where it is about one), what."""

    tenant: str
    day: date | None
    problem: str


@dataclass(frozen=True)
class _Check:
    name: str
    description: str
    find: Callable[[_Asked], list[_Finding]]
    severity: AssetCheckSeverity
    next_step: str
    """What a person does about a finding; {tool}, {tenant}, {table}, {first} and {day} are filled in."""


def build_metric_checks(source: MetricSource) -> AssetChecksDefinition:
    """The checks of one table, in one step. Needs resources `store`, `warehouse` and `clock`."""
    checks = [check for check in _CHECKS if _makes_sense(check, source)]
    key = AssetKey(source.table)

    @multi_asset_check(
        name=f"{source.table}_checks",
        specs=[AssetCheckSpec(check.name, asset=key, description=check.description) for check in checks],
        required_resource_keys={"store", "warehouse", "clock"},
    )
    def metric_checks(context: AssetCheckExecutionContext) -> Iterator[AssetCheckResult]:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        with context.resources.warehouse.warehouse().reading() as snapshot:
            tenants = {str(tenant.id): tenant for tenant in store.tenants.list()}
            asked = _Asked(source, connected(store, source.tool), clock, tenants, snapshot)
            for check in checks:
                yield _result(source, check, check.find(asked), len(asked.connections))

    return metric_checks


def _makes_sense(check: _Check, source: MetricSource) -> bool:
    """Silence is odd only where every day has rows, and only some figures may be unknown."""
    if check.name == "figures_known":
        return bool(_may_be_unknown(source))
    return source.every_day or check.name == "no_impossible_values"


def _may_be_unknown(source: MetricSource) -> list[str]:
    columns = TABLES[source.table].columns
    return [column.name for column in columns if column.nullable and column.name in source.measures]


def _result(source: MetricSource, check: _Check, found: Sequence[_Finding], connections: int) -> AssetCheckResult:
    rows = [(finding.tenant, finding.day or "", finding.problem) for finding in found[:_SHOWN]]
    tenants = ", ".join(sorted({finding.tenant for finding in found}))
    steps = {NEXT_STEP: MetadataValue.text("\n".join(_steps(source, check, found)))} if found else {}
    return AssetCheckResult(
        asset_key=AssetKey(source.table),
        check_name=check.name,
        passed=not found,
        severity=check.severity,
        description=f"{len(found)} found, of {tenants}" if found else "nothing found",
        metadata={
            "found": len(found),
            "tenants": tenants or "none",
            "newest_days": MetadataValue.json(_newest_days(found)),
            "details": MetadataValue.md(markdown_table(("Tenant", "Day", "Problem"), rows) if rows else "nothing"),
            "looked_at": f"table {source.table} in the warehouse's snapshot, for {connections} tenants connected to "
            f"{source.tool}",
            **steps,
        },
    )


def _steps(source: MetricSource, check: _Check, found: Sequence[_Finding]) -> list[str]:
    """One line for each tenant found, with the days that its findings are about."""
    lines: list[str] = []
    for tenant in sorted({finding.tenant for finding in found}):
        dated = sorted(f.day for f in found if f.tenant == tenant and f.day is not None)
        first, day = (dated[0], dated[-1]) if dated else ("YYYY-MM-DD", "YYYY-MM-DD")
        step = check.next_step.format(tool=source.tool, tenant=tenant, table=source.table, first=first, day=day)
        lines.append(f"{tenant}: {step}")
    return lines


def _newest_days(found: Sequence[_Finding]) -> dict[str, str]:
    """The newest day found of each tenant: what is far enough back holds nothing, see sensors/checked.py."""
    dated = sorted((f for f in found if f.day is not None), key=lambda f: str(f.day))
    return {finding.tenant: str(finding.day) for finding in dated}


def _absent(asked: _Asked) -> list[_Finding]:
    with_rows = {
        row[0] for row in asked.snapshot.execute(f"SELECT DISTINCT tenant FROM {asked.source.table}").fetchall()
    }
    return [
        _Finding(str(connection.tenant), None, f"connected to {asked.source.tool}, but no row has ever landed")
        for connection in asked.connections
        if connection.tenant not in with_rows
    ]


def _impossible(asked: _Asked) -> list[_Finding]:
    table = TABLES[asked.source.table]
    shown = [column.name for column in table.columns if column.name not in ("tenant", "date", "simulated")]
    found: list[_Finding] = []
    for condition, problem in asked.source.impossible:
        rows = asked.snapshot.execute(
            _IMPOSSIBLE.format(table=table.name, condition=condition, row=", ".join(f'"{name}"' for name in shown)),
            {"days": READ_DAYS},
        ).fetchall()
        for tenant, day, count, row in rows:
            values = ", ".join(f"{name} {value}" for name, value in zip(shown, row.values(), strict=True))
            found.append(_Finding(tenant, day, f"{problem} ({count} rows, such as {values})"))
    return found


def _unknown(asked: _Asked) -> list[_Finding]:
    found: list[_Finding] = []
    for name in _may_be_unknown(asked.source):
        query = _UNKNOWN.format(table=asked.source.table, column=name)
        rows = asked.snapshot.execute(query, {"days": WINDOW_DAYS}).fetchall()
        found += [
            _Finding(tenant, day, f"{name} is unknown on {count} days up to this one") for tenant, day, count in rows
        ]
    return found


def _stale(asked: _Asked) -> list[_Finding]:
    query = f"SELECT tenant, max(date) FROM {asked.source.table} GROUP BY tenant"
    newest: dict[str, date] = dict(asked.snapshot.execute(query).fetchall())
    return [
        _Finding(str(connection.tenant), day, f"newest day is {day}, expected {asked.settled(connection)} or later")
        for connection in asked.connections
        if (day := newest.get(connection.tenant)) is not None and day < asked.settled(connection)
    ]


def _interrupted(asked: _Asked) -> list[_Finding]:
    return [finding for connection in asked.connections for finding in _gaps_and_silence(asked, connection)]


def _gaps_and_silence(asked: _Asked, connection: Connection) -> Iterator[_Finding]:
    tenant, last = str(connection.tenant), asked.settled(connection)
    rows = asked.snapshot.execute(_CONTINUITY.format(table=asked.source.table, measure=asked.source.measures[0]), {
        "tenant": tenant, "last": last, "days": WINDOW_DAYS, "share": SILENT_SHARE,
    }).fetchall()  # fmt: skip
    off = holidays_of(asked.tenants[tenant], last)
    for day, total, median in rows:
        if day in off:
            continue
        said = "no rows, though there are earlier and later ones" if total is None else (
            f"{asked.source.measures[0]} {total:,.0f}, median of {WINDOW_DAYS} days {median:,.0f}"
        )  # fmt: skip
        yield _Finding(tenant, day, said)


# Days count back from the tenant's newest, not from today: what loops read of an old copy is as old as that.
_IMPOSSIBLE = """
WITH newest AS (SELECT tenant, max(date) AS newest FROM {table} GROUP BY tenant)
SELECT tenant, date, count(*), any_value(struct_pack({row})) FROM {table} JOIN newest USING (tenant)
WHERE date > newest - $days::INTEGER AND ({condition}) GROUP BY tenant, date ORDER BY date DESC, tenant
"""
_UNKNOWN = """
WITH newest AS (SELECT tenant, max(date) AS newest FROM {table} GROUP BY tenant)
SELECT tenant, max(date), count(DISTINCT date) FROM {table} JOIN newest USING (tenant)
WHERE date > newest - $days::INTEGER AND {column} IS NULL GROUP BY tenant ORDER BY tenant
"""

# Days between the tenant's first and newest that have no rows, or nearly nothing compared with the window's median.
_CONTINUITY = """
WITH daily AS (
    SELECT date, sum({measure}) AS total FROM {table}
    WHERE tenant = $tenant AND date > $last - $days::INTEGER AND date <= $last GROUP BY date
),
span AS (
    SELECT unnest(generate_series(min(date)::TIMESTAMP, max(date)::TIMESTAMP, INTERVAL 1 DAY))::DATE AS date FROM daily
),
middle AS (SELECT median(total) AS median FROM daily)
SELECT span.date, total, median FROM span LEFT JOIN daily USING (date) CROSS JOIN middle
WHERE total IS NULL OR total < $share * median ORDER BY span.date DESC
"""

_CHECKS = (
    _Check(
        "rows_present",
        "Every tenant that is connected to this tool has rows.",
        _absent,
        AssetCheckSeverity.WARN,
        "see whether {tool} answers: `marketeer tools --check --tenant {tenant}`, then read: "
        "`marketeer ingest --tenant {tenant}`",
    ),
    _Check(
        "no_impossible_values",
        f"No row of the {READ_DAYS} days that loops read contradicts itself: counts below zero, more clicks than "
        "impressions, and the like. Rare but possible rows pass.",
        _impossible,
        AssetCheckSeverity.ERROR,
        "look at that day in {tool}'s own report; once it is right there, read it again: "
        "`marketeer ingest --from {first} --to {day} --tenant {tenant}`",
    ),
    _Check(
        "figures_known",
        f"The vendor gave every figure of the last {WINDOW_DAYS} days: none is restricted or not set up.",
        _unknown,
        AssetCheckSeverity.WARN,
        "see which right or setting is missing: `marketeer tools --check --tenant {tenant}`, "
        "then `marketeer ingest --tenant {tenant}`",
    ),
    _Check(
        "fresh",
        "Each tenant's newest day is as new as the vendor usually reports, by the business clock.",
        _stale,
        AssetCheckSeverity.WARN,
        "read what is missing: `marketeer ingest --from {day} --tenant {tenant}`; where that fails: `marketeer tools "
        "--check --tenant {tenant}`",
    ),
    _Check(
        "tracking_continuity",
        f"No day of the last {WINDOW_DAYS} is missing or silent between days that are there; holidays may be.",
        _interrupted,
        AssetCheckSeverity.WARN,
        "see that the tags of the site still fire, then read again: "
        "`marketeer ingest --from {first} --to {day} --tenant {tenant}`; "
        "a day off: `marketeer tenant holiday add {tenant}`",
    ),
)
