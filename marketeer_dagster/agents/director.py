"""The Director: turns a goal into a plan, and has the last word on every artefact."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from marketeer_dagster.agents import planning
from marketeer_dagster.agents.answers import PlanAnswer
from marketeer_dagster.agents.asking import ask
from marketeer_dagster.agents.assignment import Assignment, Reviewed
from marketeer_dagster.agents.attempts import one_asking
from marketeer_dagster.agents.prompt import DIRECTOR, json_block, learning_lines, plan_prompt, text_block
from marketeer_dagster.agents.protocols import CallScope, LanguageModel
from marketeer_dagster.agents.reviewer import Reviewer, make_review
from marketeer_dagster.catalog import Catalog, Pipeline
from marketeer_dagster.model.artefacts import ArtefactContent, Spend
from marketeer_dagster.model.campaign import Campaign, Plan
from marketeer_dagster.model.context import ContextVersion
from marketeer_dagster.model.errors import NoVerdict
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.model.review import Finding, Review, Verdict
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.quality.gate import Standing, gate, newest_words

HORIZON = timedelta(days=120)
"""How far a plan may reach when the goal sets no deadline: a quarter and the weeks to see its effect."""


class Director:
    """Plans campaigns and gates what they make. Stateless."""

    def __init__(self, model: LanguageModel, catalog: Catalog) -> None:
        self._model = model
        self._catalog = catalog
        self._reviewer = Reviewer(model, catalog)

    async def plan(
        self,
        goal: Goal | None,
        tenant: Tenant,
        context: ContextVersion,
        metrics: str,
        learnings: Sequence[Learning],
        *,
        campaign: Campaign,
        pipeline: str | None = None,
        signal: Signal | None = None,
        evidence: str = "",
        at: datetime,
        run_id: str = "",
    ) -> tuple[Plan, Spend]:
        """A plan for `campaign` that keeps every rule of planning.py, and what it cost.

        `metrics` and `evidence` are Markdown; `pipeline` fixes the skills. An unsound plan is sent back once with its
        problems named; NoVerdict when it is still unsound. Raises NotFound for an unknown pipeline.
        """
        line = self._catalog.pipeline(pipeline) if pipeline else None
        usable = [learning for learning in learnings if learning.state is LearningState.VALIDATED]
        limits = _limits(goal, tenant, line, usable, at)
        prompt = plan_prompt(
            context, campaign, self._plan_parts(goal, campaign, metrics, usable, line, signal, evidence, limits)
        )
        scope = CallScope(
            tenant=tenant.id,
            campaign=campaign.key,
            purpose="director/plan",
            priority=campaign.priority,
            run_id=run_id,
        )

        def spelled(answer: PlanAnswer) -> PlanAnswer:
            return planning.spelled(answer, self._catalog, limits)

        async with one_asking(self._model, scope) as model:  # an unsound plan is asked for anew by the next run
            asked = await ask(
                model,
                prompt,
                PlanAnswer,
                tier="strategy",
                scope=scope,
                check=lambda answer: planning.plan_problems(spelled(answer), self._catalog, limits),
            )
            if asked.problems:
                raise NoVerdict(
                    f"the Director's plan for {campaign.key} is unsound, twice: {'; '.join(asked.problems[:5])}",
                    hint="state the goal more narrowly, or name a pipeline",
                )
        return planning.make_plan(spelled(asked.value), self._catalog, campaign, at), asked.spend

    async def decide(
        self,
        assignment: Assignment,
        content: ArtefactContent,
        reviews: Sequence[Review],
        rule_findings: Sequence[Finding],
        at: datetime,
        *,
        version: int,
        round: int = 1,
        ended: tuple[Verdict, str] | None = None,
    ) -> Reviewed:
        """The final gate on one version.

        What a reviewer of the skill did not approve on this very version, what ended the chain before (`ended`: the
        verdict and why), or what a rule blocks, the Director cannot approve: that verdict is composed in code and costs
        nothing. Otherwise the Director judges the version itself; fails closed as Reviewer.review does. `reviews` are
        the reviews of this take, in order; what reviewers said of other versions counts for nothing.
        """
        held = ended or _held_back(gate(reviews, assignment.skill.reviewers, version), rule_findings)
        if held is None:
            return await self._reviewer.review(assignment, DIRECTOR, content, version, round, at, history=reviews)
        verdict, summary = held
        words = newest_words((review for review in reviews if review.reviewer != DIRECTOR), version).values()
        review = make_review(
            assignment,
            DIRECTOR,
            version,
            round,
            at,
            verdict=verdict,
            score=min((review.score for review in words), default=0.0),
            findings=(*rule_findings, *(f for review in words for f in review.findings if f not in rule_findings)),
            summary=summary,
        )
        return Reviewed(review, Spend())

    def _plan_parts(
        self,
        goal: Goal | None,
        campaign: Campaign,
        metrics: str,
        learnings: Sequence[Learning],
        pipeline: Pipeline | None,
        signal: Signal | None,
        evidence: str,
        limits: planning.Limits,
    ) -> list[str]:
        wanted = limits.skills or tuple(self._catalog.skills)
        catalog = [
            {"skill": skill.name, "squad": skill.squad, "description": skill.description, "artefact": skill.artefact}
            for skill in (self._catalog.skill(name) for name in wanted)
        ]
        return [
            json_block("goal", goal if goal is not None else {"text": campaign.title}),
            json_block("limits", limits.described()),
            text_block("metrics", metrics),
            text_block("learnings", learning_lines(learnings)),
            json_block("catalog", catalog),
            f'<pipeline name="{pipeline.name}">\n{", ".join(pipeline.skills)}\n</pipeline>' if pipeline else "",
            json_block("signal", signal) if signal is not None else "",
            text_block("evidence", evidence),
        ]


def _limits(
    goal: Goal | None, tenant: Tenant, pipeline: Pipeline | None, learnings: Sequence[Learning], at: datetime
) -> planning.Limits:
    today = at.astimezone(tenant.zone).date()
    own = tenant.llm_budget_usd + tenant.ad_budget_usd
    return planning.Limits(
        today=today,
        latest=goal.deadline if goal is not None and goal.deadline is not None else today + HORIZON,
        budget_usd=own if goal is None or goal.budget_usd is None else min(own, goal.budget_usd),
        skills=pipeline.skills if pipeline else None,
        learnings=frozenset(learning.id for learning in learnings),
    )


def _held_back(standing: Standing, rule_findings: Sequence[Finding]) -> tuple[Verdict, str] | None:
    """Verdict and reason when something already stands against approval; None when the Director is to judge."""
    if not standing.approved:
        return standing.verdict, standing.cause
    serious = [finding for finding in rule_findings if finding.serious]
    if serious:
        return Verdict.REVISE, f"Held back by {len(serious)} rule(s): {serious[0].problem}"
    return None
