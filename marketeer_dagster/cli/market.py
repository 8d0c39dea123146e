"""The sandbox as commands need it: running while they work, and with an account for every simulated tenant."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import ValidationError

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.market_process import MarketUsers, start_market
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.client import SandboxAdmin

SIMULATED_TOOLS = ("ga4", "search_console", "stripe", "wordpress", "mailchimp")


@contextmanager
def running_market(home: Home, *, seed: int = 7) -> Generator[SandboxAdmin | None]:
    """The home's sandbox for the length of the block: the one that answers, or one started here.

    What a command has started ends with the last command that uses it, whoever started it; a sandbox that somebody runs
    by hand is never ended. None when this home simulates nothing.
    """
    url = home.settings.sandbox_url
    if url is None:
        yield None
        return
    admin = SandboxAdmin(url)
    users = MarketUsers(home)
    mine = users.join(lambda: None if admin.healthy() else start_market(home, seed=seed), admin)
    try:
        yield admin
    finally:
        users.leave(mine)


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
