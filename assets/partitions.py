"""Every partition set, in one place."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from dagster import (
    AddDynamicPartitionsRequest,
    DagsterInstance,
    DailyPartitionsDefinition,
    DeleteDynamicPartitionsRequest,
    DynamicPartitionsDefinition,
    RunsFilter,
)
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from marketeer_dagster.model.errors import ConfigError

START_VARIABLE = "MARKETEER_METRICS_START"
DEFAULT_START = date(2024, 1, 1)
"""A fixed day, not one that moves with the calendar: partitions that a deployment has filled must not disappear."""


def metrics_start(environ: Mapping[str, str] | None = None, today: date | None = None) -> date:
    """First day of the metric partitions: MARKETEER_METRICS_START, else DEFAULT_START.

    Raises ConfigError when the variable is no day before today.
    """
    text = (os.environ if environ is None else environ).get(START_VARIABLE, "")
    if not text:
        return DEFAULT_START
    try:
        start = date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no date", where=START_VARIABLE, expected="a day such as 2024-01-01") from None
    if start >= (today or datetime.now(UTC).date()):
        raise ConfigError(f"{start} is not in the past", where=START_VARIABLE, expected="a day before today")
    return start


days = DailyPartitionsDefinition(start_date=metrics_start().isoformat())
"""A day of metrics as its vendor counts days (the tables' `date` columns say in which time zone). The newest key is
yesterday in UTC; what a vendor's zone had not finished by then comes with the next days, which read it again.

A simulated market may not have lived the newest days: they are asked for like any other, and have no rows."""
campaigns = DynamicPartitionsDefinition(name="campaigns")
"""`<tenant>:<slug>`, one for each campaign."""
tenants = DynamicPartitionsDefinition(name="tenants")
"""The tenants' ids."""

PARTITION_TAG = "dagster/partition"


def phantoms(instance: DagsterInstance, unknown: Iterable[str]) -> list[str]:
    """Partitions that somebody typed and that stand for nothing in the store, and that no unfinished run has.

    `unknown` are keys without a row. Who finds them has to read the partitions before the rows: a row is written before
    its partition is added, so that a key that is there has its row by then.
    """
    return sorted(key for key in unknown if not _has_run(instance, key))


def _has_run(instance: DagsterInstance, key: str) -> bool:
    filters = RunsFilter(tags={PARTITION_TAG: key}, statuses=list(NOT_FINISHED_STATUSES))
    return bool(instance.get_run_records(filters, limit=1))


def requested_changes(
    of: DynamicPartitionsDefinition, *, add: Iterable[str], delete: Iterable[str]
) -> list[AddDynamicPartitionsRequest | DeleteDynamicPartitionsRequest]:
    """What a sensor asks Dagster to add to a set of partitions and to take away from it."""
    found: list[AddDynamicPartitionsRequest | DeleteDynamicPartitionsRequest] = []
    if added := sorted(set(add)):
        found.append(of.build_add_request(added))
    if deleted := sorted(set(delete)):
        found.append(of.build_delete_request(deleted))
    return found
