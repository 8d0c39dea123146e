"""An operator's day in the Launchpad: answer the inbox, pause and resume a tenant, add one.

Everything that a config says is looked at before anything is written; what follows from an answer, the sensors do.
"""

from decimal import Decimal
from typing import Any

from dagster import Config, JobDefinition, MetadataValue, OpExecutionContext, job, op
from pydantic import Field

from assets.asked import choice, day_of, required, some, tenant_asked
from assets.failures import explained
from assets.intake import OF_TENANT
from assets.labels import label_run
from assets.partitions import tenants
from marketeer_dagster.campaigns.calendar import check_country
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.pausing import pause, resume
from marketeer_dagster.campaigns.tenancy import checked_tenant
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.store import Store

ANSWERS = {
    "approve": ApprovalState.APPROVED,
    "reject": ApprovalState.REJECTED,
    "revise": ApprovalState.REVISE,
}
Answer = choice("InboxAnswer", ANSWERS)
Policy = choice("AutonomyPolicy", [policy.value for policy in Autonomy])
BY_WHOM = "Who does this: it stands beside the decision wherever it is shown. The UI knows no users, so say it."


class AnswerConfig(Config):
    """One question of the inbox, and its answer."""

    question: str = Field(
        description="Id of the question (apr_…), as the asset's check `approved` and `marketeer inbox` show it, or the "
        "id of what it is about. An unknown one is refused with the list of the open questions."
    )
    answer: Answer = Field(  # pyright: ignore[reportInvalidTypeForm]
        description="approve: let it go on. reject: stop it for good. revise: send it back; the note says what for."
    )
    by: str = Field(description=BY_WHOM)
    note: str = Field(default="", description="Why; needed for revise: what should be different.")
    tenant: str | None = Field(
        default=None, description="Whose question it is; then an unambiguous beginning of the id is enough."
    )


class PauseConfig(Config):
    """Nothing new starts for the tenant and nothing is published, until it is resumed. Figures are read on."""

    tenant: str = Field(description=OF_TENANT)
    by: str = Field(description=BY_WHOM)
    reason: str = Field(default="", description="Why; shown wherever the tenant's work waits.")
    until: str | None = Field(
        default=None, description="First day on which work goes on by itself, YYYY-MM-DD; empty: when it is resumed."
    )


class ResumeConfig(Config):
    """The tenant's work goes on; what waited is taken up by the sensors."""

    tenant: str = Field(description=OF_TENANT)
    by: str = Field(description=BY_WHOM)


class TenantConfig(Config):
    """A customer's workspace."""

    id: str = Field(description="1-40 of a-z, 0-9 and single hyphens; it stays.")
    name: str = Field(description="Name for people.")
    website: str = Field(description="The site, for instance https://www.example.com.")
    context: str = Field(
        default="",
        description="The product context as Markdown (12 sections, see examples/threlby/context.md), as a YAML block "
        "after `|`. Without it nothing can be written; later: marketeer context import FILE --tenant ID.",
    )
    timezone: str = Field(default="UTC", description="IANA time zone, for instance Europe/Berlin.")
    currency: str = Field(default="USD", description="Three letters.")
    country: str = Field(default="", description="Whose public holidays count: DE, or a part, DE-BE; empty: none.")
    autonomy: Policy = Field(  # pyright: ignore[reportInvalidTypeForm]
        default=Policy("approve"),
        description="How far publishing goes without a person. draft_only: drafts in the tool. approve: ask first. "
        "autopilot: publish what passed its checks.",
    )
    llm_budget_usd: float = Field(default=1000, ge=0, description="Claude spend per month, USD.")
    ad_budget_usd: float = Field(default=0, ge=0, description="Advertising spend per month, USD.")


