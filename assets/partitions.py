"""Every partition set, in one place."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime

from dagster import DailyPartitionsDefinition, DynamicPartitionsDefinition

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
