"""Asking a person about a version that is not to go out as it is. Whatever blocks a campaign leaves a question."""

import re
from collections.abc import Sequence

from marketeer_dagster.campaigns.closing import artefact_subject
from marketeer_dagster.campaigns.decisions import rejected_by_person
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.ids import ApprovalId, derived
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState, Finding, Severity
from marketeer_dagster.store import Store

_PRICE = re.compile(
    r"[$€£¥￥]\s?\d|\b(?:USD|EUR|GBP|CNY|RMB)\s?\d|\d\s?(?:USD|EUR|GBP|CNY|RMB|元|dollars|euros)", re.IGNORECASE
)


def escalate(
    store: Store, clock: Clock, artefact: Artefact, found: Sequence[Finding], *, why: str, summary: str = ""
) -> Artefact:
    """Hold one version back and ask a person about it, once; returns it with its new status.

    `why` is the inbox's headline. What a person rejected stays rejected and is not asked about again, in whatever
    version; a version that came back after it was sent back, or whose question was closed, is a new question.
    """
    if rejected_by_person(store, artefact) is not None:
        return store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.REJECTED)
    subject = artefact_subject(artefact)
    asked = store.approvals.list(campaign=artefact.campaign, subject=subject)
    over = [a for a in asked if a.state in (ApprovalState.REVISE, ApprovalState.CLOSED)]
    findings = "\n".join(f"- {f.severity.value} `{f.where}`: {f.problem}" for f in found)
    store.approvals.open(
        Approval(
            id=ApprovalId(derived("apr", subject, *(approval.id for approval in over))),
            tenant=artefact.tenant,
            campaign=artefact.campaign,
            subject=subject,
            reason=reason_for(found),
            title=f"{artefact.title}: {why}"[:300],
            detail=f"{summary}\n\n{findings}".strip()[:4000],
            created_at=clock.now(),
        )
    )
    return store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.ESCALATED)


def reason_for(found: Sequence[Finding]) -> ApprovalReason:
    """The gravest kind among the findings: an unsupported claim, one about prices alone, a breach of brand or offer."""
    unsupported = [f for f in found if f.dimension == "claims" and f.severity is Severity.BLOCKER]
    if unsupported:
        prices = all(_PRICE.search(finding.quote) for finding in unsupported)
        return ApprovalReason.PRICING_CHANGE if prices else ApprovalReason.LEGAL_RISK
    if any(f.dimension == "consistency" and f.severity is not Severity.MINOR for f in found):
        return ApprovalReason.BRAND_CHANGE
    return ApprovalReason.NOT_APPROVED
