"""A small, believable campaign for tests of agents: tenant, context, goal, plan, briefs."""

from datetime import UTC, date, datetime
from decimal import Decimal

from marketeer_dagster.agents.assignment import Assignment, LivePage
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, dump_content
from marketeer_dagster.model.campaign import Brief, Campaign, Plan
from marketeer_dagster.model.context import ContextVersion, ProductContext, Section
from marketeer_dagster.model.goal import Goal, Kpi, Metric
from marketeer_dagster.model.ids import (
    ArtefactId,
    BriefId,
    CampaignKey,
    GoalId,
    LearningId,
    TenantId,
    derived,
)
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.model.tenant import Tenant

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
TENANT = TenantId("lumen")
KEY = CampaignKey("lumen:autumn-trials")

_SECTIONS = {
    Section.OVERVIEW: (
        "Lumen schedules shifts for restaurants. It costs $49 a month per site. A new site is set up in 20 minutes."
    ),
    Section.AUDIENCE: "Owners and managers of restaurants with 10 to 60 staff in the UK and Ireland.",
    Section.PERSONAS: "- **Dana, floor manager**: plans the week on Sunday night and answers swap requests all week.",
    Section.PROBLEMS: (
        "- Swaps by text message get lost.\n- Rotas in spreadsheets break labour rules without a warning."
    ),
    Section.COMPETITION: "Spreadsheets, and RotaCloud, which costs more per person and is built for offices.",
    Section.DIFFERENTIATION: (
        "- Staff swap shifts themselves and the manager approves with one tap.\n- Warns before a rota "
        "breaks rest rules."
    ),
    Section.OBJECTIONS: '- "My staff will not install an app": they get a link by text message, nothing to install.',
    Section.SWITCHING: "Habit and a working spreadsheet hold them back; the spreadsheet can be imported.",
    Section.LANGUAGE: 'Customers say "rota", "swap", "cover". They never say "workforce".',
    Section.VOICE: "Plain, dry, kind. Avoid: workforce, revolutionary, seamless.",
    Section.PROOF: (
        '- 1,240 restaurants use Lumen.\n- "Sunday nights are mine again." — Dana Price, The Anchor, Bristol'
    ),
    Section.GOALS: "More trial signups from the pricing page.",
}

METRICS = """| page | sessions | conversions | conversion_rate |
|---|---|---|---|
| /pricing | 4310 | 91 | 0.0211 |
| / | 12044 | 180 | 0.0149 |"""


def tenant(identifier: str = TENANT) -> Tenant:
    return Tenant(id=TenantId(identifier), name="Lumen", website="https://lumen.example", created_at=NOW)


def context(identifier: str = TENANT, **changes: str) -> ContextVersion:
    """The context; `changes` replace section texts by the section's enum name in lower case."""
    sections = _SECTIONS | {Section[name.upper()]: text for name, text in changes.items()}
    document = ProductContext(name="Lumen", sections=sections)
    return ContextVersion(tenant=TenantId(identifier), version=1, context=document, created_at=NOW)


def goal(text: str = "Increase trial signups by 20 % this quarter") -> Goal:
    return Goal(
        id=GoalId(derived("gol", text)), tenant=TENANT, text=text, budget_usd=Decimal(400), deadline=date(2026, 12, 31),
        created_at=NOW,
    )  # fmt: skip


def brief(skill: str, key: CampaignKey = KEY, **changes: object) -> Brief:
    values: dict[str, object] = {
        "id": BriefId(derived("brf", key, skill)), "campaign": key, "tenant": key.partition(":")[0], "skill": skill,
        "objective": "More visitors of /pricing start a trial", "audience": "Dana, floor manager",
        "key_message": "Swaps sort themselves out", "offer": "$49 a month per site", "cta": "Start a trial",
        "target": "/pricing", "keywords": ("restaurant rota",), "must_address": ("Will staff have to install an app?",),
        "created_at": NOW,
    }  # fmt: skip
    return Brief.model_validate(values | changes)


def campaign(*skills: str, key: CampaignKey = KEY) -> Campaign:
    """A campaign planned with these skills, or not planned when there are none."""
    plan = None
    if skills:
        plan = Plan(
            summary="Answer what visitors of /pricing ask, then prove it.",
            kpi=Kpi(metric=Metric.CONVERSIONS, baseline=3.25, target=3.9),
            deadline=date(2026, 12, 31),
            budget_usd=Decimal(300),
            briefs=tuple(brief(skill, key) for skill in skills),
        )
    return Campaign(
        key=key,
        tenant=TenantId(key.partition(":")[0]),
        title="Autumn trials",
        plan=plan,
        created_at=NOW,
        updated_at=NOW,
    )


def learning(statement: str = "Naming the set-up time lifts trials", **changes: object) -> Learning:
    values: dict[str, object] = {
        "id": LearningId(derived("lrn", statement)), "tenant": TENANT, "statement": statement, "skill": "copywriting",
        "lift": 0.11, "low": 0.02, "high": 0.2, "state": LearningState.VALIDATED, "expires_on": date(2027, 4, 1),
        "created_at": NOW,
    }  # fmt: skip
    return Learning.model_validate(values | changes)


def artefact(skill: str, content: ArtefactContent) -> Artefact:
    text, fingerprint = dump_content(content)
    return Artefact(
        id=ArtefactId(derived("art", KEY, skill)), tenant=TENANT, campaign=KEY, brief=brief(skill).id, skill=skill,
        kind=content.kind, version=1, title=skill, content=text, content_hash=fingerprint, context_version=1,
        created_at=NOW,
    )  # fmt: skip


def assignment(catalog: Catalog, skill: str, *, of: Campaign | None = None, **changes: object) -> Assignment:
    """One skill's assignment in the test campaign, with metrics; `changes` replace its fields."""
    made = of or campaign(skill)
    values: dict[str, object] = {
        "tenant": tenant(), "campaign": made, "brief": (made.plan and made.plan.brief_for(skill)) or brief(skill),
        "skill": catalog.skill(skill), "context": context(), "metrics": METRICS, "run_id": "run-1",
    }  # fmt: skip
    return Assignment(**(values | changes))  # type: ignore[arg-type]


def live_page(text: str, path: str = "/pricing") -> LivePage:
    return LivePage(path=path, text=text)


__all__ = [
    "KEY", "METRICS", "NOW", "TENANT", "artefact", "assignment", "brief", "campaign", "context", "goal",
    "learning", "live_page", "tenant",
]  # fmt: skip
