"""`marketeer goal` and `marketeer pipeline`."""

from datetime import date
from typing import Annotated

import typer

from marketeer_dagster.campaigns.intake import (
    check_goal,
    split_campaign_key_checked,
    take_goal,
    take_pipeline,
    with_context,
)
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.market import running_market
from marketeer_dagster.cli.output import AsJson, console, errors, print_json
from marketeer_dagster.cli.report import status_word
from marketeer_dagster.cli.tenants import money
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.pausing import said_of

ForTenant = Annotated[str, typer.Option("--tenant", "-t", help="Id of the tenant.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until the campaign has ended; without it the daemon works.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command("goal", help='State a goal. Example: marketeer goal "+20 % trial signups this quarter" -t acme --wait')
    def goal(
        text: Annotated[str, typer.Argument(help="What is wanted, in your words.")],
        tenant: ForTenant,
        budget: Annotated[str | None, typer.Option(help="Most that may be spent on it, USD.")] = None,
        deadline: Annotated[str | None, typer.Option(help="By when, YYYY-MM-DD.")] = None,
        wait: Wait = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        amount = None if budget is None else money(budget, "--budget")
        day = None if deadline is None else _day(deadline)
        check_goal(home.store, TenantId(tenant), text, amount)  # before anything is started
        with running_market(home):
            campaign = take_goal(
                home.store, home.clock, tenant=TenantId(tenant), text=text, budget_usd=amount, deadline=day
            )
            code = _taken_up(home, campaign, wait, as_json)
        raise typer.Exit(code)

    @app.command("pipeline", help="Run one named pipeline. Example: marketeer pipeline page-launch -t acme --wait")
    def pipeline(
        name: Annotated[str, typer.Argument(help="Name of the pipeline.")],
        tenant: ForTenant,
        campaign: Annotated[str | None, typer.Option(help="Slug of the campaign; default: made from the name.")] = None,
        wait: Wait = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        home.catalog.pipeline(name)
        with_context(home.store, TenantId(tenant))
        if campaign is not None:
            split_campaign_key_checked(f"{tenant}:{campaign}")
        with running_market(home):
            taken = take_pipeline(
                home.store, home.catalog, home.clock, tenant=TenantId(tenant), pipeline=name, slug=campaign
            )
            code = _taken_up(home, taken, wait, as_json)
        raise typer.Exit(code)


def _taken_up(home: Home, campaign: Campaign, wait: bool, as_json: bool) -> int:
    if wait:
        from marketeer_dagster.cli.carry_on import go_on  # brings Dagster along

        return go_on(home, campaign, as_json=as_json)
    if as_json:
        print_json({"campaign": campaign.key, "status": status_word(campaign)})
    else:
        console.print(f"campaign {campaign.key} accepted; `marketeer up` or `marketeer daemon` works on it")
    if pause := said_of(home.store.tenants.get(campaign.tenant)):
        errors.print(f"it waits: {pause}; to go on: marketeer tenant resume {campaign.tenant}", markup=False)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where="--deadline", expected="YYYY-MM-DD") from None
