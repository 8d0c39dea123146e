"""What mutes a subject: its answer while under way or too young to be judged, else the cooldown alone."""

from datetime import UTC, datetime, time, timedelta

import pytest

from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.signal import Signal
from sensors.loop import WINDOW_DAYS
from tests.sensors.conftest import Watchtower
from tests.sensors.test_loops import BAD_DAYS, dropped
from tests.store import values
from tests.support.publishing import a_tenant
from tests.support.site_figures import LAST, after, land, site, steady

DAY = timedelta(days=1)


@pytest.fixture
def dropping(tower: Watchtower) -> Watchtower:
    """The day after a drop of conversions was seen and its sprint opened."""
    tower.now = datetime.combine(LAST + DAY, time(9), tzinfo=UTC)
    land(tower.warehouse, dropped())
    tower.look("conversion_drop")
    assert len(tower.store.signals.list()) == 1
    return tower


def signals(tower: Watchtower) -> tuple[Signal, ...]:
    return tower.store.signals.list()


def ended(tower: Watchtower, status: CampaignStatus) -> None:
    """The answer's campaign stands there, since now."""
    campaign = signals(tower)[0].campaign
    assert campaign is not None
    tower.store.campaigns.set_status(campaign, status, tower.now)


def live(tower: Watchtower) -> None:
    """The answer went live today."""
    campaign = signals(tower)[0].campaign
    row = tower.store.publications.intend(values.publication("k", campaign=campaign, state=PublicationState.APPROVED))
    states = {PublicationState.APPROVED}, PublicationState.PUBLISHED
    tower.store.publications.transition(row.id, *states, at=tower.now, published_at=tower.now)
    ended(tower, CampaignStatus.PUBLISHED)


def days_later(tower: Watchtower, days: int) -> None:
    """The drop goes on for so many days after LAST."""
    tower.now = datetime.combine(LAST + (days + 1) * DAY, time(9), tzinfo=UTC)
    land(tower.warehouse, dropped(more=days))
    tower.look("conversion_drop")


@pytest.mark.parametrize("status", [CampaignStatus.PUBLISHED, CampaignStatus.FAILED])
def test_an_answer_that_ended_with_nothing_live_mutes_for_the_cooldown_only(
    dropping: Watchtower, status: CampaignStatus
) -> None:
    dropping.now += timedelta(hours=2)
    ended(dropping, status)
    land(dropping.warehouse, dropped(more=1))
    dropping.now += timedelta(hours=20)
    dropping.look("conversion_drop")
    assert len(signals(dropping)) == 1, "22 hours after the first"
    days_later(dropping, 2)
    assert len(signals(dropping)) == 2
    assert len({signal.campaign for signal in signals(dropping)}) == 2


@pytest.mark.parametrize("status", [CampaignStatus.RUNNING, CampaignStatus.WAITING, CampaignStatus.ESCALATED])
def test_work_and_a_persons_decision_hold_the_subject_however_long(
    dropping: Watchtower, status: CampaignStatus
) -> None:
    ended(dropping, status)
    days_later(dropping, 3)
    assert len(signals(dropping)) == 1


def test_an_experiment_holds_its_subject(dropping: Watchtower) -> None:
    live(dropping)
    campaign = signals(dropping)[0].campaign
    test = values.experiment(campaign=campaign, started_on=LAST)
    dropping.store.experiments.add(test)
    days_later(dropping, WINDOW_DAYS + 2)
    assert len(signals(dropping)) == 1
    dropping.store.experiments.decide(test.id, values.decision(), ExperimentState.STOPPED)


def test_what_went_live_gets_its_week(dropping: Watchtower) -> None:
    live(dropping)
    days_later(dropping, WINDOW_DAYS)
    assert len(signals(dropping)) == 1, "the seventh day after is measured tomorrow"
    days_later(dropping, WINDOW_DAYS + 1)
    assert len(signals(dropping)) == 2


def test_the_other_subjects_and_tenants_go_on(dropping: Watchtower) -> None:
    dropping.store.tenants.add(a_tenant("beta"))
    dropping.now += 2 * DAY
    length = len(steady()[0]) + 2
    worse = after(steady(days=length), BAD_DAYS + 2, conversions=0.4)
    other = after(steady(days=length, seed=4), BAD_DAYS, conversions=0.4)
    land(dropping.warehouse, site(pricing=worse, features=other))
    land(dropping.warehouse, site(pricing=worse), "beta")
    dropping.look("conversion_drop")
    found = {(signal.tenant, signal.subject) for signal in signals(dropping)}
    assert found == {("acme", "/pricing"), ("acme", "/features"), ("beta", "/pricing")}


@pytest.mark.parametrize("status", [CampaignStatus.PUBLISHED, CampaignStatus.FAILED])
def test_recovery_without_a_release_is_measured_a_week_after_the_end(
    dropping: Watchtower, status: CampaignStatus
) -> None:
    ended(dropping, status)
    over_on = dropping.today
    for days in (6, 7):
        dropping.now = datetime.combine(over_on + (days + 1) * DAY, time(9), tzinfo=UTC)
        land(dropping.warehouse, dropped(more=(over_on - LAST).days + days))
        dropping.look("signal_recovery")
        assert (signals(dropping)[0].recovered is not None) == (days == 7)
    assert signals(dropping)[0].recovered is False
