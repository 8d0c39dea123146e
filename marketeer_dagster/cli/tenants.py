"""`marketeer tenant add|list|show|set`; holidays are in holidays.py, pauses in pausing.py."""

from decimal import Decimal
from typing import Annotated

import typer

from marketeer_dagster.campaigns.calendar import check_country
from marketeer_dagster.campaigns.tenancy import checked_tenant
from marketeer_dagster.cli.holidays import register as register_holidays
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, beside, print_fields, print_json, print_table, say, tell
from marketeer_dagster.cli.pausing import register as register_pausing
from marketeer_dagster.cli.tenancy import tenant_named
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.tenant import Autonomy, Tenant

Zone = Annotated[str | None, typer.Option("--timezone", help="IANA time zone, for instance Europe/Berlin.")]
Policy = Annotated[
    Autonomy | None, typer.Option("--autonomy", help="How far publishing goes without a person.", case_sensitive=False)
]
PolicyByTool = Annotated[
    list[str] | None, typer.Option("--autonomy-for", help="For one tool: tool=policy, for instance mailchimp=approve.")
]
Country = Annotated[
    str | None,
    typer.Option("--country", help="Whose public holidays count: DE, or a part, DE-BE; or none."),
]
LlmBudget = Annotated[str | None, typer.Option("--llm-budget", help="Claude spend per month, USD.")]
AdBudget = Annotated[str | None, typer.Option("--ad-budget", help="Advertising spend per month, USD.")]


def register(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = typer.Typer(help="Tenants: customers' workspaces.", no_args_is_help=True)
    app.add_typer(group, name="tenant")
    register_holidays(group)
    register_pausing(group)

    @group.command(
        "add", help="Add a tenant. Example: marketeer tenant add acme --name Acme --website https://acme.example"
    )
    def add(
        tenant: Annotated[str, typer.Argument(help="Id: 1-40 of a-z, 0-9 and single hyphens.")],
        name: Annotated[str | None, typer.Option(help="Name for people; default: the id.")] = None,
        website: Annotated[str | None, typer.Option(help="The site; default: https://<id>.example")] = None,
        timezone: Zone = None,
        currency: Annotated[str, typer.Option(help="Three letters.")] = "USD",
        country: Country = None,
        autonomy: Policy = None,
        autonomy_for: PolicyByTool = None,
        llm_budget: LlmBudget = None,
        ad_budget: AdBudget = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        facts: dict[str, object] = {
            "id": tenant,
            "name": name or tenant,
            "website": website or f"https://{tenant}.example",
            "currency": currency,
            "simulated": home.settings.sandbox_url is not None,
            # Administration happens on the real calendar, also where the market lives in another one.
            "created_at": SystemClock().now(),
            **_changes(timezone, country, autonomy, autonomy_for, llm_budget, ad_budget),
        }
        added = home.store.tenants.add(checked_tenant(facts))
        if as_json:
            print_json(added)
        else:
            say(f"tenant {added.id} added; next: fill in a copy of examples/context-template.md, then")
            say(f"  marketeer context import FILE --tenant {added.id}")

    @group.command("list", help="All tenants.")
    def list_(as_json: AsJson = False) -> None:
        tenants = open_home().store.tenants.list()
        if as_json:
            print_json([_facts(tenant) for tenant in tenants])
            return
        print_table(
            "Tenants",
            ("id", "name", "website", "time zone", "autonomy", "Claude budget", "simulated", "paused"),
            (
                (t.id, t.name, t.website, t.timezone, t.autonomy.value, f"${t.llm_budget_usd}", t.simulated, p)
                for t in tenants
                for p in ["yes" if said_of(t) else ""]
            ),
            "No tenants yet: marketeer tenant add ID",
        )
        for said in filter(None, map(said_of, tenants)):
            beside(said)

    @group.command("show", help="One tenant.")
    def show(tenant: Annotated[str, typer.Argument(help="Id of the tenant.")], as_json: AsJson = False) -> None:
        found = tenant_named(open_home(), tenant)
        if as_json:
            print_json(_facts(found))
        else:
            print_fields(list(_facts(found).items()))

    @group.command("set", help="Change a tenant. Example: marketeer tenant set acme --autonomy autopilot")
    def set_(
        tenant: Annotated[str, typer.Argument(help="Id of the tenant.")],
        name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
        website: Annotated[str | None, typer.Option(help="The site.")] = None,
        timezone: Zone = None,
        currency: Annotated[str | None, typer.Option(help="Three letters.")] = None,
        country: Country = None,
        autonomy: Policy = None,
        autonomy_for: PolicyByTool = None,
        llm_budget: LlmBudget = None,
        ad_budget: AdBudget = None,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        current = tenant_named(home, tenant)
        changes = _changes(timezone, country, autonomy, autonomy_for, llm_budget, ad_budget)
        plain = (("name", name), ("website", website), ("currency", currency))
        changes |= {key: value for key, value in plain if value is not None}
        checked_tenant({**current.model_dump(), **changes})
        saved = home.store.tenants.change(tenant, **changes)
        said = {"tenant": saved.id, "changed": list(changes), **saved.model_dump(mode="json", include=set(changes))}
        tell(said, f"tenant {tenant} changed: {', '.join(changes) or 'nothing'}", as_json=as_json)


def _facts(tenant: Tenant) -> dict[str, object]:
    """What is stored of a tenant, and its present pause in words: the stored one may be over."""
    return {**tenant.model_dump(mode="json"), "paused": said_of(tenant)}


def _changes(
    timezone: str | None,
    country: str | None,
    autonomy: Autonomy | None,
    autonomy_for: list[str] | None,
    llm_budget: str | None,
    ad_budget: str | None,
) -> dict[str, object]:
    changes: dict[str, object] = {}
    if timezone is not None:
        changes["timezone"] = timezone
    if country is not None:
        changes["country"] = "" if country.lower() == "none" else check_country(country)
    if autonomy is not None:
        changes["autonomy"] = autonomy
    if autonomy_for:
        changes["autonomy_by_tool"] = dict(_tool_policy(pair) for pair in autonomy_for)
    if llm_budget is not None:
        changes["llm_budget_usd"] = money(llm_budget, "--llm-budget")
    if ad_budget is not None:
        changes["ad_budget_usd"] = money(ad_budget, "--ad-budget")
    return changes


def money(text: str, where: str) -> Decimal:
    """An amount of USD, zero or more; raises BadInput that names the option."""
    try:
        amount = Decimal(text)
    except ArithmeticError:
        raise BadInput(f"{text!r} is not an amount", where=where, expected="USD, for instance 250") from None
    if not amount.is_finite() or amount < 0:
        raise BadInput(f"{text} is not an amount to spend", where=where, expected="USD, zero or more")
    return amount


def _tool_policy(pair: str) -> tuple[str, Autonomy]:
    tool, _, policy = pair.partition("=")
    try:
        return tool, Autonomy(policy)
    except ValueError:
        choices = ", ".join(Autonomy)
        raise BadInput(f"{pair!r}", where="--autonomy-for", expected=f"tool=policy with one of {choices}") from None
