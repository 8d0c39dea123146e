"""`marketeer connect` and `marketeer tools`."""

import logging
import os
import traceback
from contextlib import nullcontext
from typing import Annotated

import typer
from pydantic import SecretStr

from marketeer_dagster.catalog.yamlfile import did_you_mean
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, print_json, print_table, say
from marketeer_dagster.cli.tenancy import ForTenant, OfTenant, tenant_for, tenant_named
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, MarketeerError
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing.retrying import retry_refused
from resources.connectors import CONNECTORS, check, for_tenant
from resources.endpoints import check_addresses

_LOG = logging.getLogger("marketeer.tools")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command(
        "connect", help="Connect a tool. Example: marketeer connect stripe -t acme --secret api_key=STRIPE_KEY"
    )
    def connect(
        tool: Annotated[str, typer.Argument(help=", ".join(CONNECTORS))],
        tenant: ForTenant = None,
        set_: Annotated[list[str] | None, typer.Option("--set", help="key=value")] = None,
        secret: Annotated[
            list[str] | None, typer.Option("--secret", help="key=ENVVAR: read from that environment variable.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        known = CONNECTORS.get(tool)
        if known is None:
            near = did_you_mean(tool, tuple(CONNECTORS))
            expected = f"one of {', '.join(CONNECTORS)}"
            raise BadInput(f"unknown tool {tool!r}", where="connect", expected=expected, hint=near)
        owner = tenant_for(home, tenant).id
        settings = dict(_pair(item, "--set") for item in set_ or ())
        named = dict(_pair(item, "--secret") for item in secret or ())
        secrets = {key: _from_environment(key, name) for key, name in named.items()}
        known.validate_keys(settings, secrets)
        connection = Connection(tenant=owner, tool=tool, settings=settings, secrets=secrets)
        check_addresses(connection)
        home.store.connections.set(connection)
        revived = retry_refused(home.store, home.clock, owner, tool)
        if as_json:
            print_json({"tenant": owner, "tool": tool, "connected": True, "tried_again": [p.id for p in revived]})
            return
        if revived:
            say(f"{len(revived)} publication(s) that the former connection failed are tried again")
        say(f"{tool} connected for {owner}; see whether it answers: marketeer tools --check --tenant {owner}")

    @app.command("tools", help="Which tools are connected; --check asks each whether it answers.")
    def tools(
        tenant: OfTenant = None,
        checking: Annotated[bool, typer.Option("--check", help="Call every tool once, reading only.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        tenants = [tenant_named(home, tenant)] if tenant else list(home.store.tenants.list())
        with running_market(home) if checking else nullcontext():
            asked = [_row(home, owner, tool, checking) for owner in tenants for tool in CONNECTORS]
        rows = [row for row, _ in asked]
        if as_json:
            print_json(rows)
        else:
            columns = ("tenant", "tool", "state", "where", "answer")
            print_table(
                "Tools", columns, (tuple(row.values()) for row in rows), "No tenants yet: marketeer tenant add ID"
            )
        if any(failed for _, failed in asked):
            raise typer.Exit(1)


def _row(home: Home, owner: Tenant, tool: str, checking: bool) -> tuple[dict[str, str], bool]:
    """One line of the table, and whether it tells of a failure. What one connection does ends no other's line."""
    tenant = owner.id
    state, where, failed = "not connected", "", False
    answer = ""
    try:
        connection = home.store.connections.get(tenant, tool)
        if connection is not None:
            state = "simulated" if connection.simulated else "connected"
            where = connection.base_url or "the vendor"
            answer = "; ".join(("ok", *check(for_tenant(connection, owner)))) if checking else ""
    except MarketeerError as error:
        answer, failed = str(error), True
    except Exception as error:
        # A fault of ours, whose text may hold anything: the log gets its place, the table its name.
        _LOG.warning("checking %s of %s:\n%s", tool, tenant, "".join(traceback.format_tb(error.__traceback__)))
        answer, failed = f"{type(error).__name__}: unexpected; the log tells where", True
    return {"tenant": tenant, "tool": tool, "state": state, "where": where, "answer": answer}, failed


def _pair(item: str, option: str) -> tuple[str, str]:
    key, separator, value = item.partition("=")
    if not separator or not key or not value:
        raise BadInput(f"{item!r}", where=option, expected="key=value")
    return key, value


def _from_environment(key: str, name: str) -> SecretStr:
    value = os.environ.get(name)
    if not value:
        hint = "name the variable, not the secret: a secret on the command line is seen by every process"
        raise BadInput(f"environment variable {name!r} is not set", where=f"--secret {key}", hint=hint)
    return SecretStr(value)
