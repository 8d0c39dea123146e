"""From the Director's answer to a plan that may be carried out: every rule a plan must keep, checked in code."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from marketeer_dagster.agents.answers import BriefAnswer, PlanAnswer
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.model.campaign import Brief, Campaign, Plan
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.goal import Kpi
from marketeer_dagster.model.ids import BriefId, LearningId, derived
from marketeer_dagster.model.spelling import known

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Limits:
    """What a plan must stay within."""

    today: date
    latest: date
    """Latest deadline."""
    budget_usd: Decimal
    skills: tuple[str, ...] | None
    """Exactly these skills, in this order; None when the Director chooses."""
    learnings: frozenset[str]
    """Ids that may be cited."""

    def described(self) -> Mapping[str, object]:
        """As the Director reads them."""
        return {
            "today": self.today.isoformat(),
            "latest_deadline": self.latest.isoformat(),
            "budget_usd": float(self.budget_usd),
        }


def spelled(answer: PlanAnswer, catalog: Catalog, limits: Limits) -> PlanAnswer:
    """`answer` with skills, learnings and paths spelled as they are, whatever case they were answered in."""
    skills = (*catalog.skills, *catalog.aliases)

    def brief(one: BriefAnswer) -> BriefAnswer:
        skill = known(one.skill, skills) or one.skill
        learnings = tuple(known(cited, limits.learnings) or cited for cited in one.learnings)
        path = one.target.startswith("/") and _needs_path(skill, catalog)
        target = one.target.lower() if path else one.target
        return one.model_copy(update={"skill": skill, "learnings": learnings, "target": target})

    return answer.model_copy(update={"briefs": tuple(brief(one) for one in answer.briefs)})


def plan_problems(answer: PlanAnswer, catalog: Catalog, limits: Limits) -> tuple[str, ...]:
    """Everything that keeps `answer` from being a plan, one line each; empty when it may be carried out."""
    return (
        *_skill_problems(answer, catalog, limits),
        *_limit_problems(answer, limits),
        *_kpi_problems(answer),
        *(problem for brief in answer.briefs for problem in _brief_problems(brief, catalog, limits)),
    )


def make_plan(answer: PlanAnswer, catalog: Catalog, campaign: Campaign, at: datetime) -> Plan:
    """The plan of a sound answer: canonical skill names, briefs in working order, ids from (campaign, skill)."""
    kpi = answer.kpi
    by_skill = {catalog.skill(brief.skill).name: brief for brief in answer.briefs}
    return Plan(
        summary=answer.summary,
        kpi=Kpi(
            metric=kpi.metric, baseline=kpi.baseline, target=kpi.target, window_days=kpi.window_days, unit=kpi.unit
        ),
        deadline=answer.deadline,
        budget_usd=Decimal(str(answer.budget_usd)).quantize(CENT),
        rationale=answer.rationale,
        risks=answer.risks,
        briefs=tuple(_brief(by_skill[name], name, campaign, at) for name in catalog.selection_order(by_skill)),
    )


def _brief(answer: BriefAnswer, skill: str, campaign: Campaign, at: datetime) -> Brief:
    return Brief(
        id=BriefId(derived("brf", campaign.key, skill)),
        campaign=campaign.key,
        tenant=campaign.tenant,
        skill=skill,
        objective=answer.objective,
        audience=answer.audience,
        key_message=answer.key_message,
        offer=answer.offer,
        cta=answer.cta,
        target=answer.target,
        keywords=tuple(dict.fromkeys(answer.keywords)),
        must_address=tuple(dict.fromkeys(answer.must_address)),
        learnings=tuple(LearningId(learning) for learning in dict.fromkeys(answer.learnings)),
        evidence=answer.evidence,
        created_at=at,
    )


def _skill_problems(answer: PlanAnswer, catalog: Catalog, limits: Limits) -> list[str]:
    problems: list[str] = []
    names: list[str] = []
    for index, brief in enumerate(answer.briefs):
        try:
            name = catalog.skill(brief.skill).name
        except NotFound as error:
            problems.append(f"briefs.{index}.skill: {error}")
            continue
        if name in names:
            problems.append(f"briefs.{index}.skill: {name} already has a brief; expected one brief per skill")
        names.append(name)
    if limits.skills is not None:
        problems += [f"briefs: {name} of the pipeline has no brief" for name in limits.skills if name not in names]
        problems += [f"briefs: {name} is not in the pipeline" for name in names if name not in limits.skills]
    return problems


def _limit_problems(answer: PlanAnswer, limits: Limits) -> list[str]:
    problems: list[str] = []
    if not limits.today < answer.deadline <= limits.latest:
        problems.append(f"deadline: {answer.deadline}; expected after {limits.today} and not after {limits.latest}")
    if Decimal(str(answer.budget_usd)) > limits.budget_usd:
        problems.append(f"budget_usd: {answer.budget_usd:g}; expected at most {limits.budget_usd}")
    return problems


def _kpi_problems(answer: PlanAnswer) -> list[str]:
    if answer.kpi.target == answer.kpi.baseline:
        return ["kpi.target: equals the baseline; expected a level that shows the goal was reached"]
    return []


def _brief_problems(brief: BriefAnswer, catalog: Catalog, limits: Limits) -> list[str]:
    where = f"brief of {brief.skill}"
    problems = [
        f"{where}, learnings: {cited} is not listed; cite only listed ids"
        for cited in brief.learnings
        if cited not in limits.learnings
    ]
    if _needs_path(brief.skill, catalog) and not brief.target.startswith("/"):
        problems.append(f"{where}, target: {brief.target!r}; expected a page path that begins with /")
    return problems


def _needs_path(skill: str, catalog: Catalog) -> bool:
    """Whether the skill's artefact is about one page of the site."""
    try:
        kind = artefact_kinds()[catalog.skill(skill).artefact]
    except NotFound:
        return False
    return "path" in kind.model_fields
