"""What an answer leads to, in words for the person who gave it: never more than really follows."""

from marketeer_dagster.campaigns.status import OPEN
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.standing import waits_for
from marketeer_dagster.store import Store

_GOES_ON = "the daemon goes on with it; without one: marketeer campaign continue "


def what_follows(store: Store, answer: Approval) -> str:
    """What happens next because of an answer, or that nothing does; empty where there is no campaign to speak of."""
    if not answer.campaign:
        return ""
    try:
        campaign = store.campaigns.get(answer.campaign)
    except NotFound:
        return ""
    if campaign.status in OPEN and answer.state is not ApprovalState.REJECTED:
        return f"{_GOES_ON}{campaign.key}"
    if answer.subject.startswith("pub_"):
        return _of_publication(store, answer)
    if answer.state is ApprovalState.REJECTED:
        return f"stopped for good; {campaign.key} is {campaign.status.value}"
    return f"nothing more follows: {campaign.key} is {campaign.status.value}"


def _of_publication(store: Store, answer: Approval) -> str:
    row = store.publications.get(answer.subject)
    if row.state is PublicationState.PUBLISHED:
        return f"nothing more follows: it was published{f' on {row.published_at:%Y-%m-%d}' if row.published_at else ''}"
    if row.state is PublicationState.REJECTED:
        return "stopped for good: it is not published, and nobody is asked about it again"
    if row.state in FINAL:
        return f"nothing more follows: it is {row.state.value}. {row.error}".rstrip(". ")
    waiting = waits_for(store, row)
    return f"it waits: {waiting}" if waiting else f"{_GOES_ON}{row.campaign}"
