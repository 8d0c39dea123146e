"""A campaign as one object: what it planned, made, published and cost."""

from typing import Any

from marketeer_dagster.campaigns.closing import why_gone
from marketeer_dagster.campaigns.costs import CampaignCost, campaign_cost
from marketeer_dagster.campaigns.status import UNDER_WAY
from marketeer_dagster.cli.home import Home
from marketeer_dagster.cli.output import print_table, say
from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.publishing.standing import waits_for
from marketeer_dagster.store import Store


def campaign_report(home: Home, campaign: Campaign, wall_s: float | None = None) -> dict[str, Any]:
    """The object that `goal --wait --json` prints; `campaign show --json` prints it too."""
    store = home.store
    artefacts = store.artefacts.heads(campaign.key)
    publications = store.publications.list(campaign=campaign.key)
    cost = campaign_cost(store, campaign.key)
    return {
        "campaign": campaign.key,
        "title": campaign.title,
        "status": campaign.status.value,
        "reason": reason_of(home.store, campaign),
        "resume_at": campaign.resume_at.isoformat() if campaign.resume_at else None,
        "plan": campaign.plan.model_dump(mode="json") if campaign.plan else None,
        "artefacts": [_artefact(artefact) for artefact in artefacts],
        "publications": [_publication(store, publication) for publication in publications],
        "inbox": [question.model_dump(mode="json") for question in _open_questions(store, campaign)],
        "llm": spend_report(store.llm.totals(campaign=campaign.key)) | {"by_work": cost_report(cost)},
        "runs": runs_of(home, campaign.key),
        "wall_s": None if wall_s is None else round(wall_s, 2),
        "simulated": any(artefact.simulated for artefact in artefacts) or any(p.simulated for p in publications),
    }


def reason_of(store: Store, campaign: Campaign) -> str:
    """Why a campaign stands where it stands; empty while it is worked on and when all went well."""
    why = campaign.reason or "\n".join(question.title for question in _open_questions(store, campaign))
    if campaign.status not in UNDER_WAY or not (pause := said_of(store.tenants.get(campaign.tenant))):
        return why
    return "\n".join([pause, *(line for line in why.splitlines() if not line.startswith(pause))])


def _open_questions(store: Store, campaign: Campaign) -> tuple[Approval, ...]:
    pending = store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING)
    return tuple(question for question in pending if not why_gone(store, question))


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


def cost_report(cost: CampaignCost) -> dict[str, dict[str, float]]:
    """Calls and USD by kind of work."""
    return {part.work: {"calls": part.calls, "cost_usd": float(part.cost_usd)} for part in cost.parts}


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


def _publication(store: Store, publication: Publication) -> dict[str, Any]:
    return {
        "id": publication.id,
        "tool": publication.tool,
        "kind": publication.kind,
        "target": publication.target,
        "external_id": publication.external_id,
        "url": publication.url,
        "state": publication.state.value,
        "waits_for": waits_for(store, publication),
        "error": publication.error,
    }


def print_campaign(report: dict[str, Any]) -> None:
    """The report for people."""
    say(f"{report['campaign']} {report['title']}: {report['status']}", style="bold")
    asked = "\n".join(question["title"] for question in report["inbox"])
    if report["reason"] and report["reason"] != asked:  # what is asked is said below, with the answer's command
        say(f"reason: {report['reason']}")
    if report["resume_at"]:
        say(f"the daemon goes on with it after {report['resume_at']}; now: marketeer campaign continue")
    plan = report["plan"]
    if plan:
        kpi = plan["kpi"]
        say(f"{plan['summary']}\nKPI {kpi['metric']}: {kpi['baseline']:g} to {kpi['target']:g} {kpi['unit']}")
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
        (
            (p["tool"], p["kind"], p["target"], p["state"], p["url"] or p["waits_for"] or p["error"])
            for p in report["publications"]
        ),
        "Nothing published.",
    )
    for question in report["inbox"]:
        say(f"asks: {question['title']}\n      marketeer approve {question['id']}")
    llm = report["llm"]
    say(f"Claude: {llm['calls']} calls, USD {llm['cost_usd']:.4f}{' (simulated)' if report['simulated'] else ''}")
    parts = [
        f"{work} {told['cost_usd']:.4f} ({told['calls']})" for work, told in llm["by_work"].items() if told["calls"]
    ]
    if parts:
        say(f"        {', '.join(parts)}")
