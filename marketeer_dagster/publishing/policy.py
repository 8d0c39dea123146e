"""Where an intent starts, and what a newer publication means for the ones before it. What follows: lifecycle.py."""

from typing import Final

from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.publishing.pages import PAGE, PAGE_VARIANT

_TAKES_THE_PLACE: Final = frozenset({PAGE, PAGE_VARIANT})


def initial_state(tenant: Tenant, tool: str) -> PublicationState:
    """Where an intent starts: pending a person under `approve`; free to be written otherwise (as a draft or public)."""
    asks = tenant.autonomy_for(tool) is Autonomy.APPROVE
    return PublicationState.PENDING if asks else PublicationState.APPROVED


def takes_the_place(kind: str) -> bool:
    """Whether publishing again replaces what is there (a page), or would go out a second time (an email)."""
    return kind in _TAKES_THE_PLACE
