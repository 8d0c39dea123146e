"""The sandbox as commands need it: running while they work, and with an account for every simulated tenant."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import ValidationError

from marketeer_dagster.cli.home import Home, free_port
from marketeer_dagster.cli.market_process import MarketUsers, start_market
from marketeer_dagster.cli.output import beside
from marketeer_dagster.model.errors import BadInput, ConfigError
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.identity import note, place_of, refuse_stranger, stranger
from resources.market_identity import look_again

SIMULATED_TOOLS = ("ga4", "search_console", "stripe", "wordpress", "mailchimp")


@contextmanager
def running_market(home: Home, *, seed: int | None = None) -> Generator[SandboxAdmin | None]:
    """The home's sandbox for the length of the block: the one that answers, or one started here.

    What a command has started ends with the last command that uses it, whoever started it; a sandbox that somebody runs
    by hand is never ended. None when this home simulates nothing. Raises ConfigError when a market answers that is not
    this home's, before anything is read or written.
    """
    if home.settings.sandbox_url is None:
        yield None
        return
    with attended_market(home, seed=seed) as admin:
        face = admin.face()
        if face is not None:
            refuse_stranger(home.settings.home, admin.url, face)
            note(home.settings.home, face)
        yield admin


@contextmanager
def attended_market(home: Home, *, seed: int | None = None) -> Generator[SandboxAdmin]:
    """As `running_market`, whichever market it is: for going over to another one."""
    for line in make_way(home):
        beside(line)
    assert home.settings.sandbox_url is not None
    admin = SandboxAdmin(home.settings.sandbox_url)
    users = MarketUsers(home)
    mine = users.join(lambda: None if admin.healthy() else start_market(home, seed=seed), admin)
    look_again()
    try:
        yield admin
    finally:
        users.leave(mine)


def make_way(home: Home) -> list[str]:
    """Give a copied home an address of its own where another home's market answers at the one it brought along.

    Both came from one home, and so did their address. The home's own market, a copy in its own file, is served at a
    free port from now on: `config.toml` and the simulated connections say so. Returns what it did, in words. Leaves
    alone what an environment variable names, which is somebody's word: that mismatch is refused.
    """
    url, folder = home.settings.sandbox_url or "", home.settings.home
    if not home.sandbox_state.exists() or not _is_written_by_init(home):
        return []
    face = SandboxAdmin(url).face()
    if face is None or not face.place or face.place == place_of(home.sandbox_state):
        return []
    if stranger(folder, url, face) is None:
        return []  # it went over to that market on purpose
    new = f"http://127.0.0.1:{free_port()}"
    config = home.settings.config_file
    config.write_text(config.read_text(encoding="utf-8").replace(f'"{url}"', f'"{new}"'), encoding="utf-8")
    for connection in home.store.connections.list():
        if connection.simulated:
            moved = {key: _moved(value, url, new) for key, value in connection.settings.items()}
            at = _moved(connection.sandbox_at, url, new)
            home.store.connections.set(connection.model_copy(update={"settings": moved, "sandbox_at": at}))
    home.readdress(new)
    return [f"another home's market answers at {url}; this home's own is at {new} from now on (config.toml)"]


def _is_written_by_init(home: Home) -> bool:
    """Whether the address is the one that `init` chose for this home's own market: on loopback, in its config.toml."""
    url = home.settings.sandbox_url or ""
    if os.environ.get("MARKETEER_SANDBOX_URL") or urlsplit(url).hostname != "127.0.0.1":
        return False
    return f'"{url}"' in home.settings.config_file.read_text(encoding="utf-8")


def _moved(value: str, old: str, new: str) -> str:
    return new + value[len(old) :] if value == old or value.startswith(f"{old}/") else value


def adopt(home: Home, admin: SandboxAdmin) -> list[str]:
    """Make the market that answers this home's: accounts for all simulated tenants, and their connections anew.

    Returns the tenants that were moved. What they had published in the former market is not in this one.
    """
    face = admin.face()
    if face is None:
        raise ConfigError(f"no sandbox answers at {admin.url}", hint="start it: marketeer sandbox")
    moved: list[str] = []
    for tenant in home.store.tenants.list():
        simulated = [c for c in home.store.connections.list(tenant=tenant.id) if c.simulated]
        if simulated and any(connection.sandbox != face.id for connection in simulated):
            home.store.contexts.latest(
                tenant.id
            )  # without one no account can be opened: say so before anything is lost
            for connection in simulated:
                home.store.connections.remove(tenant.id, connection.tool)
            open_account(home, admin, tenant)
            moved.append(tenant.id)
    note(home.settings.home, face)
    return moved


def open_account(home: Home, admin: SandboxAdmin, tenant: Tenant, spec_file: Path | None = None) -> list[str]:
    """Give a simulated tenant its account in the market and connect every tool that is not connected yet.

    Needs the tenant's context: the market draws from it what visitors care about, and takes a later one's words too
    while nothing was published. Returns the tools it connected.
    """
    context = home.store.contexts.latest(tenant.id).context
    facts: dict[str, object] = {
        "name": context.name,
        "website": str(tenant.website),
        "one_liner": _first_sentence(next(iter(context.sections.values()))),
        **(_account_file(spec_file) if spec_file else {}),
        "tenant": tenant.id,
        "context_markdown": context.render(),
    }
    try:
        spec = AccountSpec.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{key}: {first['msg']}", where=str(spec_file or "account")) from None
    connected: list[str] = []
    for connection in admin.open_account(spec):
        if home.store.connections.get(tenant.id, connection.tool) is None:
            home.store.connections.set(connection)
            connected.append(connection.tool)
    return connected


def _account_file(path: Path) -> dict[str, object]:
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from None
    except yaml.YAMLError as error:
        raise BadInput(f"is not YAML: {error}", where=str(path)) from None
    if not isinstance(loaded, dict):
        raise BadInput("holds no mapping", where=str(path), expected="keys such as monthly_sessions, conversion_rate")
    return {str(key): value for key, value in loaded.items()}


def _first_sentence(text: str) -> str:
    plain = text.replace("*", "").lstrip("-# ").strip()
    line = plain.splitlines()[0] if plain else ""
    _, _, after = line.partition(": ")
    return (after or line)[:300]
