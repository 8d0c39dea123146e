"""Small calls that show what an endpoint takes: models, efforts, answer formats, limits, the cache.

What a model would write is of no interest, so every answer is cut off after a few tokens: a format that is refused is
refused before the first. None of it goes through a tenant's ledger; what it costs is told instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from marketeer_dagster.agents.protocols import Prompt, PromptBlock, PromptTurn, Tier
from marketeer_dagster.catalog import PriceTable
from marketeer_dagster.model.errors import ToolError
from marketeer_dagster.model.settings import Settings
from resources.claude.answer import Message, worst_case
from resources.claude.endpoint import Endpoint, line_to
from resources.claude.patience import WallWaits
from resources.claude.request import EFFORT, Request, build
from resources.claude.sending import Failed, Reply, send

ROOM = 16
"""Output tokens of a probe."""
_CHARACTERS_PER_TOKEN = 6
"""More than any text here has: a prefix of that many characters for each token is longer than it has to be."""


@dataclass(frozen=True)
class Probe:
    """One small call."""

    about: str
    request: Request
    effort: str | None


@dataclass(frozen=True)
class Probed:
    """What came of a probe: an answer, or the vendor's refusal."""

    probe: Probe
    reply: Reply | None
    error: ToolError | None

    @property
    def message(self) -> Message | None:
        return self.reply.message if self.reply else None


def form_probes(settings: Settings, forms: Sequence[tuple[type[BaseModel], Tier]]) -> Iterator[Probe]:
    """Each form asked of the model and with the effort of its tier; and the cheapest model, which stands in at the end
    of a budget, with one of them."""
    prompt = _prompt("", "Answer with the shortest valid document.")
    for form, tier in forms:
        model, effort = getattr(settings.models, tier), EFFORT[tier]
        yield Probe(form.__name__, _built(prompt, form, model, effort), effort)
    form, _ = forms[0]
    yield Probe(form.__name__, _built(prompt, form, settings.models.cheapest, None), None)


def cache_probes(settings: Settings, prices: PriceTable, text: str, forms: Sequence[type[BaseModel]]) -> list[Probe]:
    """Five calls of the judges' model that show what it reads back from its cache.

    The first writes a prefix; the second has another task, the third another format. The last two end a cached prefix
    in the turn of the user and differ in what follows. `text` is anything long; `forms` are two.
    """
    model, effort = settings.models.judge, EFFORT["judge"]
    wanted = prices.model(model).min_cacheable_tokens * _CHARACTERS_PER_TOKEN
    prefix = (text * (1 + wanted // max(1, len(text))))[:wanted]
    first, other = forms
    asked = [
        ("first call", first, "Answer."), ("same format, another task", first, "Answer again."),
        ("another format", other, "Answer again."),
    ]  # fmt: skip
    probes = [Probe(about, _built(_prompt(prefix, task), form, model, effort), effort) for about, form, task in asked]
    for about, task in (
        ("cache ends in the turn", "Answer."),
        ("cache ends in the turn, another task", "Answer again."),
    ):
        probes.append(Probe(about, _in_turn(_built(_prompt("", task), first, model, effort), prefix, task), effort))
    return probes


def most_usd(probes: Sequence[Probe], prices: PriceTable, at: date) -> Decimal:
    """The most that the probes can cost together, USD."""
    requests = [probe.request for probe in probes]
    found = ((r, prices.price(r.model, at, r.max_input_tokens)) for r in requests)
    return sum((worst_case(price, r.max_input_tokens, r.max_tokens) for r, price in found), Decimal(0))


async def probed(settings: Settings, probes: Sequence[Probe]) -> list[Probed]:
    """Ask, one after the other. Nothing is tried again; after an error that every call would meet, no more is asked."""
    line = line_to(Endpoint.of(settings))
    found: list[Probed] = []
    try:
        for probe in probes:
            try:
                found.append(Probed(probe, await send(line, probe.request, WallWaits().now), None))
            except Failed as failed:
                found.append(Probed(probe, None, failed.error))
                if not _concerns_this_call_alone(failed.error):
                    break
    finally:
        await line.close()
    return found


def _concerns_this_call_alone(error: ToolError) -> bool:
    return error.status in (400, 404, 422)


def _built(prompt: Prompt, form: type[BaseModel], model: str, effort: str | None) -> Request:
    return build(prompt, form, model=model, effort=effort, tenant="doctor", max_tokens=ROOM)


def _prompt(prefix: str, task: str) -> Prompt:
    system = (
        PromptBlock(text="You take part in a test."),
        *((PromptBlock(text=prefix, cache=True),) if prefix else ()),
    )
    return Prompt(system=system, turns=(PromptTurn(role="user", text=task),))


def _in_turn(request: Request, prefix: str, task: str) -> Request:
    """The request with `prefix` before the task, in the turn of the user, as the end of a cached prefix."""
    cached = {"type": "text", "text": prefix, "cache_control": {"type": "ephemeral", "ttl": "5m"}}
    params: Any = {
        **request.params, "messages": [{"role": "user", "content": [cached, {"type": "text", "text": task}]}],
    }  # fmt: skip
    return replace(request, params=params, max_input_tokens=request.max_input_tokens + len(prefix.encode()))
