"""Intake: a goal, a named pipeline or a signal becomes a campaign that waits for its plan.

Everything is checked before the first row is written. Asking twice for the same unfinished thing finds the campaign
that exists, so a killed command can simply be given again.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from marketeer_dagster.campaigns.escalation import open_failure
from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.campaign import Campaign, CampaignStatus, Priority
from marketeer_dagster.model.clock import Clock, today
from marketeer_dagster.model.context import unfilled
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.goal import Goal
from marketeer_dagster.model.ids import (
    CampaignKey,
    GoalId,
    TenantId,
    campaign_key,
    derived,
    slugify,
    split_campaign_key,
)
from marketeer_dagster.model.pages import page_of
from marketeer_dagster.model.placeholders import placeholders
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import Store

STOPPED = (CampaignStatus.FAILED, CampaignStatus.POSTPONED)
RESUMED = (CampaignStatus.DRAFTED, CampaignStatus.PLANNED, CampaignStatus.RUNNING, *STOPPED)
"""A goal stated again while its campaign is here takes that campaign up; paid answers replay."""
MAX_GOAL_CHARACTERS = 2000
SHOWN_GAPS = 5
"""Of an unfinished context, in the sentence that refuses work on it; `context import` lists all."""
_LOOK_S = 0.05


def take_goal(
    store: Store,
    clock: Clock,
    *,
    tenant: TenantId,
    text: str,
    budget_usd: Decimal | None = None,
    deadline: date | None = None,
    pipeline: str | None = None,
    goal: GoalId | None = None,
) -> Campaign:
    """The campaign for a goal stated in a person's words: a new one, or the unfinished one of the same goal.

    `pipeline` is the one of the catalog that shall answer it; without one the Director chooses. `goal` names the goal
    where something else than its words decides which it is: there is one campaign for it, finished or not.
    Raises BadInput for an empty or overlong text, a negative budget or a past deadline; NotFound for an unknown
    tenant or one without a product context.
    """
    owner = check_goal(store, tenant, text, budget_usd)
    text = " ".join(text.split())
    if deadline is not None and deadline <= today(clock, owner.timezone):
        raise BadInput(f"{deadline} is not in the future", where="deadline", expected="a later date")
    with _in_turn(store, tenant):
        earlier = _of_goal(store, tenant, goal) or _unfinished_goal(store, tenant, text, pipeline)
        if earlier is not None:
            return _taken_up(store, clock, earlier)
        slug = store.campaigns.unique_slug(tenant, slugify(text))
        key = campaign_key(tenant, slug)
        now = clock.now()
        stated = store.goals.add(
            Goal(
                id=goal or GoalId(derived("gol", key)),
                tenant=tenant,
                text=text,
                budget_usd=budget_usd,
                deadline=deadline,
                created_at=now,
            )
        )
        return store.campaigns.add(
            Campaign(
                key=key,
                tenant=tenant,
                goal=stated.id,
                pipeline=pipeline,
                title=text[:200],
                created_at=now,
                updated_at=now,
            )
        )


def check_goal(store: Store, tenant: TenantId, text: str, budget_usd: Decimal | None) -> Tenant:
    """The tenant of a goal that may be taken, as far as can be said without a clock. Raises as `take_goal`."""
    if not text.strip():
        raise BadInput(
            "the goal is empty", where="goal", expected='a sentence such as "+20 % trial signups this quarter"'
        )
    if len(text) > MAX_GOAL_CHARACTERS:
        raise BadInput(f"{len(text):,} characters", where="goal", expected=f"at most {MAX_GOAL_CHARACTERS:,}")
    if waiting := placeholders(text):
        raise BadInput(f"{waiting[0].found} is still to be replaced", where="goal", expected="a sentence that is whole")
    if budget_usd is not None and budget_usd < 0:
        raise BadInput(f"{budget_usd} is negative", where="budget", expected="USD, zero or more")
    return with_context(store, tenant)


def with_context(store: Store, tenant: TenantId) -> Tenant:
    """The tenant, when it exists and has a product context that somebody has filled in.

    Raises NotFound without a context, BadInput for one stored before unfilled forms were refused.
    """
    owner = store.tenants.get(tenant)
    latest = store.contexts.latest(tenant)
    if gaps := unfilled(latest.context):
        said = ", ".join(dict.fromkeys(gap.found for gap in gaps[:SHOWN_GAPS]))
        more = f" and {len(gaps) - SHOWN_GAPS} more" if len(gaps) > SHOWN_GAPS else ""
        raise BadInput(
            f"version {latest.version} still says {said}{more}",
            where=f"context of {tenant}",
            expected="a document that says nothing of a form any more",
            hint=f"fill it in, then: marketeer context import FILE --tenant {tenant}",
        )
    return owner


def _taken_up(store: Store, clock: Clock, campaign: Campaign) -> Campaign:
    """The campaign as it stands; one that failed, or waits for an outage to end, wants another run now.

    To ask for it again is also the answer to the question whether it should be tried again.
    """
    if (question := open_failure(store, campaign)) is not None:
        note = "it was asked for again"
        store.approvals.decide(question.id, ApprovalState.APPROVED, "intake", note, clock.now())
        return store.campaigns.reopen(campaign.key, clock.now())
    return store.campaigns.reopen(campaign.key, clock.now()) if campaign.status in STOPPED else campaign


def _of_goal(store: Store, tenant: TenantId, goal: GoalId | None) -> Campaign | None:
    return next((c for c in store.campaigns.list(tenant=tenant) if goal is not None and c.goal == goal), None)


def _unfinished_goal(store: Store, tenant: TenantId, text: str, pipeline: str | None) -> Campaign | None:
    for campaign in store.campaigns.list(tenant=tenant):
        unfinished = campaign.status in RESUMED or open_failure(store, campaign) is not None
        if (
            campaign.goal
            and campaign.pipeline == pipeline
            and unfinished
            and store.goals.get(campaign.goal).text == text
        ):
            return campaign
    return None


def take_pipeline(
    store: Store,
    catalog: Catalog,
    clock: Clock,
    *,
    tenant: TenantId,
    pipeline: str,
    slug: str | None = None,
) -> Campaign:
    """The campaign for one named pipeline. `slug` names it; an existing slug is taken up again, not made twice.

    Raises NotFound for an unknown tenant, context or pipeline, BadInput when the slug belongs to other work.
    """
    found = catalog.pipeline(pipeline)
    with_context(store, tenant)
    asked = None if slug is None else campaign_key(tenant, slug)
    if asked is not None:
        split_campaign_key_checked(asked)
    with _in_turn(store, tenant):
        existing = None if asked is None else _existing(store, tenant, asked)
        if existing is not None:
            if existing.pipeline != found.name:
                raise BadInput(f"campaign {asked} is a {existing.pipeline or 'goal'} campaign", where="campaign")
            return _taken_up(store, clock, existing)
        now = clock.now()
        return store.campaigns.add(
            Campaign(
                key=asked or campaign_key(tenant, store.campaigns.unique_slug(tenant, found.name)),
                tenant=tenant,
                pipeline=found.name,
                title=f"{found.name} for {tenant}",
                priority=Priority(found.priority),
                created_at=now,
                updated_at=now,
            )
        )


@contextmanager
def _in_turn(store: Store, tenant: TenantId) -> Generator[None]:
    """One intake of a tenant at a time: of two equal requests at once, the second finds what the first has made.

    A claim whose holder was killed is void, so nobody waits for longer than a few rows take to write.
    """
    while True:
        with store.claims.held(f"intake/{tenant}") as mine:
            if mine:
                yield
                return
        time.sleep(_LOOK_S)


def _existing(store: Store, tenant: TenantId, key: CampaignKey) -> Campaign | None:
    return next((campaign for campaign in store.campaigns.list(tenant=tenant) if campaign.key == key), None)


def split_campaign_key_checked(key: str) -> tuple[TenantId, str]:
    """`split_campaign_key` for keys a person typed: BadInput instead of ValueError."""
    try:
        return split_campaign_key(key)
    except ValueError as error:
        raise BadInput(str(error), where="campaign", expected="a slug of a-z, 0-9 and single hyphens") from None


def answer_signal(store: Store, clock: Clock, signal: Signal, *, pipeline: str, priority: Priority) -> Campaign:
    """The campaign that answers a signal. Its key is made of the signal's id, so asking again finds the same one."""
    key = CampaignKey(f"{signal.tenant}:{slugify(pipeline, limit=24)}-{signal.id.rpartition('_')[2][-8:]}")
    with _in_turn(store, signal.tenant):
        existing = _existing(store, signal.tenant, key)
        if existing is not None:
            store.signals.link(signal.id, existing.key, "")
            return existing
        earlier = [p for p in store.publications.list(tenant=signal.tenant) if page_of(p.target) == signal.subject]
        earlier = earlier or store.publications.list(tenant=signal.tenant, campaign=signal.subject)
        now = clock.now()
        campaign = store.campaigns.add(
            Campaign(
                key=key,
                tenant=signal.tenant,
                pipeline=pipeline,
                signal=signal.id,
                parent=earlier[-1].campaign if earlier else None,
                title=f"{pipeline}: {signal.name} on {signal.subject}"[:200],
                priority=priority,
                created_at=now,
                updated_at=now,
            )
        )
        store.signals.link(signal.id, campaign.key, "")
        return campaign
