"""`marketeer tenant holiday add|list|remove`: days that are not judged as ordinary ones."""

from datetime import date, timedelta
from typing import Annotated

import typer

from marketeer_dagster.campaigns.calendar import named_holidays
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, print_json, print_table, say, tell
from marketeer_dagster.cli.tenancy import tenant_named
from marketeer_dagster.model.clock import today
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.holidays import LONGEST_DAYS, NamedPeriod

AHEAD_DAYS = 365
Whose = Annotated[str, typer.Argument(help="Id of the tenant.")]


def register(tenants: typer.Typer) -> None:
    """Add the group to the tenants' commands."""
    group = typer.Typer(
        help="A tenant's holidays: no loop judges them or learns from them. Public ones: tenant set --country.",
        no_args_is_help=True,
    )
    tenants.add_typer(group, name="holiday")

    @group.command(
        "add",
        help='Name a time. Example: marketeer tenant holiday add acme "Summer closure" 2026-08-03 2026-08-14 --yearly',
    )
    def add(
        tenant: Whose,
        name: Annotated[str, typer.Argument(help="What people call it; each name once.")],
        first: Annotated[str, typer.Argument(help="First day, YYYY-MM-DD.")],
        last: Annotated[str | None, typer.Argument(help="Last day; default: the first.")] = None,
        yearly: Annotated[bool, typer.Option("--yearly", help="On the same days of every year.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        found = tenant_named(home, tenant)
        period = _period(" ".join(name.split()), first, last or first, yearly=yearly)
        if any(known.name.lower() == period.name.lower() for known in found.holidays):
            hint = f'marketeer tenant holiday remove {tenant} "{period.name}"'
            raise BadInput(f"{tenant} has a holiday {period.name!r} already", where="holiday", hint=hint)
        home.store.tenants.change(found.id, holidays=(*found.holidays, period))
        said = {"tenant": found.id, **period.model_dump(mode="json")}
        tell(said, f"{period.name}: {_when(period)}", as_json=as_json)

    @group.command("list", help="Holidays of the coming twelve months, public ones included, and the named times.")
    def list_(tenant: Whose, as_json: AsJson = False) -> None:
        home = open_home()
        found = tenant_named(home, tenant)
        now = today(home.clock, found.timezone)
        days = named_holidays(found, now, now + timedelta(days=AHEAD_DAYS))
        if as_json:
            print_json(
                {
                    "country": found.country,
                    "named": found.holidays,
                    "days": {str(day): name for day, name in days.items()},
                }
            )
            return
        say(f"country: {found.country or 'none, see marketeer tenant set --country'}")
        for period in found.holidays:
            say(f"{period.name}: {_when(period)}")
        print_table("Coming", ("day", "holiday"), ((str(day), name) for day, name in days.items()), "No holidays.")

    @group.command("remove", help='Forget a named time. Example: marketeer tenant holiday remove acme "Summer closure"')
    def remove(
        tenant: Whose,
        name: Annotated[str, typer.Argument(help="As it was named.")],
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        found = tenant_named(home, tenant)
        kept = tuple(period for period in found.holidays if period.name.lower() != name.strip().lower())
        if len(kept) == len(found.holidays):
            known = ", ".join(period.name for period in found.holidays) or "none"
            raise NotFound(f"{tenant} has no holiday {name!r}", hint=f"named are: {known}")
        home.store.tenants.change(found.id, holidays=kept)
        tell({"tenant": found.id, "removed": name.strip()}, f"{name} is forgotten", as_json=as_json)


def _period(name: str, first: str, last: str, *, yearly: bool) -> NamedPeriod:
    begins, ends = _day(first, "first day"), _day(last, "last day")
    try:
        return NamedPeriod(name=name, first=begins, last=ends, yearly=yearly)
    except ValueError:
        expected = f"a name of 1-60 characters, and 1 to {LONGEST_DAYS} days in order"
        raise BadInput(f"{name!r} from {first} to {last}", where="holiday", expected=expected) from None


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no date", where=what, expected="YYYY-MM-DD, for instance 2026-12-24") from None


def _when(period: NamedPeriod) -> str:
    span = f"{period.first}" if period.first == period.last else f"{period.first} to {period.last}"
    return f"{span}, every year" if period.yearly else span
