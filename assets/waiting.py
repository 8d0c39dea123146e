"""What waits for a person, seen on the asset that it keeps from going on: the check `approved`.

A warning, not an error: nothing is wrong, somebody is asked. It stands on each channel's publication (questions about
what shall go out there, and about the campaign as a whole) and on the Director's recommended goals. An artefact that
was not approved has failed checks of its own. The run that asks evaluates it, the sensor `waiting` when the inbox
changes.
"""

from collections.abc import Iterable, Mapping, Sequence

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    AssetSelection,
    JobDefinition,
    MetadataValue,
    PartitionsDefinition,
    asset_check,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.direction import RECOMMENDED_GOALS
from assets.labels import labelled, tenant_of_campaign
from assets.partitions import campaigns, tenants
from assets.publications import publication_key, publishing_tools
from marketeer_dagster.campaigns.direction import RECOMMENDATION
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.store import Store

APPROVED = "approved"
SHOW, SHOW_GOALS = "show_waiting", "show_waiting_goals"
Place = tuple[str, str]
"""An asset's name and the partition of it that waits."""


def build_waiting_checks(catalog: Catalog) -> list[AssetChecksDefinition]:
    """The check `approved` of every channel's publication and of the recommended goals."""
    channels = [_check(catalog, publication_key(tool), campaigns) for tool in publishing_tools(catalog)]
    return [*channels, _check(catalog, RECOMMENDED_GOALS, tenants)]


def _check(catalog: Catalog, asset: AssetKey, partitions: PartitionsDefinition) -> AssetChecksDefinition:
    @asset_check(
        asset=asset,
        name=APPROVED,
        partitions_def=partitions,
        required_resource_keys={"store"},
        description="Nothing of it waits for a person. While something does, it names the questions and how to answer.",
    )
    def approved(context: AssetCheckExecutionContext) -> AssetCheckResult:
        place = asset.to_user_string(), context.partition_key
        asked = waiting(context.resources.store.store(), catalog).get(place, [])
        return AssetCheckResult(
            passed=not asked, severity=AssetCheckSeverity.WARN, description=said(asked), metadata=_metadata(asked)
        )

    return approved


def waiting(store: Store, catalog: Catalog) -> dict[Place, list[Approval]]:
    """The open questions by the place that shows them."""
    found: dict[Place, list[Approval]] = {}
    for question in store.approvals.list(state=ApprovalState.PENDING):
        for place in _places(store, catalog, question):
            found.setdefault(place, []).append(question)
    return found


def _places(store: Store, catalog: Catalog, question: Approval) -> Iterable[Place]:
    if question.subject.startswith(RECOMMENDATION):
        return [(RECOMMENDED_GOALS.to_user_string(), question.tenant)]
    if question.subject.startswith("pub_"):
        return [_channel(store.publications.get(question.subject).tool, question)]
    if question.campaign and question.subject == question.campaign:
        try:
            plan = store.campaigns.get(question.campaign).plan
        except NotFound:
            return []
        skills = [catalog.skills[name] for name in (plan.skills if plan else ()) if name in catalog.skills]
        return [_channel(tool, question) for tool in sorted({tool for skill in skills for tool in skill.publishes_to})]
    return []


def _channel(tool: str, question: Approval) -> Place:
    return publication_key(tool).to_user_string(), question.campaign


def said(asked: Sequence[Approval]) -> str:
    """The check's description: whom it waits for."""
    return f"waits for a person: {', '.join(q.id for q in asked)}" if asked else "nothing waits for a person"


def build_waiting_jobs(catalog: Catalog) -> list[UnresolvedAssetJobDefinition | JobDefinition]:
    """`show_waiting` and `show_waiting_goals`: the checks alone, where a question was answered and no run follows."""
    channels = [AssetCheckKey(publication_key(tool), APPROVED) for tool in publishing_tools(catalog)]
    goals = [AssetCheckKey(RECOMMENDED_GOALS, APPROVED)]
    made = ((SHOW, channels, campaigns, tenant_of_campaign), (SHOW_GOALS, goals, tenants, str))
    return [
        define_asset_job(
            name,
            selection=AssetSelection.checks(*keys),
            config=labelled(partitions, tenant_of),
            executor_def=in_process_executor,
            description="Show on the assets what waits for a person now; the sensor `waiting` asks for it.",
        )
        for name, keys, partitions, tenant_of in made
    ]


def _metadata(asked: Sequence[Approval]) -> Mapping[str, MetadataValue]:
    if not asked:
        return {}
    questions = "\n\n".join(f"**`{q.id}`** {q.title} ({q.reason.value})\n\n{q.detail}" for q in asked)
    config = f"ops:\n  record_answer:\n    config: {{question: {asked[0].id}, answer: approve, by: YOUR NAME}}"
    return {
        "questions": MetadataValue.md(questions[:20_000]),
        "what to do": MetadataValue.md(
            f"Launch the job `answer_inbox` with\n\n```yaml\n{config}\n```\n\nor `marketeer approve {asked[0].id}` "
            "(`reject`, `revise`)."
        ),
    }
