"""What `marketeer doctor` looks at: versions, configuration, connections, locks, daemon, stale data, clock, disk."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import httpx

from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.catalog.catalog import validate
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.locks import store_trouble, untaken, warehouse_trouble
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.identity import stranger

NEEDED = ("dagster", "dagster-webserver", "anthropic", "duckdb", "sqlalchemy", "pydantic")
LEAST_FREE_GB = 1.0
MOST_DRIFT_S = 60.0
"""Beyond this, signed requests and OAuth tokens begin to be refused (Google allows a few minutes)."""
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at."""

    about: str
    ok: bool
    detail: str
    remedy: str = ""


def checkup(home: Home) -> list[Diagnosis]:
    """Look at everything; nothing is changed. Vendors are asked for the time of day, and for nothing else."""
    looks: tuple[Callable[[Home], Iterator[Diagnosis]], ...] = (
        _versions,
        _home,
        _catalog,
        _store,
        _sandbox,
        _clock,
        _locks,
        _metrics,
        _daemon,
        _secrets,
    )
    return [diagnosis for look in looks for diagnosis in _safely(look, home)]


def _safely(look: Callable[[Home], Iterator[Diagnosis]], home: Home) -> Iterator[Diagnosis]:
    try:
        yield from look(home)
    except MarketeerError as error:
        yield Diagnosis(look.__name__.strip("_"), False, error.message, error.hint or "")


def _versions(home: Home) -> Iterator[Diagnosis]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Diagnosis("python", sys.version_info >= (3, 11), python, "use Python 3.11 or newer")
    for package in NEEDED:
        try:
            yield Diagnosis(package, True, version(package))
        except PackageNotFoundError:
            yield Diagnosis(package, False, "not installed", "make install")


def _home(home: Home) -> Iterator[Diagnosis]:
    settings = home.settings
    yield Diagnosis("home", settings.config_file.exists(), str(settings.home), "marketeer init")
    free = shutil.disk_usage(settings.home if settings.home.exists() else "/").free / 1e9
    yield Diagnosis("disk", free >= LEAST_FREE_GB, f"{free:.1f} GB free", f"keep at least {LEAST_FREE_GB:g} GB free")


def _catalog(home: Home) -> Iterator[Diagnosis]:
    problems = validate(home.settings.catalog)
    if not problems:
        yield Diagnosis("catalog", True, f"{len(home.catalog.skills)} skills, {len(home.catalog.pipelines)} pipelines")
    for problem in problems:
        yield Diagnosis("catalog", False, problem.message, problem.hint or "correct the file")


def _store(home: Home) -> Iterator[Diagnosis]:
    file = home.store.file
    trouble = store_trouble(file) if file else None
    if trouble:
        yield Diagnosis("store", False, f"{home.store.where}: {trouble}", "close what keeps it open, or wait for it")
        return
    due = home.store.migration_due()
    if due:
        newer = "newer" in due
        remedy = "upgrade marketeer-dagster" if newer else "marketeer init"
        yield Diagnosis("store", False, f"{home.store.where}: {due}", remedy)
        return
    tenants = home.store.tenants.list()
    yield Diagnosis("store", True, f"{home.store.where}: {len(tenants)} tenant(s)")
    for tenant in tenants:
        connected = {connection.tool for connection in home.store.connections.list(tenant=tenant.id)}
        detail = ", ".join(sorted(connected)) or "nothing connected"
        yield Diagnosis(
            f"tenant {tenant.id}", bool(connected), detail, f"marketeer context import FILE --tenant {tenant.id}"
        )


def _sandbox(home: Home) -> Iterator[Diagnosis]:
    url = home.settings.sandbox_url
    if url is None:
        return
    face = SandboxAdmin(url).face()
    if face is not None and (why := stranger(home.settings.home, url, face)) is not None:
        remedy = "marketeer up starts this home's own; marketeer sandbox adopt goes over to the one that answers"
        yield Diagnosis("sandbox", False, f"{url} is not this home's market: {why}", remedy)
    elif face is not None:
        yield Diagnosis("sandbox", True, f"{url}, market day {home.clock.now():%Y-%m-%d}")
    else:
        yield Diagnosis("sandbox", True, f"{url}, not running; commands start it when they need it")


def _clock(home: Home) -> Iterator[Diagnosis]:
    """This machine's time against that of a server it talks to: signatures and tokens are refused when they differ."""
    for url in _servers(home):
        told = _time_at(url)
        if told is not None:
            drift = (datetime.now(UTC) - told).total_seconds()
            said = f"{abs(drift):.0f} s {'ahead of' if drift > 0 else 'behind'} {urlsplit(url).netloc}"
            yield Diagnosis("clock", abs(drift) <= MOST_DRIFT_S, said, "set this machine's clock, best by NTP")
            return
    yield Diagnosis("clock", True, "nothing answers that it could be compared with")


def _servers(home: Home) -> Iterator[str]:
    """Whom to ask for the time: connected tools with an address of their own, Claude, then the sandbox."""
    real = [c for c in home.store.connections.list() if not c.simulated and c.base_url]
    yield from dict.fromkeys(str(connection.base_url) for connection in real)
    if home.settings.anthropic_base_url or home.settings.anthropic_api_key:
        yield home.settings.anthropic_base_url or "https://api.anthropic.com"
    if home.settings.sandbox_url:
        yield home.settings.sandbox_url


