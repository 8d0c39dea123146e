"""What follows from the Director's reviews: a question for each goal, a campaign for each yes."""

from collections.abc import Iterator

from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.direction import DirectorReview, RecommendedGoal
from marketeer_dagster.model.ids import ApprovalId, CampaignKey, GoalId, derived
from marketeer_dagster.model.review import Approval, ApprovalReason
from marketeer_dagster.store import Store

RECOMMENDATION = "dir_"
"""Beginning of a recommendation's name, `<review id>#<number>`."""


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


def recommended(store: Store, approval: Approval) -> RecommendedGoal:
    """The very goal that a question is about; NotFound when its review is not in this store."""
    id_, _, number = approval.subject.partition("#")
    return store.period_reviews.get(id_, approval.tenant).content.recommendations[int(number) - 1]


def take_recommendation(store: Store, clock: Clock, approval: Approval) -> Campaign:
    """The campaign of a recommended goal that a person approved, by the pipeline that the question named.

    One campaign for each question, however often it is approved. Raises as `take_goal`, and NotFound.
    """
    wanted = recommended(store, approval)
    return take_goal(
        store,
        clock,
        tenant=approval.tenant,
        text=wanted.goal,
        budget_usd=wanted.budget_usd,
        pipeline=wanted.pipeline or None,
        goal=GoalId(derived("gol", approval.id)),
    )
