"""Whose work a command is about: the tenant that was named, or the only one there is."""

import difflib
from typing import Annotated

import typer

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import beside
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.tenant import Tenant

ForTenant = Annotated[
    str | None, typer.Option("--tenant", "-t", help="Id of the tenant; needed where there are several.")
]
OfTenant = Annotated[str | None, typer.Option("--tenant", "-t", help="Only this tenant's.")]


def tenant_for(home: Home, named: str | None) -> Tenant:
    """The named tenant; without a name the only one there is, which is said.

    Raises NotFound for an unknown name, BadInput when none was named and there are several, or none.
    """
    if named is not None:
        return tenant_named(home, named)
    known = list(home.store.tenants.list())
    if not known:
        raise BadInput("there is no tenant yet", where="--tenant", hint="marketeer tenant add ID --website URL")
    if len(known) > 1:
        names = ", ".join(tenant.id for tenant in known)
        raise BadInput("whose?", where="--tenant", expected=f"one of {names}", hint=f"add --tenant {known[0].id}")
    beside(f"for {known[0].id}, the only tenant here")
    return known[0]


def tenant_named(home: Home, name: str) -> Tenant:
    """The tenant of that id; NotFound with the nearest."""
    known = {tenant.id: tenant for tenant in home.store.tenants.list()}
    if (found := known.get(TenantId(name))) is not None:
        return found
    near = difflib.get_close_matches(name, known, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else "marketeer tenant list shows them"
    raise NotFound(f"no tenant {name!r}", hint=hint if known else "marketeer tenant add ID --website URL")


def owner_of(home: Home, named: str | None) -> TenantId | None:
    """The id of the tenant that a list is narrowed to; None for all."""
    return None if named is None else tenant_named(home, named).id
