"""One question to the language model, with one repair when the answer does not fit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from marketeer_dagster.agents.attempts import rejecting
from marketeer_dagster.agents.prompt import prompt_hash, repair_prompt
from marketeer_dagster.agents.protocols import Answer, CallScope, LanguageModel, Prompt, Tier, Unreadable, Usage
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.errors import NoVerdict

Problems = tuple[str, ...]


@dataclass(frozen=True)
class Asked(Generic[Answer]):
    """An answer, what its calls cost, and what is still wrong with it after the repair."""

    value: Answer
    spend: Spend
    replayed: bool
    prompt_hash: str
    problems: Problems = ()


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
    """The model's answer to `prompt`.

    An answer that does not fit the form, or that `check` finds problems in, is sent back once with the problems named.
    Raises NoVerdict when the second answer does not fit the form either; problems of `check` that remain are returned
    for the caller to judge. Other errors of `LanguageModel.complete` pass unchanged.
    """
    try:
        first, usage = await model.complete(prompt, answer, tier=tier, scope=scope)
    except Unreadable as error:
        return await _again(model, prompt, answer, error.text, error.problems, error.usage, tier, scope, check)
    problems = check(first)
    if not problems:
        return Asked(first, usage.spend, usage.replayed, prompt_hash(prompt))
    return await _again(model, prompt, answer, first.model_dump_json(), problems, usage, tier, scope, check)


async def _again(
    model: LanguageModel,
    prompt: Prompt,
    answer: type[Answer],
    text: str,
    problems: Problems,
    before: Usage,
    tier: Tier,
    scope: CallScope,
    check: Callable[[Answer], Problems],
) -> Asked[Answer]:
    repair = repair_prompt(prompt, text or "(empty)", problems)
    repaired_scope = scope.model_copy(update={"purpose": f"{scope.purpose}-repair"})
    try:
        second, usage = await model.complete(repair, answer, tier=tier, scope=repaired_scope)
    except Unreadable as error:
        raise NoVerdict(
            f"{scope.purpose} of {scope.campaign}: no answer of the form asked for, twice: {error.problems[0]}",
            hint="run it again later, or raise the tier of this skill in skill.yaml",
        ) from error
    return Asked(
        second, before.spend + usage.spend, before.replayed and usage.replayed, prompt_hash(repair), check(second)
    )
