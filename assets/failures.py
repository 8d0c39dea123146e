"""Errors of ours as Dagster failures: what failed, what to do next, and whether trying again can help.

Dagster stores an exception with everything it was raised from, and a vendor's exception may hold whatever the vendor
answered. So none is passed on as it is: the failure carries the redacted words, and the redacted traceback beside them.
"""

import traceback
from collections.abc import Generator
from contextlib import contextmanager

from dagster import Failure, MetadataValue, OpExecutionContext, RetryRequested

from marketeer_dagster.campaigns.escalation import ask_about_budget
from marketeer_dagster.campaigns.postponing import postpone
from marketeer_dagster.model.errors import BadInput, BudgetExceeded, MarketeerError, NoVerdict, ToolError, TryLater
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.redaction import redact

KIND = "kind"
"""Metadata of a failure: the name of the error's class."""
HINT = "what to do"
"""Metadata of a failure: what a person does about it."""
_TRACE_LIMIT = 20_000


@contextmanager
def explained() -> Generator[None]:
    """Raise errors as Failure with their hint; permanent ones (bad input, budget, auth, invalid) do not retry.

    An error that is none of ours is a fault: it keeps its name, and may be tried again.
    """
    try:
        yield
    except (Failure, RetryRequested):
        raise
    except Exception as error:
        raise _failure(error) from None


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


def _failure(error: Exception) -> Failure:
    ours = isinstance(error, MarketeerError)
    permanent = isinstance(error, BadInput | BudgetExceeded | NoVerdict | TryLater)
    if isinstance(error, ToolError):
        permanent = error.permanent
    said = str(error) if ours else f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))[-_TRACE_LIMIT:]
    metadata: dict[str, str | MetadataValue] = {
        KIND: type(error).__name__,
        "traceback": MetadataValue.text(redact(trace)),
    }
    if isinstance(error, MarketeerError) and error.hint:
        metadata[HINT] = MetadataValue.md(error.hint)
    return Failure(description=redact(said), metadata=metadata, allow_retries=not permanent)
