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
from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.errors import (
    BadInput,
    BudgetExceeded,
    MarketeerError,
    NotFound,
    NoVerdict,
    Paused,
    ToolError,
    TryLater,
)
from marketeer_dagster.model.pausing import refuse_paused
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.store import Store

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


def campaign_asked(store: Store, key: str) -> Campaign:
    """The campaign that a partition stands for; NotFound says how one is started, which no typed partition does."""
    try:
        return store.campaigns.get(key)
    except NotFound:
        hint = (
            "a partition alone is no campaign: start one with the job `start_pipeline` or `start_goal` in the "
            "Launchpad, or with `marketeer pipeline NAME --tenant ID`; the typed partition goes away by itself"
        )
        raise NotFound(f"there is no campaign {key!r}", hint=hint) from None


@contextmanager
def explained_or_asked(context: OpExecutionContext) -> Generator[None]:
    """As `explained`, for a step of a campaign's work: a budget that is used up becomes a question in the inbox, an
    outage postpones the campaign, and so does a pause of its tenant, in which no step begins."""
    with explained():
        store: Store = context.resources.store.store()
        campaign = campaign_asked(store, context.partition_key)
        try:
            refuse_paused(store.tenants.get(campaign.tenant))
            yield
        except BudgetExceeded as error:
            ask_about_budget(store, context.resources.clock.clock(), campaign.key, error)
            raise
        except Paused as error:
            if store.campaigns.get(campaign.key).status in OPEN:  # what only delivers waits in the outbox instead
                postpone(store, campaign.key, error)
            raise
        except TryLater as error:
            postpone(store, campaign.key, error)
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
