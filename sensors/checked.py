"""What the newest results of the metric tables' checks say about a tenant's figures. Unchecked figures prove nothing.

Figures are believed only on a finished result that passed, covers the tenant and is not older than the rows. Results of
several runs and tenants lie between each other: a run that read one tenant says nothing about another, and one that
died left planned results that never come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dagster import AssetCheckEvaluation, AssetCheckKey, AssetKey, DagsterInstance
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from assets.labels import TENANT_TAG
from assets.metrics import LANDED, SOURCES
from assets.unchecked import NOT_LOOKED_AT
from marketeer_dagster.campaigns.watch import HISTORY_DAYS
from marketeer_dagster.campaigns.watch_emails import PAST_DAYS
from marketeer_dagster.model.ids import TenantId

IMPOSSIBLE = "no_impossible_values"
BELIEVED_BY = (LANDED, "rows_present", IMPOSSIBLE, "fresh")
"""Checks that must pass. `tracking_continuity` is not one: a gap weeks ago says nothing against today."""
IMPOSSIBLE_OR_STALE = (IMPOSSIBLE, "fresh")
"""Those that do not mend themselves with the next read: a person has to look."""
LONGEST_LOOK = timedelta(days=max(HISTORY_DAYS, PAST_DAYS))
"""How far back any loop reads: an impossible row from before holds nothing."""
_WHOSE = ("tenants", "failed_tenants")
"""Metadata in which a check names the tenants it is about."""
COVERS = "read_tenants"
"""Metadata in which a check names the tenants it has looked at; without it, all."""
NEWEST_DAYS = "newest_days"
"""Metadata in which a check of rows says, for each tenant it found, the newest day found."""
_PAGE, _PAGES = 50, 4
"""Results looked through, newest first; a tenant whom none of them covers has not been read for long."""


@dataclass(frozen=True)
class _Known:
    """What is known of one check: its finished results, newest first, and what is still to come."""

    finished: tuple[AssetCheckExecutionRecord, ...]
    read_now: bool
    """Whether a run under way has not checked yet what it reads."""
    cut: str | None
    """Whose figures the newest result was to be about, where its run ended without giving it: a tenant, or all ("")."""


class Checks:
    """What Dagster knew of metric tables at one moment: the newest finished results, and how far was read.

    Everything is read when it is made, and it has to be made before the snapshot of the figures is opened. Rows are
    visible before their run says so; the other way round, a run that ends in between would have read days that are
    missing in the figures looked at.
    """

    def __init__(self, instance: DagsterInstance, *tables: str) -> None:
        self._instance = instance
        self._read_up_to = {table: self._newest_partition(table) for table in tables}
        self._read_at = {table: instance.get_latest_materialization_event(AssetKey(table)) for table in tables}
        self._known = {key: self._look(key) for table in tables for key in _keys(table, BELIEVED_BY)}

    def read_up_to(self, table: str) -> date | None:
        """The newest day that was read, whether or not it had rows; None before the first."""
        return self._read_up_to[table]

    def against(self, tenant: TenantId, *tables: str, checks: tuple[str, ...] = BELIEVED_BY) -> str | None:
        """Why the tenant's figures in these tables cannot be believed; None when every check has passed for them."""
        said = (self._doubt(key, tenant) for table in tables for key in _keys(table, checks))
        return next((why for why in said if why is not None), None)

    def failed(self, tenant: TenantId, *tables: str, checks: tuple[str, ...] = BELIEVED_BY) -> str | None:
        """What a finished check has found against the tenant's figures; None also while nothing has been checked."""
        said = (self._failure(key, tenant) for table in tables for key in _keys(table, checks))
        return next((why for why in said if why is not None), None)

    def pending(self, table: str) -> str | None:
        """Says so while a run under way has not checked yet what it reads."""
        read_now = any(self._known[key].read_now for key in _keys(table, BELIEVED_BY))
        return f"{table} is being read and checked" if read_now else None

    def _doubt(self, key: AssetCheckKey, tenant: TenantId) -> str | None:
        known, table = self._known[key], key.asset_key.to_user_string()
        if known.read_now:
            return f"{table} is being read and checked"
        if (failed := self._failure(key, tenant)) is not None:
            return failed
        newest = _covering(known, tenant)
        if newest is None:
            return f"the check {key.name} of {table} has no finished result for {tenant}"
        if known.cut in ("", tenant) or self._older_than_rows(key, newest):
            return f"rows of {table} were read that the check {key.name} has not looked at"
        return None

    def _failure(self, key: AssetCheckKey, tenant: TenantId) -> str | None:
        newest = _covering(self._known[key], tenant)
        found = newest.evaluation if newest else None
        if found is None or found.passed or not _concerns(found, tenant):
            return None
        table = key.asset_key.to_user_string()
        if key.name == IMPOSSIBLE and self._is_history(table, found, tenant):
            return None
        return f"the newest check {key.name} of {table} failed ({found.description or 'no reason given'})"

    def _is_history(self, table: str, found: AssetCheckEvaluation, tenant: TenantId) -> bool:
        """Whether everything found of this tenant lies before whatever a loop would read."""
        days, read_up_to = found.metadata.get(NEWEST_DAYS), self._read_up_to[table]
        newest = days.value.get(tenant) if days is not None and isinstance(days.value, dict) else None
        return bool(newest and read_up_to and date.fromisoformat(str(newest)) <= read_up_to - LONGEST_LOOK)

    def _older_than_rows(self, key: AssetCheckKey, newest: AssetCheckExecutionRecord) -> bool:
        """Whether rows were read after this result. `tenants_landed` is told with them, so it never is."""
        read = self._read_at[key.asset_key.to_user_string()]
        if key.name == LANDED or read is None or newest.event is None:
            return False
        same_run = bool(read.run_id) and read.run_id == newest.run_id
        return not same_run and newest.event.timestamp < read.timestamp

    def _newest_partition(self, table: str) -> date | None:
        read = self._instance.get_materialized_partitions(AssetKey(table))
        return max(map(date.fromisoformat, read), default=None)

    def _look(self, key: AssetCheckKey) -> _Known:
        """The check's results. Of several runs at once the one that was planned last need not be the last to end."""
        finished: list[AssetCheckExecutionRecord] = []
        read_now, first = False, True
        cut: str | None = None
        for records in self._pages(key):
            for record in records:
                if record.status in (Status.SUCCEEDED, Status.FAILED) and _has_looked(record.evaluation):
                    finished.append(record)
                else:
                    run = self._instance.get_run_by_id(record.run_id)
                    read_now = read_now or (run is not None and not run.is_finished)
                    if first:
                        cut = run.tags.get(TENANT_TAG, "") if run is not None else ""
                first = False
            if any(record.evaluation and COVERS not in record.evaluation.metadata for record in finished):
                break  # one that covers everybody: nothing older matters
        finished.sort(key=lambda record: record.event.timestamp if record.event else 0.0, reverse=True)
        return _Known(tuple(finished), read_now, cut)

    def _pages(self, key: AssetCheckKey) -> Iterator[Sequence[AssetCheckExecutionRecord]]:
        storage, cursor = self._instance.event_log_storage, None
        for _ in range(_PAGES):
            records = storage.get_asset_check_execution_history(key, limit=_PAGE, cursor=cursor)
            if not records:
                return
            yield records
            cursor = records[-1].id


