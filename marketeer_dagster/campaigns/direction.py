"""Keeping the Director's reviews, and what follows from them: a question for each goal, a campaign for each yes."""

from collections.abc import Iterator

from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.direction import DirectorReview
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.ids import ApprovalId, CampaignKey, TenantId, derived
from marketeer_dagster.model.review import Approval, ApprovalReason
from marketeer_dagster.store import Store

RECOMMENDATION = "dir_"
"""Beginning of a recommendation's name, `<review id>#<number>`."""
_STEP = "director_review"


def keep_review(store: Store, review: DirectorReview) -> None:
    """Store a review, and as the tenant's newest."""
    for name in (review.id, f"newest of {review.tenant}"):
        store.step_outputs.put(name, _STEP, "review", review.tenant, review.model_dump_json())


def find_review(store: Store, tenant: TenantId, id: str | None = None) -> DirectorReview | None:
    """A tenant's review by id, or its newest; None when there is none."""
    found = store.step_outputs.get(id or f"newest of {tenant}", _STEP, "review", tenant)
    return None if found is None else DirectorReview.model_validate_json(found)


def ask_about_goals(store: Store, clock: Clock, review: DirectorReview) -> tuple[Approval, ...]:
    """Put each recommended goal into the inbox, once, whatever the tenant's autonomy: a goal spends its money."""
    return tuple(_questions(store, clock, review))


def _questions(store: Store, clock: Clock, review: DirectorReview) -> Iterator[Approval]:
    for number, wanted in enumerate(review.content.recommendations, 1):
        # By its words: the same goal recommended day after day is one question.
        id_ = ApprovalId(derived("apr", review.tenant, "recommended", wanted.goal))
        answer = f"pipeline {wanted.pipeline}" if wanted.pipeline else "skills as the Director plans them"
        budget = f" Budget: {wanted.budget_usd} USD." if wanted.budget_usd is not None else ""
        yield store.approvals.open(
            Approval(
                id=id_,
                tenant=review.tenant,
                campaign=CampaignKey(""),
                subject=f"{review.id}#{number}",
                reason=ApprovalReason.RECOMMENDED_GOAL,
                title=f"Take up this goal? {wanted.goal}"[:300],
                detail=f"{wanted.reason}\n\nExpected: {wanted.expected_effect} Answer: {answer}.{budget}\n\n"
                f"From the review of {review.first} to {review.last}."[:4000],
                created_at=clock.now(),
            )
        )


def take_recommendation(store: Store, clock: Clock, approval: Approval) -> Campaign:
    """The campaign of a recommended goal that a person approved; raises as `take_goal`."""
    id_, _, number = approval.subject.partition("#")
    review = find_review(store, approval.tenant, id_)
    wanted = None if review is None else review.content.recommendations[int(number) - 1]
    if wanted is None:
        raise NotFound(f"no review {id_!r}", hint="it was recommended in another store")
    return take_goal(store, clock, tenant=approval.tenant, text=wanted.goal, budget_usd=wanted.budget_usd)
