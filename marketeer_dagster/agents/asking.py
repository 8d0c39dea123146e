"""One question to the language model, with one repair of the answer's form and one of what it says."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from marketeer_dagster.agents.attempts import rejecting
from marketeer_dagster.agents.prompt import prompt_hash, repair_prompt
from marketeer_dagster.agents.protocols import Answer, CallScope, LanguageModel, Prompt, Tier, Unreadable
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import NoVerdict

Problems = tuple[str, ...]
MOST_NAMED = 5
"""Problems that an error names; a repair names them all."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """An answer, what its calls cost, and what is still wrong with it after the repairs."""

    value: Answer
    spend: Spend
    """All calls: the first and its repairs."""
    replayed: bool
    prompt_hash: str
    """Of the prompt whose answer this is."""
    problems: Problems = ()
    mended: tuple[str, ...] = ()
    """One line for each thing that reading left out of the answer or cut."""


@rejecting
async def ask(
    model: LanguageModel,
    prompt: Prompt,
    answer: type[Answer],
    *,
    tier: Tier,
    scope: CallScope,
    check: Callable[[Answer], Problems] = lambda _: (),
) -> Asked[Answer]:
    """The model's answer to `prompt`, in at most three calls.

    An answer that does not fit the form is sent back once, with every fault named; so is, once and independently, one
    that `check` finds problems in. Problems that remain are returned for the caller to judge. A repair that fails
    leaves the answer in hand as it was; with none in hand NoVerdict is raised, and names what was wrong. Other errors
    of `LanguageModel.complete` pass unchanged.
    """
    talk = _Talk(model, answer, tier, scope)
    asked = await talk.in_form(prompt, prompt, "")
    problems = check(asked.value)
    if not problems:
        return asked
    repair = repair_prompt(prompt, asked.value.model_dump_json(), problems)
    try:
        better = await talk.in_form(prompt, repair, "-rules-repair")
    except NoVerdict as error:
        _log.warning("%s of %s: its repair failed: %s", scope.purpose, scope.campaign, error)
        return talk.told(asked, problems)
    return talk.told(better, check(better.value))


class _Talk(Generic[Answer]):
    """One question with its repairs: sums what they cost, and allows one repair of the form."""

    def __init__(self, model: LanguageModel, answer: type[Answer], tier: Tier, scope: CallScope) -> None:
        self._model = model
        self._answer: type[Answer] = answer
        self._tier: Tier = tier
        self._scope = scope
        self._spend = Spend()
        self._replayed = True
        self._form_repaired = False

    async def in_form(self, first: Prompt, prompt: Prompt, step: str) -> Asked[Answer]:
        """The answer to `prompt`, repaired if need be and still allowed; a repair goes on from the `first` prompt."""
        try:
            return await self._call(prompt, step)
        except Unreadable as error:
            if self._form_repaired:
                raise self._unreadable(error) from error
            self._form_repaired = True
            repair = repair_prompt(first, error.text or "(empty)", error.problems)
        try:
            return await self._call(repair, "-form-repair")
        except Unreadable as error:
            raise self._unreadable(error) from error

    def told(self, asked: Asked[Answer], problems: Problems) -> Asked[Answer]:
        """`asked` with what remains wrong and with the price of every call."""
        return Asked(asked.value, self._spend, self._replayed, asked.prompt_hash, problems, asked.mended)

    async def _call(self, prompt: Prompt, step: str) -> Asked[Answer]:
        scope = self._scope.model_copy(update={"purpose": f"{self._scope.purpose}{step}"})
        try:
            value, usage = await self._model.complete(prompt, self._answer, tier=self._tier, scope=scope)
        except Unreadable as error:
            self._count(error.usage.spend, error.usage.replayed)
            raise
        self._count(usage.spend, usage.replayed)
        if usage.mended:
            _log.info("%s of %s, put right on reading: %s", scope.purpose, scope.campaign, "; ".join(usage.mended))
        return Asked(value, self._spend, self._replayed, prompt_hash(prompt), mended=usage.mended)

    def _count(self, spend: Spend, replayed: bool) -> None:
        self._spend += spend
        self._replayed = self._replayed and replayed

    def _unreadable(self, error: Unreadable) -> NoVerdict:
        return NoVerdict(
            f"{self._scope.purpose} of {self._scope.campaign}: no answer of the form asked for, twice: "
            f"{'; '.join(error.problems[:MOST_NAMED])}",
            hint="run it again later, or raise the tier of this skill in skill.yaml",
        )
