"""Questions about a campaign as a whole: money is used up, or work keeps failing. A person lets it go on or stops it.

Questions about one version of an artefact are asked by escalating.py, those about a
publication by the outbox. Which reasons are raised where: docs/operating.md, Approvals.
"""

from collections.abc import Sequence

from marketeer_dagster.campaigns.spending import spending_limit, stated_budget
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.errors import BudgetExceeded
from marketeer_dagster.model.ids import ApprovalId, CampaignKey, derived
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.store import Store

FAILURES = (ApprovalReason.WORK_FAILED, ApprovalReason.CASCADING_FAILURE)
"""Reasons of questions that a failure asked: approving tries again."""
CASCADE = 3
"""Runs of one tenant that fail in a row before a person is asked: catalog, Escalation reasons."""


def ask_about_budget(store: Store, clock: Clock, key: CampaignKey, error: BudgetExceeded) -> Approval:
    """Ask whether a campaign whose budget is used up may go on. Once a round, however many steps were refused."""
    campaign = store.campaigns.get(key)
    stated, limit = stated_budget(store, campaign), spending_limit(store, key)
    what = f"the budget of {campaign.title!r} is used up"
    detail = f"{error.message}\n\nSpent so far: USD {store.llm.totals(campaign=key).cost_usd:.4f}"
    if stated is not None and limit is not None:
        detail += f" of USD {limit:.2f}. Approving releases another USD {stated:.2f} of the tenant's month for it"
    detail += (
        ".\n\nApprove to go on (work already paid for replays at no cost), reject to stop. When the tenant's own "
        f"month is used up, first raise it: marketeer tenant set {campaign.tenant} --llm-budget USD"
    )
    return _ask(store, clock, campaign, ApprovalReason.BUDGET_THRESHOLD, what, detail)


def ask_about_failure(store: Store, clock: Clock, key: CampaignKey, causes: Sequence[str]) -> Approval:
    """Ask whether a campaign whose run was stopped should be tried again. Once a round, whatever stopped it."""
    campaign = store.campaigns.get(key)
    doing = "planning" if campaign.plan is None else "work"
    what = f"{campaign.title[:120]}: {doing} stopped: {causes[0]}"
    return _ask(store, clock, campaign, ApprovalReason.WORK_FAILED, what, _said(causes))


def ask_about_failures(
    store: Store, clock: Clock, key: CampaignKey, runs: Sequence[str], causes: Sequence[str] = ()
) -> Approval:
    """Ask whether a campaign should be tried again after so many runs of its tenant failed one after the other."""
    campaign = store.campaigns.get(key)
    what = f"{len(runs)} runs of {campaign.tenant} failed in a row, the last one for {campaign.title!r}"
    detail = "Failed, newest first:\n" + "\n".join(f"- {run}" for run in runs) + "\n\n" + _said(causes)
    return _ask(store, clock, campaign, ApprovalReason.CASCADING_FAILURE, what, detail)


def ask_about_measuring(store: Store, clock: Clock, key: CampaignKey, page: str, remedy: str) -> Approval:
    """Ask a person to make tests measurable before one begins: without, no visitor's sign-up would have an arm."""
    campaign = store.campaigns.get(key)
    what = f"the test of {page} planned by {campaign.title!r} cannot be measured yet"
    detail = (
        f"{remedy[:1].upper()}{remedy[1:]}.\n\nUntil then every arm would show no sign-ups for ever, so the test has "
        "not begun and its page waits. Approve when it is done, and the test begins; reject to leave the page as it is."
    )
    return _ask(store, clock, campaign, ApprovalReason.SOURCE_BROKEN, what, detail)


def _said(causes: Sequence[str]) -> str:
    listed = "\n".join(f"- {cause}" for cause in causes)
    what = listed or "- nothing was said; see the run in the Dagster UI"
    return (
        f"What stopped it:\n{what}\n\nMend the cause where there is one to mend, then approve to try again (a campaign "
        "without a plan is planned anew, finished work is kept), or reject to end the campaign."
    )


def failure_asked(store: Store, key: CampaignKey, round: int) -> bool:
    """Whether a person was asked to try a campaign's round again because its run was stopped."""
    ids = {_id(key, reason, round) for reason in FAILURES}
    return any(approval.id in ids for approval in store.approvals.list(subject=key))


def open_failure(store: Store, campaign: Campaign) -> Approval | None:
    """The open question whether a campaign that was stopped should be tried again."""
    asked = store.approvals.list(subject=campaign.key, state=ApprovalState.PENDING)
    return next((question for question in asked if question.reason in FAILURES), None)


def ended_by_person(store: Store, campaign: Campaign) -> Approval | None:
    """A person's no to going on with this round of the campaign."""
    ids = {_id(campaign.key, reason, campaign.round) for reason in ApprovalReason}
    answered = store.approvals.list(subject=campaign.key, state=ApprovalState.REJECTED)
    return next((answer for answer in answered if answer.id in ids), None)


def waits_for_person(store: Store, campaign: Campaign) -> bool:
    """Whether a question about the campaign as a whole is open."""
    return bool(store.approvals.list(subject=campaign.key, state=ApprovalState.PENDING))


def asked_in_this_round(campaign: Campaign, question: Approval) -> bool:
    """Whether a question was asked about this very round of a campaign as a whole."""
    return question.id == _id(campaign.key, question.reason, campaign.round)


def is_of_this_round(campaign: Campaign, question: Approval) -> bool:
    """Whether a question about a campaign as a whole is about its present round: one that went on asks anew."""
    mine = {_id(campaign.key, question.reason, round) for round in range(campaign.round)}
    return question.id not in mine


def _ask(store: Store, clock: Clock, campaign: Campaign, reason: ApprovalReason, title: str, detail: str) -> Approval:
    return store.approvals.open(
        Approval(
            id=_id(campaign.key, reason, campaign.round),
            tenant=campaign.tenant,
            campaign=campaign.key,
            subject=campaign.key,
            reason=reason,
            title=title[:300],
            detail=detail[:4000],
            created_at=clock.now(),
        )
    )


def _id(key: CampaignKey, reason: ApprovalReason, round: int) -> ApprovalId:
    return ApprovalId(derived("apr", key, reason.value, str(round)))
