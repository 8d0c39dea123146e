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
from marketeer_dagster.cli.output import AsJson, print_json, say, warn
from marketeer_dagster.cli.pipelines import print_pipelines
from marketeer_dagster.cli.tenancy import ForTenant, tenant_for
from marketeer_dagster.cli.tenants import money
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.pausing import said_of

Wait = Annotated[bool, typer.Option("--wait", help="Stay until the campaign has ended; without it the daemon works.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""

    @app.command("goal", help='State a goal. Example: marketeer goal "+20 % trial signups this quarter" -t acme --wait')
    def goal(
        text: Annotated[str, typer.Argument(help="What is wanted, in your words.")],
        tenant: ForTenant = None,
        budget: Annotated[str | None, typer.Option(help="Most that may be spent on it, USD.")] = None,
        deadline: Annotated[str | None, typer.Option(help="By when, YYYY-MM-DD.")] = None,
        wait: Wait = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        amount = None if budget is None else money(budget, "--budget")
        day = None if deadline is None else _day(deadline)
        owner = tenant_for(home, tenant).id
        check_goal(home.store, owner, text, amount)  # before anything is started
        with running_market(home):
            campaign = take_goal(home.store, home.clock, tenant=owner, text=text, budget_usd=amount, deadline=day)
            code = _taken_up(home, campaign, wait, as_json)
        raise typer.Exit(code)

    @app.command(
        "pipeline",
        help="Run a named pipeline; --list shows them. Example: marketeer pipeline page-launch -t acme --wait",
    )
    def pipeline(
        name: Annotated[str | None, typer.Argument(help="Name of the pipeline.")] = None,
        tenant: ForTenant = None,
        campaign: Annotated[str | None, typer.Option(help="Slug of the campaign; default: made from the name.")] = None,
        wait: Wait = False,
        listing: Annotated[bool, typer.Option("--list", help="What there is, what it makes, who works in it.")] = False,
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        if listing:
            print_pipelines(home.catalog, name, as_json=as_json)
            return
        if name is None:
            raise BadInput("no name was given", where="pipeline", hint="marketeer pipeline --list shows them")
        home.catalog.pipeline(name)
        owner = tenant_for(home, tenant).id
        with_context(home.store, owner)
        if campaign is not None:
            split_campaign_key_checked(f"{owner}:{campaign}")
        with running_market(home):
            taken = take_pipeline(home.store, home.catalog, home.clock, tenant=owner, pipeline=name, slug=campaign)
            code = _taken_up(home, taken, wait, as_json)
        raise typer.Exit(code)


def _taken_up(home: Home, campaign: Campaign, wait: bool, as_json: bool) -> int:
    if wait:
        from marketeer_dagster.cli.carry_on import go_on  # brings Dagster along

        return go_on(home, campaign, as_json=as_json)
    if as_json:
        print_json({"campaign": campaign.key, "status": campaign.status.value})
    else:
        say(f"campaign {campaign.key} accepted; `marketeer up` or `marketeer daemon` works on it")
    if pause := said_of(home.store.tenants.get(campaign.tenant)):
        warn(f"it waits: {pause}; to go on: marketeer tenant resume {campaign.tenant}")
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is not a date", where="--deadline", expected="YYYY-MM-DD") from None
