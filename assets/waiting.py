"""What waits for a person, seen on the asset that it keeps from going on: the check `approved`.

A warning, not an error: nothing is wrong, somebody is asked. It stands on each channel's publication (questions about
what shall go out there, and about the campaign as a whole) and on the Director's recommended goals. An artefact that
was not approved has failed checks of its own. The run that asks evaluates it, the sensor `waiting` when the inbox
changes.
"""

from collections.abc import Iterable, Mapping, Sequence

from dagster import (
    AssetCheckEvaluation,
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    AssetRecordsFilter,
    DagsterInstance,
    EventLogRecord,
    MetadataValue,
    PartitionsDefinition,
    asset_check,
)
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from assets.direction import RECOMMENDED_GOALS
from assets.partitions import campaigns, tenants
from assets.publications import publication_key, publishing_tools
from marketeer_dagster.campaigns.direction import RECOMMENDATION
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.store import Store

APPROVED = "approved"
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


def evaluation(
    instance: DagsterInstance, place: Place, asked: Sequence[Approval], answered: Sequence[Approval] = ()
) -> AssetCheckEvaluation:
    """The check's result where no run evaluates it: because a question was asked or answered."""
    asset, partition = place
    made = instance.fetch_materializations(AssetRecordsFilter(AssetKey(asset), asset_partitions=[partition]), limit=1)
    return AssetCheckEvaluation(
        asset_key=AssetKey(asset),
        check_name=APPROVED,
        passed=not asked,
        severity=AssetCheckSeverity.WARN,
        partition=partition,
        # Without it the UI goes by whole seconds, and calls a check "not evaluated" that follows within one.
        target_materialization_data=_about(made.records[0]) if made.records else None,
        description=said(asked, answered),
        metadata=_metadata(asked, answered),
    )


def _about(made: EventLogRecord) -> AssetCheckEvaluationTargetMaterializationData:
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=made.storage_id, run_id=made.run_id, timestamp=made.timestamp
    )


def said(asked: Sequence[Approval], answered: Sequence[Approval] = ()) -> str:
    """The check's description: whom it waits for, or how it was answered."""
    if asked:
        return f"waits for a person: {', '.join(question.id for question in asked)}"
    words = [f"{a.id} {a.state.value} by {a.decided_by or 'nobody'}" for a in answered]
    return "; ".join(words) or "nothing waits for a person"


def _metadata(asked: Sequence[Approval], answered: Sequence[Approval] = ()) -> Mapping[str, MetadataValue]:
    if not asked:
        lines = [f"- `{a.id}` {a.state.value} by {a.decided_by or 'nobody'}: {a.note or 'no note'}" for a in answered]
        return {"answers": MetadataValue.md("\n".join(lines))} if lines else {}
    questions = "\n\n".join(f"**`{q.id}`** {q.title} ({q.reason.value})\n\n{q.detail}" for q in asked)
    config = f"ops:\n  record_answer:\n    config: {{question: {asked[0].id}, answer: approve, by: YOUR NAME}}"
    return {
        "questions": MetadataValue.md(questions[:20_000]),
        "what to do": MetadataValue.md(
            f"Launch the job `answer_inbox` with\n\n```yaml\n{config}\n```\n\nor `marketeer approve {asked[0].id}` "
            "(`reject`, `revise`)."
        ),
    }
