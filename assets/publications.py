"""Publications: the campaign as a whole is looked at once more, then each channel gets what is approved."""

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
    asset_check,
)

from assets.artefact_checks import findings_table, next_step, nothing_made, stands_against
from assets.failures import campaign_asked, explained, explained_or_asked
from assets.names import CAMPAIGN_REVIEW, NEXT_STEP, asset_key
from assets.partitions import campaigns
from assets.whereabouts import changed, observations, spent
from marketeer_dagster.campaigns.costs import campaign_cost
from marketeer_dagster.campaigns.escalating import escalate
from marketeer_dagster.campaigns.examining import Examination, Findings, earlier_heads
from marketeer_dagster.campaigns.publishing import Measuring, intend_all
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import TryLater
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.retrying import WALL, waits
from marketeer_dagster.store import Store
from resources.calling import CallLimiter
from resources.limits import limiter

GROUP = "publications"


def publishing_tools(catalog: Catalog) -> tuple[str, ...]:
    """Every channel that some skill publishes to."""
    return tuple(sorted({tool for skill in catalog.skills.values() for tool in skill.publishes_to}))


def publication_key(tool: str) -> AssetKey:
    """The asset that a campaign's presence in one channel is."""
    return AssetKey(f"{tool}_publication")


def build_publication_assets(catalog: Catalog) -> list[AssetsDefinition]:
    """`campaign_review`, then one asset per channel."""
    return [_campaign_review(catalog), *(_publication(catalog, tool) for tool in publishing_tools(catalog))]


