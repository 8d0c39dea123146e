"""What came back: read leniently, trusted only when the model really finished."""

from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from marketeer_dagster.agents.forms import Misread, problems_of, read
from marketeer_dagster.agents.protocols import Unreadable, Usage
from marketeer_dagster.catalog import Price
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import NoVerdict, ToolError, ToolErrorKind

Form = TypeVar("Form", bound=BaseModel)

TRUNCATED = "max_tokens"
"""The stop reason of an answer that ran out of room."""
_HINTS = {
    "refusal": "the model declined: read the brief and context for what it may have declined, change it, run again",
    TRUNCATED: "the answer did not fit even in twice the room: ask this skill for less, or lower its effort",
    "pause_turn": "the server paused a long turn, which nothing here asks for: check ANTHROPIC_BASE_URL",
    "model_context_window_exceeded": "the prompt fills the model's context window: shorten the product context",
}


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Block(_Lenient):
    type: str
    text: str = ""


class _CacheCreation(_Lenient):
    ephemeral_1h_input_tokens: int = 0


class _Usage(_Lenient):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: _CacheCreation | None = None


class _Refusal(_Lenient):
    category: str | None = None
    explanation: str | None = None


class Message(_Lenient):
    """A Messages API answer, as far as it matters here. Unknown fields and block types are no error."""

    id: str = ""
    content: tuple[_Block, ...]
    stop_reason: str | None = None
    stop_details: _Refusal | None = None
    usage: _Usage

    @classmethod
    def read(cls, body: str) -> "Message":
        """Parse a response body; raises ToolError(invalid) when it is no Messages API answer."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise ToolError(
                "claude",
                ToolErrorKind.INVALID,
                f"a response that is no Messages API answer: {'; '.join(problems_of(error)[:3])}",
                hint="check ANTHROPIC_BASE_URL",
            ) from error

    @property
    def text(self) -> str:
        return "".join(block.text for block in self.content if block.type == "text").strip()

    @property
    def prompt_tokens(self) -> int:
        """All input tokens, cached or not: what price bands go by."""
        usage = self.usage
        return usage.input_tokens + (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)

    def spend(self, price: Price) -> Spend:
        """This call at `price`."""
        usage = self.usage
        written = usage.cache_creation_input_tokens or 0
        written_1h = usage.cache_creation.ephemeral_1h_input_tokens if usage.cache_creation else 0
        read = usage.cache_read_input_tokens or 0
        return Spend(
            calls=1,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cost_usd=price.cost(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=read,
                cache_write_5m_tokens=max(0, written - written_1h),
                cache_write_1h_tokens=written_1h,
            ),
        )


def worst_case(price: Price, input_tokens: int, max_tokens: int) -> Decimal:
    """USD of a call whose every input token is billed at the dearest of the kinds we use, and whose answer is full."""
    dearest = max(price.input, price.cache_write_5m)
    return (dearest * input_tokens + price.output * max_tokens) / Decimal(1_000_000)


def parsed(body: str, form: type[Form], usage: Usage) -> tuple[Form, Usage]:
    """The answer in its form, and `usage` with what reading left out of it.

    Raises NoVerdict for an answer that is none, Unreadable for one that does not fit.
    """
    message = Message.read(body)
    if message.stop_reason != "end_turn":
        raise _no_answer(message, usage)
    try:
        value, mended = read(message.text, form)
    except Misread as error:
        raise Unreadable(error.text, error.problems, usage) from error
    return value, usage.model_copy(update={"mended": mended})


def _no_answer(message: Message, usage: Usage) -> NoVerdict:
    reason = message.stop_reason or "none"
    details = message.stop_details
    why = " ".join(part for part in (details.category, details.explanation) if part) if details else ""
    return NoVerdict(
        f"{usage.model} gave no answer: it stopped with {reason}{f' ({why})' if why else ''}",
        hint=_HINTS.get(reason, "only an answer that ends by itself is used: check ANTHROPIC_BASE_URL"),
    )
