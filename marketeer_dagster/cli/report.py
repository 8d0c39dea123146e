"""A campaign as one object: what it planned, made, published and cost."""

from typing import Any

from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import console, print_table
from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication

WORDS = {CampaignStatus.WAITING: "approved", CampaignStatus.POSTPONED: "waiting"}
"""A campaign that waits for a person's release has all its work approved; `inbox` holds the question. One that is
postponed waits for nobody."""


def status_word(campaign: Campaign) -> str:
    """A campaign's status as every command says it."""
    return WORDS.get(campaign.status, campaign.status.value)


def campaign_report(home: Home, campaign: Campaign, wall_s: float | None = None) -> dict[str, Any]:
    """The object that `goal --wait --json` prints; `campaign show --json` prints it too."""
    store = home.store
    artefacts = store.artefacts.heads(campaign.key)
    publications = store.publications.list(campaign=campaign.key)
    return {
        "campaign": campaign.key,
        "title": campaign.title,
        "status": status_word(campaign),
        "plan": campaign.plan.model_dump(mode="json") if campaign.plan else None,
        "artefacts": [_artefact(artefact) for artefact in artefacts],
        "publications": [_publication(publication) for publication in publications],
        "waiting": [
            a.model_dump(mode="json") for a in store.approvals.list(campaign=campaign.key) if a.state == "pending"
        ],
        "llm": spend_report(store.llm.totals(campaign=campaign.key)),
        "runs": runs_of(home, campaign.key),
        "wall_s": None if wall_s is None else round(wall_s, 2),
        "simulated": any(artefact.simulated for artefact in artefacts) or any(p.simulated for p in publications),
    }


def runs_of(home: Home, key: CampaignKey) -> list[str]:
    """Ids of the Dagster runs that had this campaign as their partition, oldest first: also those that only published,
    or replayed every answer, and so have no call of their own in the ledger.
    """
    if not home.has_instance:
        return []
    from dagster import RunsFilter  # takes a second, which most commands can do without

    from assets.launching import PARTITION_TAG
    from marketeer_dagster.cli.drive import dagster_instance

    with dagster_instance(home) as instance:
        records = instance.get_run_records(RunsFilter(tags={PARTITION_TAG: key}), ascending=True)
        return [record.dagster_run.run_id for record in records]


def spend_report(spend: Spend) -> dict[str, Any]:
    """Calls, tokens by kind and cost."""
    return {**spend.model_dump(exclude={"cost_usd"}), "cost_usd": float(spend.cost_usd)}


def _artefact(artefact: Artefact) -> dict[str, Any]:
    return {
        "id": artefact.id,
        "skill": artefact.skill,
        "kind": artefact.kind,
        "title": artefact.title,
        "version": artefact.version,
        "status": artefact.status.value,
        "score": artefact.score,
        "verdict": artefact.verdict.value,
        "revisions": artefact.revisions,
        "cost_usd": float(artefact.spend.cost_usd),
    }


def _publication(publication: Publication) -> dict[str, Any]:
    return {
        "id": publication.id,
        "tool": publication.tool,
        "kind": publication.kind,
        "target": publication.target,
        "external_id": publication.external_id,
        "url": publication.url,
        "state": publication.state.value,
        "error": publication.error,
    }


def print_campaign(report: dict[str, Any]) -> None:
    """The report for people."""
    console.print(f"[bold]{report['campaign']}[/] {report['title']}: [bold]{report['status']}[/]")
    plan = report["plan"]
    if plan:
        kpi = plan["kpi"]
        console.print(f"{plan['summary']}\nKPI {kpi['metric']}: {kpi['baseline']:g} to {kpi['target']:g} {kpi['unit']}")
    print_table(
        "Artefacts",
        ("artefact", "title", "version", "status", "score", "revisions", "USD"),
        (
            (
                a["skill"],
                a["title"],
                a["version"],
                a["status"],
                f"{a['score']:.1f}",
                a["revisions"],
                f"{a['cost_usd']:.4f}",
            )
            for a in report["artefacts"]
        ),
        "Nothing made yet.",
    )
    print_table(
        "Publications",
        ("tool", "kind", "target", "state", "where"),
        ((p["tool"], p["kind"], p["target"], p["state"], p["url"] or p["error"]) for p in report["publications"]),
        "Nothing published.",
    )
    if report["waiting"]:
        console.print(f"{len(report['waiting'])} question(s) wait for a person: marketeer inbox")
    llm = report["llm"]
    console.print(
        f"Claude: {llm['calls']} calls, USD {llm['cost_usd']:.4f}{' (simulated)' if report['simulated'] else ''}"
    )
