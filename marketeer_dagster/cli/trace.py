"""`marketeer trace`: where an artefact or a campaign comes from, at what price, and what came of it."""

from collections.abc import Mapping
from typing import Annotated

import typer

from marketeer_dagster.campaigns.costs import CampaignCost
from marketeer_dagster.campaigns.results import results
from marketeer_dagster.campaigns.tracing import ArtefactTrace, Call, CampaignTrace, trace_artefact, trace_campaign
from marketeer_dagster.cli.home import Home, open_home
from marketeer_dagster.cli.output import AsJson, console, print_json
from marketeer_dagster.cli.report import cost_report
from marketeer_dagster.model.ids import ArtefactId, CampaignKey


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""

    @app.command(
        "trace",
        help="What was asked, read and answered, by which model, at what price, and what came of it. "
        "Example: marketeer trace acme:spring",
    )
    def trace(
        subject: Annotated[str, typer.Argument(help="An artefact's id, art_…, or a campaign's key, tenant:slug.")],
        as_json: AsJson = False,
    ) -> None:
        home = open_home()
        if ":" in subject:
            campaign = home.store.campaigns.get(CampaignKey(subject))
            found = trace_campaign(home.store, campaign, _figures(home, campaign.tenant))
            if as_json:
                plain = found.model_dump(mode="json") | {"cost": cost_report(found.cost)}
                artefacts = [_artefact(one) for one in found.artefacts]
                print_json(plain | {"cost_usd": float(found.cost.cost_usd), "artefacts": artefacts})
            else:
                _print_campaign(found)
            return
        artefact = home.store.artefacts.get(ArtefactId(subject))
        one = trace_artefact(home.store, artefact, _figures(home, artefact.tenant))
        if as_json:
            print_json(_artefact(one))
        else:
            _print_artefact(one)


def cost_line(cost: CampaignCost) -> str:
    """Calls and USD by kind of work in one line; kinds of work without a call are left out."""
    parts = ", ".join(f"{part.work} {part.cost_usd:.4f} ({part.calls})" for part in cost.parts if part.calls)
    return f"USD {cost.cost_usd:.4f} in {cost.calls} calls: {parts or 'none yet'}"


def _figures(home: Home, tenant: str):
    with home.warehouse.reading() as connection:
        return results(connection, tenant)


def _artefact(trace: ArtefactTrace) -> Mapping[str, object]:
    return trace.model_dump(mode="json") | {"cost_usd": float(trace.cost_usd)}


def _print_campaign(trace: CampaignTrace) -> None:
    _line(f"{trace.campaign} {trace.title}: {trace.status}")
    _line(f"asked   {trace.asked}")
    _line(f"plan    {trace.plan or 'none yet'}")
    _calls(trace.plan_calls)
    _line(f"cost    {cost_line(trace.cost)}")
    for artefact in trace.artefacts:
        console.print()
        _print_artefact(artefact)


def _print_artefact(trace: ArtefactTrace) -> None:
    _line(f"{trace.artefact} {trace.title}, {trace.skill} v{trace.version}: {trace.status}, score {trace.score:.1f}")
    brief = f"; brief: {trace.asked.brief.objective}" if trace.asked.brief else ""
    _line(f"asked   {trace.asked.by}{brief}")
    read = trace.read
    works = [f"context version {read.context_version}", *read.upstream]
    works += [f'learning "{statement}"' for statement in read.learnings]
    works += [f"the live page {read.page}"] if read.page else []
    works += [f"figures ({read.figures} characters)"] if read.figures else []
    _line(f"read    {'; '.join(works)}")
    _line(f"skill   {trace.skill_hash[:12]}, prompt {trace.prompt_hash[:12]}")
    _line(f"made    {'; '.join(trace.versions)}")
    _calls(trace.calls)
    for review in trace.reviews:
        _line(
            f"review  v{review.version} by {review.reviewer}, round {review.round}: {review.verdict} {review.score:.1f}"
        )
        for quote in review.quotes:
            words = f' "{quote.words}"' if quote.words else ""
            _line(f"          {quote.reviewer} on {quote.about}: {quote.said}{words}")
    for decision in trace.decisions:
        _line(f"person  {decision.question}: {decision.state} {f'by {decision.by}' if decision.by else ''}".rstrip())
    _line(f"cost    USD {trace.cost_usd:.4f}{' (simulated)' if trace.simulated else ''}")
    for published in trace.publications:
        where = published.url or published.target
        _line(f"went to {published.tool} {published.kind} {where} (v{published.version}): {published.standing.said}")
        if published.result is not None:
            _line(f"brought {published.result.said}")
    if not trace.publications:
        _line("went to nowhere")


def _calls(calls: tuple[Call, ...]) -> None:
    for call in calls:
        tokens = f"{call.input_tokens} in, {call.output_tokens} out"
        failed = f": {call.error}" if call.error else ""
        _line(
            f"call    {call.purpose} {call.model} {call.state}, {tokens}, USD {call.cost_usd:.4f} ({call.call}){failed}"
        )


def _line(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