def _keys(table: str, checks: tuple[str, ...]) -> list[AssetCheckKey]:
    """Those of `checks` that the table has: one that does not report every day is neither fresh nor stale."""
    every_day = next(source.every_day for source in SOURCES if source.table == table)
    own = checks if every_day else [name for name in checks if name in (LANDED, IMPOSSIBLE)]
    return [AssetCheckKey(AssetKey(table), name) for name in own]


def _has_looked(found: AssetCheckEvaluation | None) -> bool:
    """Whether a result is one: a check whose run ended before it could look has found nothing."""
    return found is None or NOT_LOOKED_AT not in found.metadata


def _covering(known: _Known, tenant: TenantId) -> AssetCheckExecutionRecord | None:
    """The newest result that says something about this tenant."""
    return next((record for record in known.finished if _covers(record.evaluation, tenant)), None)


def _covers(found: AssetCheckEvaluation | None, tenant: TenantId) -> bool:
    if found is None:
        return False
    named = found.metadata.get(COVERS)
    return named is None or tenant in str(named.value).split(", ")


def _concerns(found: AssetCheckEvaluation, tenant: TenantId) -> bool:
    """Whether a failed check is about this tenant; one that does not say whose is about everyone."""
    named = [str(found.metadata[key].value) for key in _WHOSE if key in found.metadata]
    return not named or tenant in ", ".join(named).split(", ")
