"""Loop: a complete day that the warehouse does not hold yet is read, with the days before it that vendors revise.

What is missing is asked per connection: a tenant's tool that was never read, or fell behind, is read as far back as it
needs, by a run of that tenant's own, while one run serves everybody who is up to date. A paused tenant is read like any
other: reading starts nothing, and what vendors forget cannot be made up for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    sensor,
)
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.jobs import Job
from assets.metrics import SOURCES, ingest_tags, range_tags, scope_config
from assets.partitions import metrics_start
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.store import Store
from sensors.telling import counted, listed, tell

RE_READ_DAYS = 3
"""Newest days that are read again with each new one."""
FIRST_DAYS = 90
"""How far back the first read reaches."""
BEHIND_DAYS = 7
"""A connection whose newest day is older than this is made up for by itself: the others need not be read again."""


class Asked(Value):
    """The sensor's cursor."""

    day: date | None = None
    """The newest day that was asked for."""
    connections: tuple[str, ...] = ()
    """Connections whose first read was asked for: a tool without any email yet never has a row to tell it by."""

    @classmethod
    def parse(cls, cursor: str | None) -> "Asked":
        """The cursor as written; up to version 0.1 it was the day alone."""
        if not cursor:
            return cls()
        return cls.model_validate_json(cursor) if cursor.startswith("{") else cls(day=date.fromisoformat(cursor))


@dataclass(frozen=True)
class _Need:
    """One connection and the first day that it must be read from."""

    tenant: str
    tool: str
    first: date
    current: bool
    """Whether it is up to date but for the newest days."""

    @property
    def key(self) -> str:
        return f"{self.tenant}/{self.tool}"


def build_metrics_due(job: Job, interval_s: int) -> SensorDefinition:
    """The sensor `metrics_due`."""

    @sensor(
        name="metrics_due",
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=DefaultSensorStatus.RUNNING,
        required_resource_keys={"store", "warehouse", "clock"},
        description="Reads each complete day once it is over, in one run for all tenants and tables where it can.",
    )
    def metrics_due(context: SensorEvaluationContext) -> SensorResult:
        store: Store = context.resources.store.store()
        clock: Clock = context.resources.clock.clock()
        last = today(clock) - timedelta(days=1)
        if last < metrics_start():
            return SensorResult(skip_reason=f"Metrics begin on {metrics_start()}.")
        asked = Asked.parse(context.cursor)
        with context.resources.warehouse.warehouse().reading() as connection:
            needs = _needs(connection, store, asked, last)
        if not needs:
            return SensorResult(skip_reason="Looked at no connection: no tool with figures is connected yet.")
        said = [f"Looked at {counted(len(needs), 'connection')} for figures up to {last}"]
        if behind := [f"{need.key} from {need.first}" for need in needs if not need.current]:
            said.append(f"Never read, or behind: {listed(behind)}")
        new_day = asked.day is None or asked.day < last
        # Within a day only what was just connected is asked for: a read that found nothing waits for the next.
        due = needs if new_day else [n for n in needs if not n.current and n.key not in asked.connections]
        if not due:
            said.append(f"{last} was asked for already: {listed(need.key for need in needs)}")
            return SensorResult(skip_reason=tell(context, said))
        if _is_reading(context.instance):
            said.append("A read is under way; what it leaves out is asked for after it")
            return SensorResult(skip_reason=tell(context, said))
        requests = _requests(due, last)
        tell(context, [*said, f"Asked for {counted(len(requests), 'read')}"], requests)
        known = {*asked.connections, *(need.key for need in needs)}
        cursor = Asked(day=last, connections=tuple(sorted(known))).model_dump_json()
        return SensorResult(run_requests=requests, cursor=cursor)

    return metrics_due


def _requests(needs: list[_Need], last: date) -> list[RunRequest]:
    """One run for everybody who is up to date, one for each tenant of the rest; nobody up to date: one for all."""
    current = [need for need in needs if need.current]
    behind = [need for need in needs if not need.current]
    tenants = list(dict.fromkeys(need.tenant for need in behind))
    if not current and len(tenants) > 1:
        return [_for_all(behind, last)]
    requests = [_for_tenant(tenant, [need for need in behind if need.tenant == tenant], last) for tenant in tenants]
    return [*requests, _for_all(current, last)] if current else requests


def _for_all(needs: list[_Need], last: date) -> RunRequest:
    return RunRequest(run_key=f"metrics:{last}", tags=range_tags(min(need.first for need in needs), last))


def _for_tenant(tenant: str, needs: list[_Need], last: date) -> RunRequest:
    tools = ",".join(sorted(need.tool for need in needs))
    tags = ingest_tags(min(need.first for need in needs), last, tenant)
    return RunRequest(run_key=f"metrics:{tenant}:{tools}:{last}", tags=tags, run_config=scope_config([tenant]))


def _needs(connection: duckdb.DuckDBPyConnection, store: Store, asked: Asked, last: date) -> list[_Need]:
    newest = {table: _newest_days(connection, table) for table in {source.table for source in SOURCES}}
    return [
        _need(connected.tenant, connected.tool, newest, asked, last)
        for connected in store.connections.list()
        if any(source.tool == connected.tool for source in SOURCES)
    ]


def _need(tenant: str, tool: str, newest: dict[str, dict[str, date]], asked: Asked, last: date) -> _Need:
    beginning = last - timedelta(days=FIRST_DAYS - 1)
    tables = [source for source in SOURCES if source.tool == tool]
    # Only tables with rows for every day tell how far a tool was read: days without an email are ordinary.
    daily = [newest[source.table].get(tenant) for source in tables if source.every_day]
    if not daily:
        known = f"{tenant}/{tool}" in asked.connections or any(tenant in newest[source.table] for source in tables)
        read = (asked.day or last) if known else None
    else:
        read = _oldest(daily)
    if read is None:
        return _Need(tenant, tool, beginning, current=False)
    first = max(min(read, last) - timedelta(days=RE_READ_DAYS), beginning)
    return _Need(tenant, tool, first, current=read >= last - timedelta(days=BEHIND_DAYS))


def _oldest(days: Iterable[date | None]) -> date | None:
    """The day up to which every table was read; None when one never was."""
    known = list(days)
    return None if None in known else min(day for day in known if day is not None)


def _is_reading(instance: DagsterInstance) -> bool:
    filters = RunsFilter(job_name="ingest", statuses=list(NOT_FINISHED_STATUSES))
    return bool(instance.get_run_records(filters, limit=1))


def _newest_days(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, date]:
    """Each tenant's newest day in a table; a tenant that was never read is missing."""
    return dict(connection.execute(f"select tenant, max(date) from {table} group by tenant").fetchall())
