"""Why a tenant's days of one table are not in the warehouse, for people and programs: reason, next step, next try.

The check `tenants_landed` carries these; the checks that then could not look, and `marketeer ingest`, repeat them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from dagster import MetadataValue

from assets.metrics.landing import Landing, Span
from assets.metrics.sources import MetricSource
from assets.names import NEXT_STEP
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.clock import Clock, SystemClock, today
from marketeer_dagster.model.errors import ToolError

REASONS = "reasons"
"""Metadata of a failed check, for programs: one object for each tenant whose days are missing."""


class Reason(Value):
    """Why one tenant's days of one table did not land, and what follows."""

    tenant: str
    table: str
    tool: str
    kind: str
    """As `model.errors.ToolErrorKind`; `fault` for what is none of the vendor's."""
    first: str
    last: str
    """The days that are missing, ISO dates, both included."""
    said: str
    """What failed, in words."""
    next_step: str
    """What a person can do, with the command."""
    tried_again: str
    """When the software tries again by itself, or that it does not."""

    @property
    def days(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def line(self) -> str:
        """All of it in one Markdown line."""
        return (
            f"**{self.tenant}**, {self.table}, {self.days}: {self.said}. "
            f"Next: {self.next_step}. Tried again: {self.tried_again}."
        )


def reasons_of(source: MetricSource, span: Span, landings: Sequence[Landing], clock: Clock) -> tuple[Reason, ...]:
    """One for each tenant that did not land."""
    return tuple(_reason(source, span, landing, clock) for landing in landings if landing.error is not None)


def metadata_of(reasons: Sequence[Reason]) -> dict[str, Any]:
    """The reasons as metadata of a failed check; nothing where there is none."""
    if not reasons:
        return {}
    return {
        REASONS: MetadataValue.json([reason.model_dump() for reason in reasons]),
        NEXT_STEP: MetadataValue.text("\n".join(f"{r.tenant}: {r.next_step}" for r in reasons)),
        "tried_again": MetadataValue.text("\n".join(f"{r.tenant}: {r.tried_again}" for r in reasons)),
    }


def told_in(metadata: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The reasons that a check's metadata carries."""
    found = metadata.get(REASONS)
    rows: Iterable[object] = found.value if found is not None and isinstance(found.value, list) else ()
    return tuple(Reason.model_validate(row) for row in rows)


def _reason(source: MetricSource, span: Span, landing: Landing, clock: Clock) -> Reason:
    error, days = landing.error, landing.span or span
    assert error is not None
    kind = error.kind.value if isinstance(error, ToolError) else "fault"
    permanent = isinstance(error, ToolError) and error.permanent
    again = f"`marketeer ingest --from {days.first} --to {days.last} --tenant {landing.tenant}`"
    steps = [error.hint] if error.hint else []
    if permanent:
        steps.append(f"see whether it answers: `marketeer tools --check --tenant {landing.tenant}`")
    steps.append(f"then {again}" if steps else again)
    return Reason(
        tenant=landing.tenant,
        table=source.table,
        tool=source.tool,
        kind=kind,
        first=days.first.isoformat(),
        last=days.last.isoformat(),
        said=error.message,
        next_step="; ".join(steps),
        tried_again=_tried_again(landing, error if isinstance(error, ToolError) else None, clock),
    )


def _tried_again(landing: Landing, error: ToolError | None, clock: Clock) -> str:
    day = today(clock if landing.simulated else SystemClock())
    due = f"when {day} is over, with the read of that day (sensor `metrics_due`), and each night (`late_data_backfill`)"
    if error is None:
        return due
    if error.permanent:
        return f"{due}, in vain until it is mended"
    if error.retry_after_s:
        wish = timedelta(seconds=round(error.retry_after_s))
        return f"{due}; {error.tool} asked to be left alone for {wish} (h:mm:ss)"
    return due
