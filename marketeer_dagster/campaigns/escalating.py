"""Asking a person about a version that is not to go out as it is. Whatever blocks a campaign leaves a question."""

import re
from collections.abc import Sequence

from marketeer_dagster.campaigns.decisions import artefact_subject, human_decision
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

    `why` is the inbox's headline. What a person rejected stays rejected and is not asked about again; a version that
    came back unchanged after it was sent back is a new question.
    """
    decision = human_decision(store, artefact)
    if decision is not None and decision.state is ApprovalState.REJECTED:
        return store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.REJECTED)
    subject = artefact_subject(artefact)
    sent_back = store.approvals.list(campaign=artefact.campaign, subject=subject, state=ApprovalState.REVISE)
    findings = "\n".join(f"- {f.severity.value} `{f.where}`: {f.problem}" for f in found)
    store.approvals.open(
        Approval(
            id=ApprovalId(derived("apr", subject, *(approval.id for approval in sent_back))),
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