def _time_at(url: str) -> datetime | None:
    """What a server's Date header says (RFC 9110, 6.6.1: whole seconds, UTC); None when it does not answer with one."""
    try:
        date_header = httpx.head(url, timeout=PATIENCE_S).headers.get("date", "")
        return parsedate_to_datetime(date_header)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None


def _locks(home: Home) -> Iterator[Diagnosis]:
    if home.warehouse.remote:
        return
    file = Path(home.warehouse.path)
    with untaken(file.with_name(f"{file.name}.lock")) as taken:
        # A writer's lock is no trouble: it ends with the write, or with the process.
        trouble = None if taken else warehouse_trouble(file)
    said = f"being written by {taken}" if taken else (trouble or "free")
    yield Diagnosis("warehouse", trouble is None, said, "close that program; analysts read the snapshot beside it")


def _metrics(home: Home) -> Iterator[Diagnosis]:
    """Each table that a tenant is connected for, and whether it is as new as its vendor usually reports."""
    from assets.metrics import SOURCES  # bring Dagster along
    from assets.metrics.landing import newest_day

    url = home.settings.sandbox_url
    face = SandboxAdmin(url).face() if url is not None else None
    lives = url is not None and face is not None and stranger(home.settings.home, url, face) is None
    reading = _reading(home)
    for tenant in home.store.tenants.list():
        connected = {c.tool: c for c in home.store.connections.list(tenant=tenant.id)}
        sources = [s for s in SOURCES if s.every_day and s.tool in connected]
        with home.warehouse.reading() as connection:
            newest = {s.table: _newest(connection, s.table, tenant.id) for s in sources}
        if not any(newest.values()):
            if sources:
                yield Diagnosis(f"metrics {tenant.id}", True, "no metric days yet; marketeer ingest reads them")
            continue
        for source in sources:
            tool, day = connected[source.tool], newest[source.table]
            known = lives or not tool.simulated
            due = newest_day(tool, home.clock) - timedelta(days=source.lag_days) if known else date.min
            detail = f"newest day {day or 'none'}" + (f", {due} is due" if known else "")
            remedy = f"marketeer tools --check --tenant {tenant.id}, then marketeer ingest --tenant {tenant.id}"
            new = day is not None and day >= due
            run = None if new else reading.get(tenant.id, reading.get(""))
            # What is late and on its way needs no mending; a run that hangs is ended by the instance's monitoring.
            said = f"{detail}; being read by run {run[:8]}" if run else detail
            yield Diagnosis(f"{source.table} {tenant.id}", new or run is not None, said, remedy)


def _reading(home: Home) -> dict[str, str]:
    """The unfinished ingest run of each tenant that one is for; under "" the one for everybody."""
    if not home.has_instance:
        return {}
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

    from assets.labels import TENANT_TAG
    from marketeer_dagster.cli.drive import dagster_instance

    with dagster_instance(home) as instance:
        runs = instance.get_runs(RunsFilter(job_name="ingest", statuses=list(NOT_FINISHED_STATUSES)))
    return {run.tags.get(TENANT_TAG, ""): run.run_id for run in runs}


def _newest(connection: duckdb.DuckDBPyConnection, table: str, tenant: str) -> date | None:
    found = connection.execute(f"select max(date) from {table} where tenant = ?", [tenant]).fetchone()
    return found[0] if found else None


def _daemon(home: Home) -> Iterator[Diagnosis]:
    """Whether the daemon lives. A home that never had one works in the foreground, which is nothing to mend."""
    waiting = sum(campaign.status in OPEN for campaign in home.store.campaigns.list())
    work = f"; {waiting} campaign(s) wait for it" if waiting else ""
    if not home.has_instance:
        yield Diagnosis("daemon", True, f"never started here{work}")
        return
    from dagster._daemon.controller import get_daemon_statuses  # takes a second

    from marketeer_dagster.cli.drive import dagster_instance

    with dagster_instance(home) as instance:
        found = get_daemon_statuses(instance, instance.get_required_daemon_types())
    beats = {name: status.last_heartbeat for name, status in found.items() if status.last_heartbeat}
    if not beats:
        yield Diagnosis("daemon", True, f"never started here{work}")
        return
    dead = sorted(name.lower() for name in found if not found[name].healthy)
    last = datetime.fromtimestamp(max(beat.timestamp for beat in beats.values()), UTC)
    errors = [error.message.strip().splitlines()[0] for beat in beats.values() for error in beat.errors or ()]
    state = f"not healthy: {', '.join(dead)}" if dead else "alive"
    said = f"{state}; last heartbeat {last:%Y-%m-%d %H:%M:%S} UTC{work}{f'; {errors[0]}' if errors else ''}"
    remedy = "marketeer daemon (or up), or marketeer campaign continue KEY; its log is in the home's logs"
    yield Diagnosis("daemon", not errors and not (dead and waiting), said, remedy)


def _secrets(home: Home) -> Iterator[Diagnosis]:
    there = home.settings.secret_key is not None
    yield Diagnosis("secret key", there, "set" if there else "missing", "set MARKETEER_SECRET_KEY, or marketeer init")
    yield _claude(home.settings)


def _claude(settings: Settings) -> Diagnosis:
    """Who would answer in Claude's name. Nobody is asked here: that costs money, and `doctor --claude` does it."""
    if settings.anthropic_api_key or settings.anthropic_base_url:
        where = settings.anthropic_base_url or "the Anthropic API"
        return Diagnosis("claude", True, f"configured: {where}; not asked (marketeer doctor --claude does)")
    there = settings.sandbox_url is not None
    return Diagnosis("claude", there, "simulated" if there else "not configured", "set ANTHROPIC_API_KEY")
