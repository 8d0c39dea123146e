"""The author: writes a brief's artefact, and mends it when findings name what is wrong."""

from collections.abc import Sequence

from marketeer_dagster.agents.asking import ask
from marketeer_dagster.agents.assignment import Assignment, Drafted
from marketeer_dagster.agents.prompt import draft_prompt, revise_prompt
from marketeer_dagster.agents.protocols import LanguageModel, Prompt
from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.review import Finding


class Author:
    """Writes in the typed form of the skill's artefact. Stateless: one instance serves all skills and tenants."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    async def draft(self, assignment: Assignment) -> Drafted:
        """A first version. Raises NoVerdict, BudgetExceeded, ToolError as `LanguageModel.complete` does."""
        return await self._write(draft_prompt(assignment), assignment, "draft")

    async def revise(self, assignment: Assignment, content: ArtefactContent, findings: Sequence[Finding]) -> Drafted:
        """A version of `content` with the findings mended. Raises BadInput when there are none; else as `draft`."""
        if not findings:
            raise BadInput("nothing to revise", where=assignment.skill.name, expected="at least one finding")
        return await self._write(revise_prompt(assignment, content, findings), assignment, "revise")

    async def _write(self, prompt: Prompt, assignment: Assignment, role: str) -> Drafted:
        asked = await ask(
            self._model,
            prompt,
            assignment.content_type,
            tier=assignment.skill.model_tier,
            scope=assignment.scope(role),
        )
        return Drafted(asked.value, asked.spend, asked.prompt_hash, asked.replayed, asked.mended)