def build_operating_jobs(catalog: Catalog) -> list[JobDefinition]:
    """The jobs `answer_inbox`, `pause_tenant`, `resume_tenant` and `add_tenant`."""

    @op(required_resource_keys={"store"}, description="Records one answer; the sensors take it from there.")
    def record_answer(context: OpExecutionContext, config: AnswerConfig) -> None:
        store: Store = context.resources.store.store()
        with explained():
            by = required(config.by, "by", "who answers")
            wanted = required(config.question, "question", "an id such as apr_7k2m")
            owner = tenant_asked(context, config.tenant).id if config.tenant else None
            if config.answer.value == "revise":
                required(config.note, "note", "what should be different")
            try:
                asked = store.approvals.get(wanted, owner)
            except NotFound as error:
                raise NotFound(f"question: {error.message}", hint=_open_questions(store, owner)) from None
            answered = decide(
                store, SystemClock(), asked.id, ANSWERS[config.answer.value], by=by, note=config.note,
                catalog=lambda: catalog,
            )  # fmt: skip
        label_run(context.instance, context.run_id, answered.tenant)
        context.log.info(f"{answered.id} {answered.state.value} by {answered.decided_by}: {answered.title}")
        _tell(context, question=answered.id, answer=answered.state.value, about=answered.title, note=answered.note)

    @op(required_resource_keys={"store"}, description="Pauses one tenant.")
    def pause_one(context: OpExecutionContext, config: PauseConfig) -> None:
        store: Store = context.resources.store.store()
        with explained():
            owner = tenant_asked(context, config.tenant).id
            until = day_of(config.until, "until") if config.until else None
            held = pause(store, owner, by=config.by, reason=config.reason, until=until)
        context.log.info(said_of(held))
        _tell(context, paused=said_of(held))

    @op(required_resource_keys={"store"}, description="Resumes one tenant.")
    def resume_one(context: OpExecutionContext, config: ResumeConfig) -> None:
        store: Store = context.resources.store.store()
        with explained():
            owner = tenant_asked(context, config.tenant).id
            ended = resume(store, owner, by=required(config.by, "by", "who resumes the tenant"))
        said = f"{owner} goes on" if ended else f"{owner} was not paused"
        context.log.info(said)
        _tell(context, tenant=said)

    @op(required_resource_keys={"store"}, description="Adds one tenant, with its product context where it is given.")
    def add_one(context: OpExecutionContext, config: TenantConfig) -> None:
        store: Store = context.resources.store.store()
        with explained():
            simulated = context.resources.store.settings().sandbox_url is not None
            wanted = checked_tenant(_facts(config, simulated))
            product = ProductContext.read(config.context, where="context")[0] if config.context.strip() else None
            added = store.tenants.add(wanted)
            if product is not None:
                store.contexts.add(added.id, product, "given with the tenant", SystemClock().now())
        label_run(context.instance, context.run_id, added.id)
        context.instance.add_dynamic_partitions(tenants.name or "tenants", [added.id])
        then = [] if product else [f"marketeer context import FILE --tenant {added.id}"]
        then.append(f"marketeer connect TOOL --tenant {added.id}")
        context.log.info(f"tenant {added.id} added; next: {'; '.join(then)}")
        _tell(context, tenant=added.id, next="; ".join(then))

    @job(description="Answer a question of the inbox: approve, reject or revise. The sensors go on with it.")
    def answer_inbox() -> None:
        record_answer()

    @job(description="Pause a tenant: nothing new starts for it, nothing is published; figures are read on.")
    def pause_tenant() -> None:
        pause_one()

    @job(description="Resume a paused tenant: what waited is taken up.")
    def resume_tenant() -> None:
        resume_one()

    @job(description="Add a tenant. Its tools are connected with `marketeer connect`, where secrets stay.")
    def add_tenant() -> None:
        add_one()

    return [answer_inbox, pause_tenant, resume_tenant, add_tenant]


def _facts(config: TenantConfig, simulated: bool) -> dict[str, Any]:
    return {
        "id": config.id.strip(),
        "name": config.name,
        "website": config.website,
        "timezone": config.timezone,
        "currency": config.currency,
        "country": check_country(config.country) if config.country else "",
        "autonomy": config.autonomy.value,
        "llm_budget_usd": Decimal(str(config.llm_budget_usd)),
        "ad_budget_usd": Decimal(str(config.ad_budget_usd)),
        "simulated": simulated,
        "created_at": SystemClock().now(),
    }


def _open_questions(store: Store, owner: str | None) -> str:
    pending = store.approvals.list(tenant=owner, state=ApprovalState.PENDING)
    return f"open: {some([f'{q.id} ({q.title[:60]})' for q in pending])}" if pending else "nothing waits for a person"


def _tell(context: OpExecutionContext, **said: str) -> None:
    context.add_output_metadata({key: MetadataValue.text(text) for key, text in said.items() if text})
