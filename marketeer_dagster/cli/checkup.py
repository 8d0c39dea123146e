"""What `marketeer doctor` looks at: versions, configuration, store, warehouse, clock, disk, connections, stale data."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from marketeer_dagster.catalog.catalog import validate
from marketeer_dagster.cli.home import Home
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.sandbox.client import SandboxAdmin

NEEDED = ("dagster", "dagster-webserver", "anthropic", "duckdb", "sqlalchemy", "pydantic")
LEAST_FREE_GB = 1.0
STALE_AFTER_DAYS = 3


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at."""

    about: str
    ok: bool
    detail: str
    remedy: str = ""


def checkup(home: Home) -> list[Diagnosis]:
    """Look at everything; nothing is changed and no vendor is called."""
    looks: tuple[Callable[[Home], Iterator[Diagnosis]], ...] = (
        _versions,
        _home,
        _catalog,
        _store,
        _sandbox,
        _warehouse,
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
        drift = abs((datetime.now(UTC) - home.clock.now()).total_seconds())
        yield Diagnosis("clock", drift < 5, "the system's own", "")
        return
    if SandboxAdmin(url).healthy():
        yield Diagnosis("sandbox", True, f"{url}, market day {home.clock.now():%Y-%m-%d}")
    else:
        yield Diagnosis("sandbox", True, f"{url}, not running; commands start it when they need it")


def _warehouse(home: Home) -> Iterator[Diagnosis]:
    with home.warehouse.reading() as connection:
        rows = connection.execute("select tenant, max(date) from ga4_daily group by tenant order by tenant").fetchall()
    if not rows:
        yield Diagnosis("metrics", True, "no metric days yet; marketeer ingest reads them")
    running = home.settings.sandbox_url is None or SandboxAdmin(home.settings.sandbox_url).healthy()
    day: date | None = home.clock.now().date() if running else None
    for tenant, newest in rows:
        age = (day - newest) if day else timedelta(0)
        fresh = age <= timedelta(days=STALE_AFTER_DAYS)
        yield Diagnosis(f"metrics {tenant}", fresh, f"newest day {newest}", f"marketeer ingest --tenant {tenant}")


def _secrets(home: Home) -> Iterator[Diagnosis]:
    there = home.settings.secret_key is not None
    yield Diagnosis("secret key", there, "set" if there else "missing", "set MARKETEER_SECRET_KEY, or marketeer init")
    claude = "real" if home.settings.anthropic_api_key or home.settings.anthropic_base_url else "simulated"
    reachable = claude == "real" or home.settings.sandbox_url is not None
    yield Diagnosis("claude", reachable, claude, "set ANTHROPIC_API_KEY")
