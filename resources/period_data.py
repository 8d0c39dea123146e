"""What the Director looks back on: a period's figures from the snapshot, and what is under way from the store.

Figures are means per day, beside the usual level: the same weekdays of the four weeks before for a day, the four weeks
before for a month. Equal data gives equal bytes, so that a retried request is not paid twice.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import duckdb

from marketeer_dagster.campaigns.calendar import named_holidays
from marketeer_dagster.model.direction import Period
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.material import Material
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import Warehouse

MONTH_DAYS = 28
MOST_ROWS = 12
_ENDED = ("published", "failed")


def period_material(store: Store, warehouse: Warehouse, tenant: TenantId, period: Period, last: date) -> Material:
    """The material on the period that ended with `last`; says so in a sentence where nothing was measured."""
    first = last if period is Period.DAY else last - timedelta(days=MONTH_DAYS - 1)
    now = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    back = [7, 14, 21, 28] if period is Period.DAY else [MONTH_DAYS]
    usual = [day - timedelta(days=n) for day in now for n in back]
    asked: dict[str, object] = {"tenant": tenant, "now": now, "usual": usual}
    with warehouse.reading() as connection:
        tables = [
            _table((title, *_HEAD), _traffic(connection, column, table, asked))
            for title, column, table in (
                ("Site", "'whole site'", "page_performance"),
                ("Page", "page", "page_performance"),
                ("Channel", "channel", "channel_performance"),
            )
        ]
        tables.append(_table(_MRR_HEAD, _mrr(connection, asked)))
    said = "\n\n".join(table for table in tables if table) or f"No figures of {first} to {last} have been read."
    span = f"{last}" if first == last else f"{first} to {last}"
    level = "the same weekday of the four weeks before" if first == last else "the four weeks before"
    head = f"Means per day of {span}, beside {level} (usual). Web figures of the newest two days are provisional."
    free = named_holidays(store.tenants.get(tenant), min(usual), last)
    if free:
        head += f" Holidays among these days: {', '.join(f'{day} ({name})' for day, name in free.items())}."
    return Material(
        period=period, first=first, last=last, metrics=f"{head}\n\n{said}", under_way=_under_way(store, tenant, last)
    )


_HEAD = ("Sessions", "Sessions usual", "Change", "Sign-ups", "Sign-ups usual", "Conversion rate", "Rate usual")
_MRR_HEAD = ("Plan", "MRR", "MRR usual", "Trials started", "Trials usual", "Customers lost")


def _traffic(
    connection: duckdb.DuckDBPyConnection, column: str, table: str, asked: dict[str, object]
) -> list[Sequence[str]]:
    rows = connection.execute(_TRAFFIC.format(subject=column, table=table), asked).fetchall()
    return [
        (
            str(subject),
            f"{sessions:,.0f}",
            f"{usual:,.0f}",
            f"{sessions / usual - 1:+.0%}" if usual else "new",
            f"{done:,.1f}",
            f"{done_usual:,.1f}",
            f"{done / sessions:.2%}" if sessions else "n/a",
            f"{done_usual / usual:.2%}" if usual else "n/a",
        )
        for subject, sessions, usual, done, done_usual in rows
    ]


def _mrr(connection: duckdb.DuckDBPyConnection, asked: dict[str, object]) -> list[Sequence[str]]:
    rows = connection.execute(_MRR, asked).fetchall()
    return [
        (
            str(plan),
            f"{mrr:,.0f}",
            f"{usual:,.0f}",
            "unknown" if trials is None else f"{trials:,.1f}",
            "unknown" if trials_usual is None else f"{trials_usual:,.1f}",
            "unknown" if lost is None else f"{lost:,.0f}",
        )
        for plan, mrr, usual, trials, trials_usual, lost in rows
    ]


def _under_way(store: Store, tenant: TenantId, last: date) -> str:
    """Open signals, experiments, campaigns and the month's Claude spend."""
    signals = [
        (s.name, s.subject, f"{s.evidence.relative_change:+.0%}", str(s.evidence.since), s.campaign or "nobody yet")
        for s in store.signals.list(tenant=tenant, unmeasured=True)
    ]
    experiments = [
        (e.id, e.subject, e.hypothesis, str(e.started_on))
        for e in store.experiments.list(tenant=tenant, state=ExperimentState.RUNNING)
    ]
    campaigns = [
        (c.key, c.title, c.status.value, c.plan.kpi.metric.value if c.plan else "not planned")
        for c in store.campaigns.list(tenant=tenant)
        if c.status.value not in _ENDED
    ]
    # Whole dollars: the review's own call must not change what a retry of it is asked.
    spent, budget = store.llm.committed(tenant, f"{last:%Y-%m}"), store.tenants.get(tenant).llm_budget_usd
    parts = (
        _table(("Open signal", "Subject", "Change", "Since", "Answered by"), signals),
        _table(("Running experiment", "Page", "Hypothesis", "Since"), experiments),
        _table(("Campaign", "Title", "Status", "KPI"), campaigns),
        f"Claude spend of {last:%Y-%m}: {spent:,.0f} of {budget:,.0f} USD.",
    )
    return "\n\n".join(part for part in parts if part)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(names), ["---"] * len(names), *cells]) if cells else ""


_TRAFFIC = f"""
SELECT * FROM (SELECT {{subject}} AS subject,
    coalesce(sum(sessions) FILTER (list_contains($now, date)), 0) / len($now) AS here,
    coalesce(sum(sessions) FILTER (list_contains($usual, date)), 0) / len($usual) AS level,
    coalesce(sum(conversions) FILTER (list_contains($now, date)), 0) / len($now),
    coalesce(sum(conversions) FILTER (list_contains($usual, date)), 0) / len($usual)
FROM {{table}} WHERE tenant = $tenant AND (list_contains($now, date) OR list_contains($usual, date))
GROUP BY ALL) ORDER BY greatest(here, level) DESC, subject LIMIT {MOST_ROWS}
"""
_MRR = """
SELECT plan,
    coalesce(sum(mrr) FILTER (list_contains($now, date)), 0) / len($now),
    coalesce(sum(mrr) FILTER (list_contains($usual, date)), 0) / len($usual),
    CASE WHEN bool_or(trials_started IS NULL) FILTER (list_contains($now, date)) IS NOT TRUE
        THEN coalesce(sum(trials_started) FILTER (list_contains($now, date)), 0) / len($now) END,
    CASE WHEN bool_or(trials_started IS NULL) FILTER (list_contains($usual, date)) IS NOT TRUE
        THEN coalesce(sum(trials_started) FILTER (list_contains($usual, date)), 0) / len($usual) END,
    CASE WHEN bool_or(churned IS NULL) FILTER (list_contains($now, date)) IS NOT TRUE
        THEN coalesce(sum(churned) FILTER (list_contains($now, date)), 0) END
FROM stripe_daily WHERE tenant = $tenant AND (list_contains($now, date) OR list_contains($usual, date))
GROUP BY plan ORDER BY plan
"""
