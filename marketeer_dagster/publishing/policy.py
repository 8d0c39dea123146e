"""How far publishing goes without a person, and what a newer publication means for the ones before it."""

from typing import Final

from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.publishing.pages import PAGE, PAGE_VARIANT

FINAL: Final = frozenset({PublicationState.PUBLISHED, PublicationState.REJECTED, PublicationState.SUPERSEDED})
UNPUBLISHED: Final = frozenset(
    {
        PublicationState.PENDING,
        PublicationState.APPROVED,
        PublicationState.WRITING,
        PublicationState.DRAFT,
        PublicationState.FAILED,
    }
)
_TAKES_THE_PLACE: Final = frozenset({PAGE, PAGE_VARIANT})


def initial_state(tenant: Tenant, tool: str) -> PublicationState:
    """Where an intent starts: pending a person under `approve`; free to be written otherwise (as a draft or public)."""
    asks = tenant.autonomy_for(tool) is Autonomy.APPROVE
    return PublicationState.PENDING if asks else PublicationState.APPROVED


def may_be_public(tenant: Tenant, tool: str) -> bool:
    """Whether a write may be seen by anyone outside; under `draft_only` it stays a draft in the tool."""
    return tenant.autonomy_for(tool) is not Autonomy.DRAFT_ONLY


def needs_person(tenant: Tenant, tool: str, state: PublicationState) -> bool:
    """Whether an approval must be there before a publication in `state` is written.

    Asked again at delivery, because a policy may have become stricter since the intent. A write that was begun was
    allowed when it began and is finished; a question once asked waits for its answer even if the policy is now looser.
    """
    if state is PublicationState.WRITING:
        return False
    return state is PublicationState.PENDING or tenant.autonomy_for(tool) is Autonomy.APPROVE


def takes_the_place(kind: str) -> bool:
    """Whether publishing again replaces what is there (a page), or would go out a second time (an email)."""
    return kind in _TAKES_THE_PLACE
