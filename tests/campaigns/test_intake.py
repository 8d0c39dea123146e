"""Intake: what is refused, before a row is written; what is taken up again instead of made twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from marketeer_dagster.campaigns.intake import MAX_GOAL_CHARACTERS, answer_signal, take_goal, take_pipeline
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import CampaignStatus, Priority
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.store import Store
from tests.store import values
from tests.support.publishing import NOW, a_tenant

ACME = TenantId("acme")
GOAL = "Increase trial signups by 20 % this quarter"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"text": ""}, "goal"),
        ({"text": " \n\t "}, "goal"),
        ({"text": "x" * (MAX_GOAL_CHARACTERS + 1)}, "goal"),
        ({"budget_usd": Decimal("-0.01")}, "budget"),
        ({"deadline": NOW.date()}, "deadline"),
        ({"deadline": NOW.date() - timedelta(days=1)}, "deadline"),
        ({"tenant": TenantId("nobody")}, "nobody"),
        ({"tenant": TenantId("bare")}, "context"),
    ],
)
def test_a_goal_that_cannot_be_served_is_refused_before_anything_is_written(
    store: Store, clock: FixedClock, changes: dict[str, object], named: str
) -> None:
    store.tenants.add(a_tenant("bare"))
    asked: dict[str, object] = {"tenant": ACME, "text": GOAL, **changes}
    with pytest.raises((BadInput, NotFound), match=named):
        take_goal(store, clock, **asked)  # type: ignore[arg-type]
    assert store.goals.list() == ()
    assert store.campaigns.list() == ()


def test_a_goal_becomes_a_campaign_that_waits_for_its_plan(store: Store, clock: FixedClock) -> None:
    deadline = NOW.date() + timedelta(days=1)
    made = take_goal(store, clock, tenant=ACME, text=f"  {GOAL}\n", budget_usd=Decimal(0), deadline=deadline)
    assert made.status is CampaignStatus.DRAFTED
    assert made.goal is not None
    goal = store.goals.get(made.goal)
    assert (goal.text, goal.budget_usd, goal.deadline) == (GOAL, Decimal(0), deadline)


def test_the_deadline_is_read_on_the_tenants_calendar(store: Store) -> None:
    east = a_tenant("east").model_copy(update={"timezone": "Pacific/Auckland"})
    store.tenants.add(east)
    store.contexts.add(east.id, store.contexts.latest(ACME).context, at=NOW)
    evening = FixedClock(NOW.replace(hour=20))
    with pytest.raises(BadInput, match="deadline"):
        take_goal(store, evening, tenant=east.id, text=GOAL, deadline=NOW.date() + timedelta(days=1))


def test_the_same_goal_finds_its_unfinished_campaign(store: Store, clock: FixedClock) -> None:
    made = take_goal(store, clock, tenant=ACME, text=GOAL)
    store.campaigns.set_status(made.key, CampaignStatus.RUNNING, NOW)
    again = take_goal(store, clock, tenant=ACME, text=f"{GOAL} ")
    assert (again.key, again.status) == (made.key, CampaignStatus.RUNNING)
    assert len(store.campaigns.list()) == len(store.goals.list()) == 1


def test_a_goal_that_failed_is_taken_up_in_another_round(store: Store, clock: FixedClock) -> None:
    made = take_goal(store, clock, tenant=ACME, text=GOAL)
    store.campaigns.set_status(made.key, CampaignStatus.FAILED, NOW)
    again = take_goal(store, clock, tenant=ACME, text=GOAL)
    assert (again.key, again.round, again.status) == (made.key, made.round + 1, CampaignStatus.DRAFTED)


@pytest.mark.parametrize("status", [CampaignStatus.PUBLISHED, CampaignStatus.WAITING, CampaignStatus.ESCALATED])
def test_a_goal_that_has_ended_starts_anew(store: Store, clock: FixedClock, status: CampaignStatus) -> None:
    made = take_goal(store, clock, tenant=ACME, text=GOAL)
    store.campaigns.set_status(made.key, status, NOW)
    again = take_goal(store, clock, tenant=ACME, text=GOAL)
    assert again.key != made.key
    assert again.status is CampaignStatus.DRAFTED


def test_a_goal_belongs_to_its_tenant(store: Store, clock: FixedClock) -> None:
    store.tenants.add(a_tenant("beta"))
    store.contexts.add(TenantId("beta"), store.contexts.latest(ACME).context, at=NOW)
    keys = {take_goal(store, clock, tenant=TenantId(name), text=GOAL).key for name in ("acme", "beta")}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pipeline": "email-refrish"}, "email-refresh"),
        ({"tenant": TenantId("nobody")}, "nobody"),
        ({"tenant": TenantId("bare")}, "context"),
        ({"slug": "Not A Slug"}, "campaign"),
        ({"slug": ""}, "campaign"),
    ],
)
def test_a_pipeline_that_cannot_be_run_is_refused_before_anything_is_written(
    store: Store, catalog: Catalog, clock: FixedClock, changes: dict[str, object], named: str
) -> None:
    store.tenants.add(a_tenant("bare"))
    asked: dict[str, object] = {"tenant": ACME, "pipeline": "email-refresh", **changes}
    with pytest.raises((BadInput, NotFound)) as refused:
        take_pipeline(store, catalog, clock, **asked)  # type: ignore[arg-type]
    assert named in f"{refused.value} {refused.value.hint}"
    assert store.campaigns.list() == ()


def test_a_slug_is_taken_up_again_and_never_for_other_work(store: Store, catalog: Catalog, clock: FixedClock) -> None:
    made = take_pipeline(store, catalog, clock, tenant=ACME, pipeline="email-refresh", slug="spring")
    assert take_pipeline(store, catalog, clock, tenant=ACME, pipeline="email-refresh", slug="spring") == made
    with pytest.raises(BadInput, match="email-refresh"):
        take_pipeline(store, catalog, clock, tenant=ACME, pipeline="page-launch", slug="spring")
    store.campaigns.set_status(made.key, CampaignStatus.FAILED, NOW)
    again = take_pipeline(store, catalog, clock, tenant=ACME, pipeline="email-refresh", slug="spring")
    assert (again.round, again.status) == (1, CampaignStatus.DRAFTED)
    assert len(store.campaigns.list()) == 1


def test_pipelines_without_a_slug_are_campaigns_of_their_own(store: Store, catalog: Catalog, clock: FixedClock) -> None:
    keys = [take_pipeline(store, catalog, clock, tenant=ACME, pipeline="email-refresh").key for _ in range(2)]
    assert keys == ["acme:email-refresh", "acme:email-refresh-2"]


def test_a_signal_is_answered_by_one_campaign_that_names_what_it_improves(store: Store, clock: FixedClock) -> None:
    store.publications.intend(values.publication("k", target="/pricing", campaign="acme:launch"))
    signal = store.signals.open(values.signal(), timedelta(0))
    assert signal is not None
    made = answer_signal(store, clock, signal, pipeline="conversion-sprint", priority=Priority.P0)
    assert (made.signal, made.parent, made.priority) == (signal.id, "acme:launch", Priority.P0)
    assert answer_signal(store, clock, signal, pipeline="conversion-sprint", priority=Priority.P0) == made
    assert store.signals.get(signal.id).campaign == made.key
    assert store.signals.list(unanswered=True) == ()


def test_the_same_asked_for_at_once_is_made_once(store: Store, clock: FixedClock) -> None:
    catalog = Catalog.load()

    def ask(number: int) -> tuple[str, str]:
        goal = take_goal(store, clock, tenant=ACME, text=GOAL)
        named = take_pipeline(store, catalog, clock, tenant=ACME, pipeline="email-refresh", slug="race")
        return goal.key, named.key

    with ThreadPoolExecutor(6) as askers:
        answers = set(askers.map(ask, range(6)))
    assert len(answers) == 1
    assert {campaign.key for campaign in store.campaigns.list()} == set(*answers)
    assert len(store.goals.list()) == 1