def _campaign_review(catalog: Catalog) -> AssetsDefinition:
    @asset(
        key=CAMPAIGN_REVIEW,
        partitions_def=campaigns,
        deps=[asset_key(skill) for skill in catalog.skills.values()],
        group_name=GROUP,
        kinds={"markdown"},
        owners=["team:strategy"],
        required_resource_keys={"store"},
        description="Everything the campaign made, side by side, before any of it goes out.",
    )
    def campaign_review(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        with explained():
            campaign_asked(store, context.partition_key)
        heads = _heads(store, context.partition_key)
        cost = campaign_cost(store, context.partition_key)
        context.log_event(spent(CampaignKey(context.partition_key), cost))
        rows = [
            f"| {a.skill} | {a.title} | {a.version} | {a.status.value} | {a.score:.1f} | {a.revisions} "
            f"| {a.spend.cost_usd:.4f} |"
            for a in heads
        ]
        head = [
            "| Skill | Artefact | Version | Status | Score | Revisions | Cost, USD |",
            "|---|---|---|---|---|---|---|",
        ]
        return MaterializeResult(
            metadata={
                "preview": MetadataValue.md("\n".join([*head, *rows])),
                "artefacts": len(heads),
                "cost_usd": float(cost.cost_usd),
            }
        )

    return campaign_review


def build_campaign_check(catalog: Catalog) -> AssetChecksDefinition:
    """Before anything is published: do all of the campaign's artefacts agree with each other?"""

    @asset_check(
        asset=CAMPAIGN_REVIEW,
        name="consistency",
        blocking=True,
        partitions_def=campaigns,
        required_resource_keys={"store", "clock"},
        description="All artefacts of the campaign agree on offer, price, audience, call to action and voice.",
    )
    def campaign_consistency(context: AssetCheckExecutionContext) -> AssetCheckResult:
        store: Store = context.resources.store.store()
        heads = _heads(store, context.partition_key)
        if not heads:
            return nothing_made(context.partition_key, "work")
        found = {head: _disagreements(store, catalog, head, heads) for head in heads}
        against = {head: findings for head, findings in found.items() if stands_against(store, head, findings)}
        for head, findings in against.items():
            escalate(store, context.resources.clock.clock(), head, findings, why="it disagrees with the campaign")
        every = tuple(finding for findings in found.values() for finding in findings)
        steps = "\n".join(f"{head.skill}: {next_step(store, head)}" for head in against)
        return AssetCheckResult(
            passed=not against,
            description=f"held back: {', '.join(head.skill for head in against)}" if against else None,
            metadata={
                "looked_at": f"{len(heads)} artefacts of {context.partition_key}, side by side",
                "findings": MetadataValue.md(findings_table(every)),
                "artefacts": len(heads),
                "held_back": ", ".join(head.skill for head in against) or "none",
                **({NEXT_STEP: MetadataValue.text(steps)} if against else {}),
            },
        )

    return campaign_consistency


def _disagreements(store: Store, catalog: Catalog, head: Artefact, heads: tuple[Artefact, ...]) -> Findings:
    """What `head` answers for when all work of the campaign lies side by side, held against the newest context."""
    newest = store.contexts.get(head.tenant, max(one.context_version for one in heads)).context
    earlier = earlier_heads(store, catalog, head.campaign, head.skill, approved_only=False)
    return Examination.of(store, catalog, head).among(earlier, newest).consistency(head.parsed())


def _heads(store: Store, partition_key: str) -> tuple[Artefact, ...]:
    return store.artefacts.heads(CampaignKey(partition_key))


def _publication(catalog: Catalog, tool: str) -> AssetsDefinition:
    @asset(
        key=publication_key(tool),
        partitions_def=campaigns,
        deps=[CAMPAIGN_REVIEW],
        group_name=GROUP,
        kinds={tool},
        owners=["team:activate"],
        required_resource_keys={"store", "clock", "publishers"},
        description=(
            f"What the campaign has in {tool}: intent, the tenant's autonomy policy, look-up, write, receipt. "
            "Safe to repeat: nothing is ever published twice."
        ),
        pool=tool,
    )
    def publication(context: AssetExecutionContext) -> MaterializeResult:
        store: Store = context.resources.store.store()
        clock = context.resources.clock.clock()
        key = CampaignKey(context.partition_key)
        with explained_or_asked(context.op_execution_context):
            tenant = campaign_asked(store, key).tenant
        publishers = context.resources.publishers.of(tenant)
        if tool not in publishers:
            note = f"{tool} is not connected for {tenant}: `marketeer connect {tool} --tenant {tenant}`"
            context.log.warning(note)
            return MaterializeResult(metadata={"state": "not connected", "what to do": MetadataValue.md(note)})
        with explained():
            outbox = Outbox(store, {tool: publishers[tool]}, clock)
            before = store.publications.list(tenant=tenant)
            ga4, limits = store.connections.get(tenant, "ga4"), limiter(context.resources.store.settings())
            intents = intend_all(store, catalog, clock, outbox, key, tool, lambda: _measuring(ga4, limits))
            outbox.deliver_due(tenant)
            rows = store.publications.list(campaign=key, tool=tool)
            others = [p for p in store.publications.list(tenant=tenant) if p not in rows]
            # Its own always, also when a crash came between a receipt and this; others' that this delivery changed.
            for observation in observations(store, (*rows, *changed(before, others))):
                context.log_event(observation)
            now = WALL.now()
            for row in rows:
                if row.retry_at is not None and waits(row, now):
                    # Nothing is lost: the sensor `approved_publications` tries it again when its time has come.
                    raise TryLater(row.error, retry_after_s=(row.retry_at - now).total_seconds())
        return MaterializeResult(metadata=_metadata(rows, intents.held))

    return publication


def _measuring(ga4: Connection | None, limits: CallLimiter) -> Measuring:
    """The tests whose arms the tenant's analytics know. Raises ToolError when they do not answer."""
    from resources.ga4 import Ga4Client
    from resources.ga4_experiments import UNREGISTERED

    if ga4 is None:
        return Measuring(frozenset(), "connect Google Analytics 4: marketeer connect ga4")
    return Measuring(Ga4Client(ga4, limiter=limits).registered_slots(), UNREGISTERED)


def _metadata(rows: tuple[Publication, ...], held: tuple[str, ...]) -> dict[str, object]:
    lines = [
        f"| {p.kind} | {p.target} | {p.skill} v{p.version} | {p.state.value} | {_link(p)} | {p.error} |" for p in rows
    ]
    head = ["| Kind | Target | Artefact | State | Where | Error |", "|---|---|---|---|---|---|"]
    states = sorted({p.state.value for p in rows})
    metadata: dict[str, object] = {
        "publications": MetadataValue.md("\n".join([*head, *lines]) if rows else "Nothing of this campaign goes here."),
        "state": ", ".join(states) or "nothing to publish",
        "simulated": any(p.simulated for p in rows),
    }
    if held:
        metadata["held"] = MetadataValue.md("\n".join(f"- {line}" for line in held))
    for publication in rows:
        if publication.url:
            metadata[f"url {publication.target}".strip()] = MetadataValue.url(publication.url)
    return metadata


def _link(publication: Publication) -> str:
    return f"[{publication.external_id}]({publication.url})" if publication.url else publication.external_id
