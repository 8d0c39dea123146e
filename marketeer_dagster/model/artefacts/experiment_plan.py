"""Experiment plan: hypothesis, arms, metric, guardrails, sample size, stopping rule."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, PagePath, Part, Remark, bullets


class Arm(Part):
    """One variant. The first arm is the control."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,24}$")]
    description: Remark
    share: float = Field(gt=0, le=1)


class ExperimentPlan(ArtefactContent):
    """What will be tested, on whom, for how long, and what decides."""

    kind: ClassVar[str] = "experiment_plan"
    title_of_kind: ClassVar[str] = "Experiment plan"
    paper: ClassVar[bool] = True

    path: PagePath
    hypothesis: Memo
    primary_metric: Line
    guardrails: tuple[Line, ...] = Field(default=(), max_length=5)
    arms: tuple[Arm, ...] = Field(min_length=2, max_length=4)
    baseline_rate: float = Field(gt=0, lt=1, description="Conversion rate of the control now, from the metrics.")
    minimum_effect: float = Field(gt=0, le=2, description="Smallest relative lift worth finding, 0.2 = +20 %.")
    sample_per_arm: int = Field(ge=1, description="Visitors per arm for 80 % power at 5 % two-sided.")
    max_days: int = Field(ge=7, le=180)
    stopping_rule: Memo
    analysis: Memo

    def target_page(self) -> str:
        return self.path

    def render(self) -> str:
        arms = [f"**{a.name}** ({a.share:.0%}): {a.description}" for a in self.arms]
        return "\n\n".join(
            [
                f"# Experiment on `{self.path}`",
                self.hypothesis,
                bullets(arms),
                f"Primary metric: {self.primary_metric}, now {self.baseline_rate:.2%}; smallest effect worth finding "
                f"{self.minimum_effect:+.0%}; {self.sample_per_arm:,} visitors per arm; at most {self.max_days} days.",
                "## Guardrails",
                bullets(self.guardrails) or "none",
                "## Stopping rule",
                self.stopping_rule,
                "## Analysis",
                self.analysis,
            ]
        )
