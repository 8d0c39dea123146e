"""One asking: everything a model answered to one question, first try and repairs, kept or given up together."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from marketeer_dagster.agents.protocols import Answer, CallScope, LanguageModel, Prompt, Tier, Unreadable, Usage
from marketeer_dagster.model.errors import NoVerdict

P = ParamSpec("P")
Result = TypeVar("Result")


@asynccontextmanager
async def one_asking(model: LanguageModel, scope: CallScope) -> AsyncGenerator[LanguageModel]:
    """The model to ask with. A NoVerdict that leaves the block rejects every answer given in it.

    Askings may stand in one another: whoever judges an answer bad later than `ask` does so inside a wider one.
    """
    asking = _Asking(model)
    try:
        yield asking
    except NoVerdict as error:
        await model.reject(asking.calls, error.message, scope=scope)
        raise


def rejecting(
    ask: Callable[Concatenate[LanguageModel, P], Awaitable[Result]],
) -> Callable[Concatenate[LanguageModel, P], Awaitable[Result]]:
    """Make a function that asks (a model first, a `scope` among the keywords) one asking as a whole."""

    @wraps(ask)
    async def asked(model: LanguageModel, *args: P.args, **kwargs: P.kwargs) -> Result:
        scope = kwargs["scope"]
        assert isinstance(scope, CallScope)
        async with one_asking(model, scope) as asking:
            return await ask(asking, *args, **kwargs)

    return asked


class _Asking:
    """A LanguageModel that remembers what it was answered."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.calls: list[str] = []

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        try:
            said, usage = await self._model.complete(prompt, answer, tier=tier, scope=scope)
        except Unreadable as error:
            self.calls.extend(error.usage.calls)
            raise
        self.calls.extend(usage.calls)
        return said, usage

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        await self._model.reject(calls, why, scope=scope)
