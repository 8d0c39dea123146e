"""What the newest results of the metric tables' checks say against a tenant: such figures prove nothing."""

from datetime import date

from dagster import AssetCheckEvaluation, AssetCheckKey, AssetKey, DagsterInstance
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from assets.metrics import LANDED
from marketeer_dagster.model.ids import TenantId

BELIEVED_BY = (LANDED, "rows_present", "no_impossible_values", "fresh")
"""Checks that must pass. `tracking_continuity` is not one: a gap weeks ago says nothing against today."""
IMPOSSIBLE_OR_STALE = ("no_impossible_values", "fresh")
"""Those that do not mend themselves with the next read: a person has to look."""
_WHOSE = ("tenants", "failed_tenants")
"""Metadata in which a check names the tenants it is about."""
_LOOK_BACK = 5
"""Results looked through for the newest finished one; a planned one whose run died never comes."""


class Checks:
    """What Dagster knew of metric tables at one moment: the newest finished results, and how far was read.

    Everything is read when it is made, and it has to be made before the snapshot of the figures is opened. Rows are
    visible before their run says so; the other way round, a run that ends in between would have read days that are
    missing in the figures looked at.
    """

    def __init__(self, instance: DagsterInstance, *tables: str) -> None:
        self._instance = instance
        self._read_up_to = {table: self._newest_partition(table) for table in tables}
        keys = [AssetCheckKey(AssetKey(table), name) for table in tables for name in BELIEVED_BY]
        self._known = {key: self._newest(key) for key in keys}

    def read_up_to(self, table: str) -> date | None:
        """The newest day that was read, whether or not it had rows; None before the first."""
        return self._read_up_to[table]

    def against(self, tenant: TenantId, *tables: str, checks: tuple[str, ...] = BELIEVED_BY) -> str | None:
        """Why the tenant's figures in these tables cannot be believed; None when nothing is known against them."""
        for table in tables:
            for name in checks:
                said = self._against(AssetCheckKey(AssetKey(table), name), tenant)
                if said is not None:
                    return said
        return None

    def pending(self, table: str) -> str | None:
        """Says so while a run under way has not checked yet what it reads."""
        found = (self._known[AssetCheckKey(AssetKey(table), name)] for name in BELIEVED_BY)
        return next((said for said in found if isinstance(said, str)), None)

    def _against(self, key: AssetCheckKey, tenant: TenantId) -> str | None:
        found = self._known[key]
        if found is None or isinstance(found, str):
            return found
        if found.passed or not _concerns(found, tenant):
            return None
        table = key.asset_key.to_user_string()
        return f"the newest check {key.name} of {table} failed ({found.description or 'no reason given'})"

    def _newest_partition(self, table: str) -> date | None:
        read = self._instance.get_materialized_partitions(AssetKey(table))
        return max(map(date.fromisoformat, read), default=None)

    def _newest(self, key: AssetCheckKey) -> AssetCheckEvaluation | str | None:
        records = self._instance.event_log_storage.get_asset_check_execution_history(key, limit=_LOOK_BACK)
        for record in records:
            if record.status in (Status.SUCCEEDED, Status.FAILED):
                return record.evaluation
            run = self._instance.get_run_by_id(record.run_id)
            if run is not None and not run.is_finished:
                return f"{key.asset_key.to_user_string()} is being read and checked"
        return None


def _concerns(found: AssetCheckEvaluation, tenant: TenantId) -> bool:
    """Whether a failed check is about this tenant; one that does not say whose is about everyone."""
    named = [str(found.metadata[key].value) for key in _WHOSE if key in found.metadata]
    return not named or tenant in ", ".join(named).split(", ")
