"""What the agents need from outside: a language model that answers in a pydantic model."""

from collections.abc import Collection
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.errors import NoVerdict
from marketeer_dagster.model.ids import CampaignKey, TenantId

Tier = Literal["strategy", "execution", "judge"]
Answer = TypeVar("Answer", bound=BaseModel)


class PromptBlock(Value):
    """One block of a prompt. A `cache` block ends a prefix worth keeping (at most 4 per request)."""

    text: str = Field(min_length=1)
    cache: bool = False


class PromptTurn(Value):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    text: str = Field(min_length=1)
    shared: str = ""
    """Stands before `text` and ends a cached prefix: what all calls on one piece of work have in common."""

    @property
    def whole(self) -> str:
        """All that the turn says."""
        return f"{self.shared}\n{self.text}" if self.shared else self.text


class Prompt(Value):
    """A request ordered from most to least shared: platform, product context, campaign, skill, then the task."""

    system: tuple[PromptBlock, ...]
    turns: tuple[PromptTurn, ...]
    max_tokens: int = Field(default=32_000, ge=256)
    """Room for the answer and for what the model thinks before it."""


class CallScope(Value):
    """On whose behalf a call is made: who pays, for what, how urgent."""

    tenant: TenantId
    campaign: CampaignKey
    purpose: str
    """`<skill>/<role>`, for instance copywriting/draft; shown in the ledger."""
    priority: Priority = Priority.P2
    run_id: str = ""


class Usage(Value):
    """What an answer cost and where it came from."""

    model: str
    fingerprint: str
    """Hash of (model, messages, schema): equal requests are paid once."""
    spend: Spend
    replayed: bool
    """True when the answer was paid for earlier and read from the store."""
    calls: tuple[str, ...] = ()
    """Ids of its calls in the ledger: what `LanguageModel.reject` takes."""
    mended: tuple[str, ...] = ()
    """One line for each thing that reading left out of the answer or cut (agents/forms)."""


class Unreadable(NoVerdict):
    """The model answered, but not in the form asked for. Carries what a repair call needs to name the errors."""

    def __init__(self, text: str, problems: tuple[str, ...], usage: Usage) -> None:
        super().__init__(f"{usage.model} gave an answer that does not fit: {'; '.join(problems[:5])}")
        self.text = text
        """The answer that the problems' places refer to."""
        self.problems = problems
        """One line per fault: where, how much, and the very text."""
        self.usage = usage


class Refused(NoVerdict):
    """The model declined to answer, and so did another one."""

    def __init__(self, message: str, *, category: str, usage: Usage, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.category = category
        """The vendor's name for what it declined; empty where it gave none."""
        self.usage = usage


class LanguageModel(Protocol):
    """Answers a prompt with an instance of `answer`."""

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        """The parsed answer and its cost. What was answered before is replayed and costs nothing.

        Raises NoVerdict when the model was cut off for want of room or declined (Refused, after another model was asked
        too): its answers are rejected by then. Raises Unreadable (a NoVerdict) when its text does not fit `answer`:
        whoever asked may have it repaired, and rejects it when that fails. Raises BudgetExceeded before anything is
        sent when the tenant's budget does not allow the call's worst case; TryLater when the vendor takes no requests
        now, also after a wait; ToolError otherwise.
        """
        ...

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        """Say that an asking failed for good, with all its repairs.

        The answers stay paid and stored, and until this is said they replay, so that an asking that is killed and
        repeated costs nothing twice. From then on another run asks anew; in the run of `scope` they go on to replay, so
        that nobody can ask in a circle.
        """
        ...
