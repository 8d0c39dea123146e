"""From vendors to the warehouse: every tenant by itself, so that one's trouble stays its own.

All tenants are fetched first, in parallel and with no file open; then one writer puts them into the warehouse, each in
its own transaction.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from logging import Logger

from assets.metrics.held import Held, days_of, read_held
from assets.metrics.judged import as_judged
from assets.metrics.landing_log import log_landings
from assets.metrics.sources import MetricSource
from marketeer_dagster.model.clock import Clock, SystemClock, today
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import MarketeerError, ToolError, ToolErrorKind
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.warehouse import Warehouse, Writer
from marketeer_dagster.warehouse.facts import EXPERIMENT_DAILY
from resources.calling import CallLimiter
from resources.collected import Collected

TENANTS_AT_ONCE = 4
"""Vendors' answers are waited for, not computed: a few at once cost no CPU and stay far below any concurrency limit."""


@dataclass(frozen=True)
class Span:
    """The days asked for, both included."""

    first: date
    last: date

    def until(self, newest: date) -> "Span | None":
        """The part of it that is over by the end of `newest`; None when no day is."""
        return None if self.first > newest else replace(self, last=min(self.last, newest))


@dataclass(frozen=True)
class Landing:
    """What became of one tenant's rows of one table."""

    tenant: str
    simulated: bool
    span: Span | None = None
    """The days that were asked of the vendor; None when none of them has been lived yet."""
    rows_by_day: dict[date, int] = field(default_factory=dict[date, int])
    api_calls: int = 0
    quota: dict[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    """Those of the notes by which figures are not the whole truth."""
    kept: tuple[date, ...] = ()
    """Days whose rows are those of an earlier reading, because the vendor no longer tells them."""
    revised: tuple[str, ...] = ()
    """Days that were there before and whose sums changed, in words."""
    error: MarketeerError | None = None
    """Why nothing of it landed."""

    @property
    def rows(self) -> int:
        return sum(self.rows_by_day.values())


@dataclass(frozen=True)
class Intake:
    """What a landing works with."""

    warehouse: Warehouse
    limits: CallLimiter
    clock: Clock
    log: Logger
    accept_missing_days: bool = False
    """Believe a vendor that no longer knows days it reported before, or tells them from what is today. Otherwise what
    was there is kept."""
    experiments: Sequence[Experiment] = ()
    """Tests of all tenants: the days by which they were decided keep their counts."""
    run_id: str = ""
    """Dagster run that reads; empty outside of runs."""


@dataclass(frozen=True)
class _Fetched:
    connection: Connection
    span: Span | None
    outcome: Collected | MarketeerError | None


def land(source: MetricSource, connections: Sequence[Connection], span: Span, intake: Intake) -> tuple[Landing, ...]:
    """Fetch `span` for every connection and put it into the warehouse; one Landing each, in the same order."""

    def fetch(connection: Connection) -> _Fetched:
        return _fetch(source, connection, span, intake)

    with ThreadPoolExecutor(TENANTS_AT_ONCE, thread_name_prefix=source.table) as pool:
        fetched = list(pool.map(fetch, connections))
    if all(one.outcome is None for one in fetched):
        return tuple(_not_landed(one) for one in fetched)
    tenants = [str(one.connection.tenant) for one in fetched]
    with intake.warehouse.writing() as writer:
        held = read_held(writer.connection, source, tenants, span.first, span.last)
        landings = tuple(_put(source, one, held[str(one.connection.tenant)], writer, intake) for one in fetched)
        log_landings(source, landings, writer, intake.run_id)
    return landings


def newest_day(connection: Connection, clock: Clock) -> date:
    """The last complete day of the world the connection leads to: the market's for simulated ones."""
    return today(clock if connection.simulated else SystemClock()) - timedelta(days=1)


def _fetch(source: MetricSource, connection: Connection, span: Span, intake: Intake) -> _Fetched:
    try:
        lived = span.until(newest_day(connection, intake.clock))
        if lived is None:
            return _Fetched(connection, None, None)
        return _Fetched(connection, lived, source.collect(connection, intake.limits, lived.first, lived.last))
    except Exception as error:
        return _Fetched(connection, span, _isolated(source, connection, intake, error))


def _not_landed(fetched: _Fetched) -> Landing:
    tenant, simulated = str(fetched.connection.tenant), fetched.connection.simulated
    if isinstance(fetched.outcome, MarketeerError):
        return Landing(tenant, simulated, fetched.span, error=fetched.outcome)
    return Landing(tenant, simulated, notes=("none of these days has been lived yet",))


def _put(source: MetricSource, fetched: _Fetched, held: Held, writer: Writer, intake: Intake) -> Landing:
    found, span, connection = fetched.outcome, fetched.span, fetched.connection
    if span is None or not isinstance(found, Collected):
        return _not_landed(fetched)
    held = held.of_kind(simulated=connection.simulated)
    missing = () if intake.accept_missing_days else held.missing_from(found.rows)
    guessed = () if intake.accept_missing_days else held.told_before(found.certain_from)
    if missing and found.rows.empty:
        return replace(_not_landed(fetched), span=span, error=_nothing_left(source, missing))
    rows = held.with_days_kept(found.rows, sorted({*missing, *guessed}))
    if source.table == EXPERIMENT_DAILY.name:
        own = (experiment for experiment in intake.experiments if experiment.tenant == connection.tenant)
        rows = as_judged(rows, own, span.first, span.last)
    try:
        writer.replace(source.table, connection.tenant, span.first, span.last, rows, simulated=connection.simulated)
    except Exception as error:
        return replace(_not_landed(fetched), span=span, error=_isolated(source, connection, intake, error))
    kept = [f"kept what was there of {_listed(missing)}: the vendor answered without"] if missing else []
    if changed := held.revisions(found.rows[found.rows["date"].isin(list(guessed))], source.measures):
        told = "; ".join(changed)
        kept.append(
            f"kept what was read of {_listed(guessed)} at the time, which is older than what "
            f"{source.tool} still records; it would tell now {told}"
        )
    return Landing(
        tenant=str(connection.tenant),
        simulated=connection.simulated,
        span=span,
        rows_by_day=days_of(rows),
        api_calls=found.api_calls,
        quota=found.quota,
        notes=(*found.notes, *kept),
        doubts=found.doubts,
        kept=tuple(sorted({*missing, *guessed})),
        revised=held.revisions(rows, source.measures),
    )


def _nothing_left(source: MetricSource, missing: Sequence[date]) -> ToolError:
    return ToolError(
        source.tool,
        ToolErrorKind.OUTAGE,
        f"answered with nothing for {_listed(missing)}, which had rows before; they were kept",
        hint="look at the vendor's own report; if they are really gone, run again with accept_missing_days",
    )


def _listed(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def _isolated(source: MetricSource, connection: Connection, intake: Intake, error: Exception) -> MarketeerError:
    """Any error as one of ours: even a bug in one source's client must not keep the other tenants' rows away."""
    if isinstance(error, MarketeerError):
        intake.log.warning("%s of %s: %s", source.table, connection.tenant, error)
        return error
    intake.log.error("%s of %s failed unexpectedly", source.table, connection.tenant, exc_info=error)
    return MarketeerError(f"{source.tool}: {type(error).__name__}: {error}", hint="a fault of ours; see the run's log")
