"""What each reading of each day came to, for analysts: table `landings`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from assets.metrics.sources import MetricSource
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.warehouse import TABLES, Writer

if TYPE_CHECKING:
    from assets.metrics.landing import Landing, Span

LOG = "landings"
REASON_LIMIT = 1000
"""Characters kept of a reason."""


class LandingState(StrEnum):
    """What the reading of a day came to."""

    LANDED = "landed"
    SILENT = "silent"
    """The vendor answered, without rows."""
    KEPT = "kept"
    """The vendor no longer tells the day; earlier rows stay."""
    FAILED = "failed"
    """No usable answer."""


def log_landings(source: MetricSource, landings: Sequence[Landing], writer: Writer, run_id: str) -> None:
    """Write one row for each tenant and day that a vendor was asked for. Days not lived yet were not asked for."""
    import pandas as pd

    read_at = SystemClock().now().replace(tzinfo=None)
    rows = [
        {
            "tenant": landing.tenant, "table_name": source.table, "date": day, "read_at": read_at, "tool": source.tool,
            "state": _state(landing, day).value,
            "rows": None if landing.error is not None else landing.rows_by_day.get(day, 0),
            "reason": _reason(landing, day), "run_id": run_id, "simulated": landing.simulated,
        }
        for landing in landings if landing.span is not None
        for day in _days(landing.span)
    ]  # fmt: skip
    writer.add(LOG, pd.DataFrame(rows, columns=[column.name for column in TABLES[LOG].columns], dtype="object"))


def _state(landing: Landing, day: date) -> LandingState:
    if landing.error is not None:
        return LandingState.FAILED
    if day in landing.kept:
        return LandingState.KEPT
    return LandingState.LANDED if landing.rows_by_day.get(day) else LandingState.SILENT


def _reason(landing: Landing, day: date) -> str:
    if landing.error is not None:
        said = [str(landing.error)]
    elif day in landing.kept:
        said = [note for note in landing.notes if note.startswith("kept ")]
    else:
        said = list(landing.doubts)
    return redact("; ".join(said))[:REASON_LIMIT]


def _days(span: Span) -> Iterator[date]:
    return (span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1))
