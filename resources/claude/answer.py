"""What came back: read leniently, trusted only when the model really finished."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from marketeer_dagster.agents.forms import Misread, problems_of, read
from marketeer_dagster.agents.protocols import Refused, Unreadable, Usage
from marketeer_dagster.catalog import Price
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import NotFound, NoVerdict, ToolError, ToolErrorKind

Form = TypeVar("Form", bound=BaseModel)

TRUNCATED = "max_tokens"
"""The stop reason of an answer that ran out of room."""
REFUSED = "refusal"
"""The stop reason of an answer that the model declined to give, also in the middle of one."""
PriceOf = Callable[[str, int], Price]
"""The price of a model for a prompt of so many tokens; raises NotFound for a model without one."""
_HINTS = {
    REFUSED: "the model declined: read the brief and context for what it may have declined, change it, run again",
    TRUNCATED: "the answer did not fit even in twice the room: ask this skill for less, or lower its effort",
    "pause_turn": "the server paused a long turn, which nothing here asks for: check ANTHROPIC_BASE_URL",
    "model_context_window_exceeded": "the prompt fills the model's context window: shorten the product context",
}
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
"""Kinds of blocks that may stand between two pieces of one answer."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Block(_Lenient):
    type: str
    text: str | None = None


class _CacheCreation(_Lenient):
    ephemeral_1h_input_tokens: int = Field(default=0, ge=0)


class _Counts(_Lenient):
    """Tokens as billed, by kind."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cache_creation_input_tokens: int | None = Field(default=None, ge=0)
    cache_read_input_tokens: int | None = Field(default=None, ge=0)
    cache_creation: _CacheCreation | None = None

    @property
    def prompt(self) -> int:
        """All input tokens, cached or not: what price bands go by."""
        return self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)

    def spend(self, price: Price) -> Spend:
        """These tokens at `price`, as no call of their own."""
        written = self.cache_creation_input_tokens or 0
        written_1h = self.cache_creation.ephemeral_1h_input_tokens if self.cache_creation else 0
        read = self.cache_read_input_tokens or 0
        return Spend(
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cache_read_tokens=read,
            cache_write_tokens=written,
            cost_usd=price.cost(
                input_tokens=self.input_tokens,
                output_tokens=self.output_tokens,
                cache_read_tokens=read,
                cache_write_5m_tokens=max(0, written - written_1h),
                cache_write_1h_tokens=written_1h,
            ),
        )


class _Iteration(_Counts):
    """One pass of the model within an answer (compaction, a server's tool, an adviser of another model)."""

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    model: str | None = None


class _Usage(_Counts):
    iterations: tuple[_Iteration, ...] | None = None


class _Refusal(_Lenient):
    category: str | None = None
    explanation: str | None = None


class Message(_Lenient):
    """A Messages API answer, as far as it matters here. Unknown fields and block types are no error."""

    id: str = ""
    model: str | None = None
    """Which model answered: a gateway may have asked another than was named."""
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
        """What the model says at the end: text before a tool's result or a compaction is on the way there."""
        parts: list[str] = []
        for block in self.content:
            if block.type == "text":
                parts.append(block.text or "")
            elif block.type not in _THOUGHTS:
                parts.clear()
        return "".join(parts).strip()

    @property
    def prompt_tokens(self) -> int:
        """All input tokens, cached or not: what price bands go by."""
        return self.usage.prompt

    def spend(self, model: str, price_of: PriceOf) -> Spend:
        """What this call of `model` is billed at most.

        The figures at the top leave passes out that are billed (compactions, advisers), so the sum of the passes counts
        where it is dearer. Where another model answered, the dearer of both prices counts.
        """
        prices = [_price(name or model, model, self.usage.prompt, price_of) for name in (model, self.model)]
        whole = max((self.usage.spend(price) for price in prices), key=lambda spend: spend.cost_usd)
        passes = self.usage.iterations or ()
        parts = sum((one.spend(_price(one.model or model, model, one.prompt, price_of)) for one in passes), Spend())
        dearer = parts if parts.cost_usd > whole.cost_usd else whole
        return dearer + Spend(calls=1)


def _price(name: str, asked: str, prompt: int, price_of: PriceOf) -> Price:
    """The price of a pass; one of a model that the table does not know costs as the model that was asked."""
    try:
        return price_of(name, prompt)
    except NotFound:
        return price_of(asked, prompt)


def most_of(usage: Mapping[str, Any], room: int, most_input_tokens: int, price: Price) -> Spend:
    """The most that a call can have cost whose answer broke off: what `usage` had told of the input, else the bound of
    it, and an output of `room` tokens."""
    try:
        told = _Usage.model_validate(usage)
    except ValidationError:
        return Spend(calls=1, cost_usd=worst_case(price, most_input_tokens, room))
    return told.model_copy(update={"output_tokens": max(room, told.output_tokens)}).spend(price) + Spend(calls=1)


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
    said = f"{usage.model} gave no answer: it stopped with {reason}{f' ({why})' if why else ''}"
    hint = _HINTS.get(reason, "only an answer that ends by itself is used: check ANTHROPIC_BASE_URL")
    if reason == REFUSED:
        return Refused(said, category=(details.category if details else None) or "", usage=usage, hint=hint)
    return NoVerdict(said, hint=hint)
