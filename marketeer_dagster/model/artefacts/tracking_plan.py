"""Tracking plan: events, parameters, conversions.

Limits: GA4 event and parameter names are at most 40 characters of letters, digits and underscores and start with a
letter; parameter values are at most 100 characters (Google Analytics help, "Event collection limits").
"""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from marketeer_dagster.model.artefacts.base import ArtefactContent, Line, Memo, Part, Remark, bullets

GaName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Parameter(Part):
    name: GaName
    description: Remark
    example: Line


class TrackedEvent(Part):
    """One event and when it fires."""

    name: GaName
    trigger: Remark
    parameters: tuple[Parameter, ...] = Field(default=(), max_length=25)
    key_event: bool = Field(description="Whether GA4 should count it as a conversion (key event).")
    answers: Remark = Field(description="The question this event answers.")


class TrackingPlan(ArtefactContent):
    """What is measured, where, and how it is checked."""

    kind: ClassVar[str] = "tracking_plan"
    title_of_kind: ClassVar[str] = "Tracking plan"
    paper: ClassVar[bool] = True

    summary: Memo
    events: tuple[TrackedEvent, ...] = Field(min_length=1, max_length=25)
    utm_rules: tuple[Remark, ...] = Field(min_length=1, max_length=8)
    checks: tuple[Remark, ...] = Field(min_length=1, max_length=10, description="How to see that tracking works.")

    def render(self) -> str:
        head = "| Event | Fires when | Parameters | Key event | Answers |\n|---|---|---|---|---|\n"
        rows = "\n".join(
            f"| `{e.name}` | {e.trigger} | {', '.join(f'`{p.name}`' for p in e.parameters)} | "
            f"{'yes' if e.key_event else ''} | {e.answers} |"
            for e in self.events
        )
        return "\n\n".join([
            "# Tracking plan", self.summary, head + rows, "## UTM rules", bullets(self.utm_rules),
            "## Checks", bullets(self.checks),
        ])  # fmt: skip
