"""What `marketeer doctor --claude` asks of the endpoint that the product would talk to, and what it says of it.

It costs a few cents, and says how many at most before it begins. Everything it finds is found by calls as the product
makes them: the same schemas, efforts and models, streamed.
"""

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal

from marketeer_dagster.agents.answers import PlanAnswer, ReviewAnswer
from marketeer_dagster.agents.questions import asked_forms
from marketeer_dagster.cli.checkup import Diagnosis
from marketeer_dagster.cli.home import Home
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import ToolErrorKind
from resources.claude.endpoint import Endpoint
from resources.claude.probing import Probe, Probed, cache_probes, form_probes, most_usd, probed

LEAST_INPUT_TOKENS = 60_000
"""Input tokens a minute below which a campaign mostly waits: its prompts have 10,000 to 20,000."""


class ClaudeCheckup:
    """The questions, what they cost at most, and the answers."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._endpoint = Endpoint.of(home.settings)
        self._forms = list(form_probes(home.settings, asked_forms(home.catalog)))
        text = "\n".join(skill.body for _, skill in sorted(home.catalog.skills.items()))
        self._cache = cache_probes(home.settings, home.catalog.prices, text, (ReviewAnswer, PlanAnswer))

    @property
    def simulated(self) -> bool:
        """Whether the sandbox answers in the vendor's place."""
        return self._endpoint.simulated

    @property
    def announcement(self) -> str:
        """What is about to be done, and what it costs."""
        count = len(self._forms) + len(self._cache)
        if self.simulated:
            return f"asking the sandbox in Claude's place {count} times; it costs nothing"
        where = self._endpoint.base_url or "the Anthropic API"
        return f"asking {where} {count} times, for at most USD {self._most():.2f} in all"

    def look(self) -> Iterator[Diagnosis]:
        """Ask, and say what was met."""
        found = asyncio.run(probed(self._home.settings, [*self._forms, *self._cache]))
        yield from self._where(found)
        by_probe = {id(one.probe): one for one in found}
        yield from _models([by_probe[id(p)] for p in self._forms if id(p) in by_probe])
        yield from (_form(by_probe.get(id(probe)), probe) for probe in self._forms)
        yield _limits(found)
        yield from _cache([by_probe.get(id(probe)) for probe in self._cache])

    def _most(self) -> Decimal:
        return most_usd([*self._forms, *self._cache], self._home.catalog.prices, self._home.clock.now().date())

    def _where(self, found: Sequence[Probed]) -> Iterator[Diagnosis]:
        if self.simulated:
            said = "simulated: the sandbox answered in its place; what follows is for a real endpoint to confirm"
            yield Diagnosis("claude endpoint", True, said)
            return
        said = f"{self._endpoint.base_url or 'the Anthropic API'}: {len(found)} calls, USD {self._cost(found):.4f}"
        yield Diagnosis("claude endpoint", any(one.reply for one in found), said, "see the errors below")

    def _cost(self, found: Sequence[Probed]) -> Decimal:
        prices, at = self._home.catalog.prices, self._home.clock.now().date()
        spends = (
            one.reply.message.spend(one.probe.request.model, lambda model, tokens: prices.price(model, at, tokens))
            for one in found
            if one.reply
        )
        return sum(spends, Spend()).cost_usd


def _models(found: Sequence[Probed]) -> Iterator[Diagnosis]:
    """Each model with the effort it is asked for."""
    for model in dict.fromkeys(one.probe.request.model for one in found):
        mine = [one for one in found if one.probe.request.model == model]
        efforts = ", ".join(dict.fromkeys(one.probe.effort or "none" for one in mine))
        wrong = next((one.error for one in mine if one.error and _is_about_the_model(one)), None)
        said = f"answers; effort: {efforts}" if wrong is None else wrong.message
        yield Diagnosis(f"claude {model}", wrong is None, said, (wrong and wrong.hint) or "")


def _is_about_the_model(one: Probed) -> bool:
    error = one.error
    return error is not None and ("effort" in error.message or error.kind is not ToolErrorKind.INVALID)


def _form(one: Probed | None, probe: Probe) -> Diagnosis:
    about = f"claude format {probe.about} ({probe.request.model})"
    if one is None:
        return Diagnosis(about, False, "not asked: the calls before it failed", "mend those, then ask again")
    if one.error is not None:
        return Diagnosis(about, False, one.error.message, one.error.hint or "")
    return Diagnosis(about, True, "taken")


def _limits(found: Sequence[Probed]) -> Diagnosis:
    told = next((one.reply.limits for one in reversed(found) if one.reply and one.reply.limits), {})
    if not told:
        return Diagnosis("claude limits", True, "the endpoint tells none")
    said = ", ".join(f"{kind.replace('-', ' ')} {int(n):,}" if n.isdigit() else n for kind, n in sorted(told.items()))
    tokens = told.get("input-tokens", "")
    small = tokens.isdigit() and int(tokens) < LEAST_INPUT_TOKENS
    remedy = "set claude_concurrency = 1 in config.toml, or ask Anthropic for a higher tier: campaigns will mostly wait"
    return Diagnosis("claude limits", not small, f"a minute: {said}", remedy)


def _cache(found: Sequence[Probed | None]) -> Iterator[Diagnosis]:
    """What was read back. Only that the same format reads is expected; the rest decides how to order prompts."""
    replies = [one.reply.message.usage if one and one.reply else None for one in found]
    if any(usage is None for usage in replies):
        said = next((one.error.message for one in found if one and one.error), "not asked")
        yield Diagnosis("claude cache", False, said, "mend what is wrong above, then ask again")
        return
    written, again, other, _, in_turn = (usage.cache_read_input_tokens or 0 for usage in replies if usage)
    wrote = replies[0].cache_creation_input_tokens if replies[0] else 0
    said = f"wrote {wrote or 0:,} tokens, read {again:,} back" if not written else f"read {again:,} tokens back"
    yield Diagnosis("claude cache", again > 0, said, "prefixes cost a quarter more and save nothing: see decision 18")
    reads = (
        f"reads {other:,} tokens back: prompts may share more than they do" if other else "begins anew, as documented"
    )
    yield Diagnosis("claude cache, another format", True, reads)
    said = f"reads {in_turn:,} tokens back" if in_turn else "reads nothing back"
    yield Diagnosis("claude cache, ending in the turn", True, said)
