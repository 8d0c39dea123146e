"""Partition sets are stable and refuse a start that makes no sense."""

from datetime import UTC, date, datetime

import pytest
from dagster import partition_loading_context

from assets.partitions import DEFAULT_START, campaigns, days, metrics_start, tenants
from marketeer_dagster.model.errors import ConfigError

TODAY = date(2026, 11, 23)


def test_days_begin_at_a_fixed_day_whatever_today_is() -> None:
    assert metrics_start({}, TODAY) == metrics_start({}, date(2031, 1, 1)) == DEFAULT_START


def test_the_start_can_be_set() -> None:
    assert metrics_start({"MARKETEER_METRICS_START": "2025-07-01"}, TODAY) == date(2025, 7, 1)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23", "2027-01-01", "01.02.2025"])
def test_a_start_that_is_no_past_day_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="MARKETEER_METRICS_START"):
        metrics_start({"MARKETEER_METRICS_START": text}, TODAY)


def test_the_newest_day_is_the_last_complete_one() -> None:
    with partition_loading_context(effective_dt=datetime(2026, 11, 23, 9, tzinfo=UTC)):
        assert days.get_last_partition_key() == "2026-11-22"


def test_dynamic_sets_are_named_as_the_design_says() -> None:
    assert (campaigns.name, tenants.name) == ("campaigns", "tenants")
