"""Errors of ours as Dagster failures: what failed, what to do next, and whether trying again can help."""

from collections.abc import Generator
from contextlib import contextmanager

from dagster import Failure, MetadataValue, OpExecutionContext

from marketeer_dagster.campaigns.escalation import ask_about_budget
from marketeer_dagster.campaigns.postponing import postpone
from marketeer_dagster.model.errors import BadInput, BudgetExceeded, MarketeerError, NoVerdict, ToolError, TryLater
from marketeer_dagster.model.ids import CampaignKey


@contextmanager
def explained() -> Generator[None]:
    """Raise our errors as Failure with their hint; permanent ones (bad input, budget, auth, invalid) do not retry."""
    try:
        yield
    except MarketeerError as error:
        permanent = isinstance(error, BadInput | BudgetExceeded | NoVerdict | TryLater)
        if isinstance(error, ToolError):
            permanent = error.permanent
        metadata = {"kind": type(error).__name__}
        if error.hint:
            metadata["what to do"] = MetadataValue.md(error.hint)
        raise Failure(description=str(error), metadata=metadata, allow_retries=not permanent) from error


@contextmanager
def explained_or_asked(context: OpExecutionContext) -> Generator[None]:
    """As `explained`, for a campaign's work: a budget that is used up becomes a question in the inbox, an
    outage postpones the campaign."""
    with explained():
        try:
            yield
        except BudgetExceeded as error:
            resources = context.resources
            ask_about_budget(
                resources.store.store(), resources.clock.clock(), CampaignKey(context.partition_key), error
            )
            raise
        except TryLater as error:
            postpone(context.resources.store.store(), CampaignKey(context.partition_key), error)
            raise
