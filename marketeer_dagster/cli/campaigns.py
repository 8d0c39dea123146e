"""`marketeer campaign list|show` and `marketeer artefact list|show|export`."""

from pathlib import Path
from typing import Annotated

import typer

from marketeer_dagster.cli.export import Format, exported
from marketeer_dagster.cli.home import open_home
from marketeer_dagster.cli.output import AsJson, print_json, print_table, say
from marketeer_dagster.cli.report import campaign_report, print_campaign, reason_of
from marketeer_dagster.cli.tenancy import OfTenant, owner_of
from marketeer_dagster.model.ids import ArtefactId, CampaignKey

OfCampaign = Annotated[str | None, typer.Option("--campaign", "-c", help="Only this campaign's, tenant:slug.")]


def register(app: typer.Typer) -> None:
    """Add the groups to `app`."""
    _campaigns(app)
    _artefacts(app)


def _campaigns(app: typer.Typer) -> None:
    group = typer.Typer(help="Campaigns: plans and what became of them.", no_args_is_help=True)
    app.add_typer(group, name="campaign")

    @group.command("list", help="Campaigns in order of arrival.")
    def list_(tenant: OfTenant = None, as_json: AsJson = False) -> None:
        home = open_home()
        store = home.store
        found = store.campaigns.list(tenant=owner_of(home, tenant))
        if as_json:
            print_json([{**c.model_dump(mode="json", exclude={"plan"}), "reason": reason_of(store, c)} for c in found])
            return
        rows = (
            (c.key, c.title, c.status.value, c.priority.name, c.pipeline or c.signal or "", _first(reason_of(store, c)))
            for c in found
        )
        columns = ("campaign", "title", "status", "priority", "asked by", "reason")
        print_table("Campaigns", columns, rows, "No campaigns yet: marketeer goal TEXT --tenant ID")

    @group.command("show", help="One campaign: plan, artefacts, publications, cost.")
    def show(key: Annotated[str, typer.Argument(help="tenant:slug")], as_json: AsJson = False) -> None:
        home = open_home()
        report = campaign_report(home, home.store.campaigns.get(CampaignKey(key)))
        if as_json:
            print_json(report)
        else:
            print_campaign(report)

    @group.command(
        "continue", help="Work on a campaign that waits, without a daemon. Example: after `marketeer approve`."
    )
    def continue_(key: Annotated[str, typer.Argument(help="tenant:slug")], as_json: AsJson = False) -> None:
        home = open_home()
        campaign = home.store.campaigns.get(CampaignKey(key))
        from marketeer_dagster.cli.carry_on import go_on  # brings Dagster along

        raise typer.Exit(go_on(home, campaign, as_json=as_json))


def _first(reason: str) -> str:
    """The first line, and that there are more."""
    lines = reason.splitlines()
    return lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "") if lines else ""


def _artefacts(app: typer.Typer) -> None:
    group = typer.Typer(help="Artefacts: what was made.", no_args_is_help=True)
    app.add_typer(group, name="artefact")

    @group.command("list", help="The current version of every artefact.")
    def list_(tenant: OfTenant = None, campaign: OfCampaign = None, as_json: AsJson = False) -> None:
        home = open_home()
        store, owner = home.store, owner_of(home, tenant)
        key = store.campaigns.get(CampaignKey(campaign)).key if campaign else None
        found = store.artefacts.list(tenant=owner, campaign=key)
        if as_json:
            print_json([artefact.model_dump(mode="json", exclude={"content"}) for artefact in found])
            return
        rows = ((a.id, a.campaign, a.title, a.version, a.status.value, f"{a.score:.1f}") for a in found)
        print_table("Artefacts", ("id", "campaign", "title", "version", "status", "score"), rows, "Nothing made yet.")

    @group.command("show", help="One artefact with its reviews.")
    def show(
        id: Annotated[str, typer.Argument(help="As `artefact list` shows it.")],
        version: Annotated[int | None, typer.Option(min=1, help="Default: the current one.")] = None,
        as_json: AsJson = False,
    ) -> None:
        store = open_home().store
        artefact = store.artefacts.get(ArtefactId(id), version)
        reviews = store.reviews.list(artefact=artefact.id, version=artefact.version)
        if as_json:
            print_json({**artefact.model_dump(mode="json"), "reviews": reviews})
            return
        head = f"{artefact.title} · {artefact.skill} · version {artefact.version} · {artefact.status.value}"
        say(f"{head} · score {artefact.score:.1f}", style="bold")
        say(artefact.parsed().render())
        rows = ((r.reviewer, r.round, r.verdict.value, f"{r.score:.1f}", len(r.findings), r.summary) for r in reviews)
        print_table(
            "Reviews", ("reviewer", "round", "verdict", "score", "findings", "summary"), rows, "No reviews yet."
        )

    @group.command("export", help="One artefact as a document.")
    def export(
        id: Annotated[str, typer.Argument(help="As `artefact list` shows it.")],
        format: Annotated[Format, typer.Option("--format", help="md, html or json.")] = Format.MD,
        version: Annotated[int | None, typer.Option(min=1, help="Default: the current one.")] = None,
        output: Annotated[Path | None, typer.Option("--output", "-o", help="File; default: standard output.")] = None,
        as_json: AsJson = False,
    ) -> None:
        artefact = open_home().store.artefacts.get(ArtefactId(id), version)
        text = exported(artefact, format)
        if output is not None:
            output.write_text(text, encoding="utf-8")
        if as_json:
            where = {"output": str(output)} if output else {"text": text}
            print_json({"id": artefact.id, "version": artefact.version, "format": format.value, **where})
        elif output is None:
            typer.echo(text)
        else:
            say(f"wrote {output}")
