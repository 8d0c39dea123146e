"""What the Launchpad's jobs share: enumerations that it completes, and whose work a config names."""

from collections.abc import Iterable
from datetime import date
from enum import Enum

from dagster import OpExecutionContext

from assets.labels import label_run
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

_LISTED = 20
"""Tenants or questions that an error names."""


def choice(name: str, values: Iterable[str]) -> type[Enum]:
    """An enumeration whose config values are its words: the Launchpad completes them and refuses any other."""
    return Enum(name, {value: value for value in values})  # pyright: ignore[reportReturnType]


def tenant_asked(context: OpExecutionContext, text: str) -> Tenant:
    """The tenant that a config names; the run says whose it is from then on.

    Tenants come and go while the code runs, so no enumeration has them: NotFound lists those of this installation.
    """
    store: Store = context.resources.store.store()
    try:
        found = store.tenants.get(text.strip())
    except NotFound:
        here = [tenant.id for tenant in store.tenants.list()]
        hint = f"tenants here: {some(here)}" if here else "there is none yet: the job `add_tenant` adds one"
        raise NotFound(f"tenant: no tenant {text!r}", hint=hint) from None
    label_run(context.instance, context.run_id, found.id)
    return found


def some(things: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(things) - _LISTED} more" if len(things) > _LISTED else ""
    return ", ".join(things[:_LISTED]) + more


def required(text: str, where: str, expected: str) -> str:
    """A field that may not be left empty; BadInput names it."""
    if not text.strip():
        raise BadInput("it is empty", where=where, expected=expected)
    return text.strip()


def day_of(text: str, where: str) -> date:
    """A day as YYYY-MM-DD; raises BadInput that names the field."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where=where, expected="YYYY-MM-DD") from None
