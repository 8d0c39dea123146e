"""The metric loops: a signal with its evidence, the campaign that answers it, one answer per drop, its measuring."""

from datetime import UTC, datetime, time, timedelta

import pytest
from dagster import AssetMaterialization

from marketeer_dagster.model.campaign import CampaignStatus, Priority
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from marketeer_dagster.model.signal import Signal
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.publishing import a_tenant
from tests.support.site_figures import ACME, FIRST, LAST, after, land, site, steady

BAD_DAYS = 7


def dropped(days: int = BAD_DAYS, *, more: int = 0, better: int = 0):
    """The site's rows: /pricing lost conversions on its last days; `more` days of it, then `better` days as before."""
    length = (LAST - FIRST).days + 1 + more + better
    sessions, conversions = steady(days=length)
    ends = length - better
    bad = after((sessions[:ends], conversions[:ends]), days + more, conversions=0.4)
    return site(pricing=(bad[0] + sessions[ends:], bad[1] + conversions[ends:]), features=steady(days=length, seed=4))


@pytest.fixture
def dropping(tower: Watchtower) -> Watchtower:
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    land(tower.warehouse, dropped())
    return tower


def only_signal(tower: Watchtower) -> Signal:
    (signal,) = tower.store.signals.list()
    return signal


def test_a_drop_opens_a_signal_and_the_campaign_that_answers_it(dropping: Watchtower) -> None:
    ticked = dropping.look("conversion_drop")
    assert ticked.run_requests == [], "the dispatcher starts runs, not the loop"
    signal = only_signal(dropping)
    assert (signal.tenant, signal.name, signal.subject) == (ACME, "conversion_drop", "/pricing")
    assert signal.evidence.observed < signal.evidence.expected
    assert signal.campaign is not None
    campaign = dropping.store.campaigns.get(signal.campaign)
    assert (campaign.pipeline, campaign.priority, campaign.signal) == ("conversion-sprint", Priority.P0, signal.id)
    (request,) = dropping.look("campaigns").run_requests
    assert request.partition_key == campaign.key
    assert request.tags["dagster/priority"] == "30"
    assert request.tags["marketeer/signal"] == signal.id


def test_a_day_is_judged_once(dropping: Watchtower) -> None:
    dropping.look("conversion_drop")
    assert LAST.isoformat() in (dropping.cursors["conversion_drop"] or "")
    again = dropping.look("conversion_drop")
    assert f"Judged already: acme on {LAST}" in (again.skip_message or "")
    assert len(dropping.store.signals.list()) == 1


def test_a_lost_cursor_repeats_nothing(dropping: Watchtower) -> None:
    dropping.look("conversion_drop")
    dropping.cursors.clear()
    dropping.look("conversion_drop")
    assert len(dropping.store.signals.list()) == len(dropping.store.campaigns.list()) == 1


def test_one_drop_gets_one_answer_as_long_as_its_recovery_is_not_measured(dropping: Watchtower) -> None:
    dropping.look("conversion_drop")
    dropping.pass_days(2)
    land(dropping.warehouse, dropped(more=2))
    dropping.look("conversion_drop")
    signal = only_signal(dropping)
    dropping.store.signals.measure(signal.id, False, signal.evidence, dropping.now)
    dropping.pass_days(1)
    land(dropping.warehouse, dropped(more=4))
    dropping.look("conversion_drop")
    assert len(dropping.store.signals.list()) == 2, "measured as not recovered, it may be answered anew"


def test_a_signal_whose_campaign_was_lost_in_a_crash_is_answered_later(dropping: Watchtower) -> None:
    lost = values.signal(at=dropping.now, evidence=values.evidence(until=LAST))
    dropping.store.signals.open(lost, timedelta(days=1))
    dropping.cursors["conversion_drop"] = f'{{"acme": "{LAST}"}}'
    assert "1 answered" in (dropping.look("conversion_drop").skip_message or "")
    assert only_signal(dropping).campaign is not None


def test_a_tenant_without_figures_disturbs_nobody(dropping: Watchtower) -> None:
    dropping.store.tenants.add(a_tenant("empty"))
    dropping.look("conversion_drop")
    assert [signal.tenant for signal in dropping.store.signals.list()] == [ACME]


def test_a_loss_of_visitors_is_the_other_loops(tower: Watchtower) -> None:
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    fewer = after(steady(), BAD_DAYS, sessions=0.5, conversions=0.5)
    land(tower.warehouse, site(pricing=fewer, features=steady(800, seed=4)))
    tower.look("conversion_drop")
    assert tower.store.signals.list() == ()
    tower.look("traffic_drop")
    found = {signal.subject: signal for signal in tower.store.signals.list()}
    assert "/pricing" in found
    campaign = found["/pricing"].campaign
    assert campaign is not None
    assert tower.store.campaigns.get(campaign).pipeline == "seo-cycle"


def silent_days(series: tuple[list[int], list[int]]) -> tuple[list[int], list[int]]:
    """Two days of nothing before the last two."""
    return tuple([*values[:-4], 0, 0, *values[-2:]] for values in series)  # type: ignore[return-value]


def test_while_the_counter_is_silent_only_that_is_said(tower: Watchtower) -> None:
    tower.now = datetime.combine(LAST + timedelta(days=1), time(9), tzinfo=UTC)
    silent = {"sessions": 0.004, "conversions": 0.0}
    land(tower.warehouse, site(pricing=after(steady(), 2, **silent), features=after(steady(seed=4), 2, **silent)))
    tower.look("tracking_broken")
    assert tower.store.signals.list() == (), "nobody has asked for the days without rows yet"
    for day in (LAST - timedelta(days=1), LAST):
        read = AssetMaterialization("ga4_daily", partition=day.isoformat())
        tower.instance.report_runless_asset_event(read)
    tower.checked()
    for loop in ("conversion_drop", "traffic_drop", "tracking_broken"):
        tower.look(loop)
    signal = only_signal(tower)
    assert signal.name == "tracking_broken"
    assert signal.campaign is None, "a person mends a counter, no campaign"
    tower.look("tracking_broken")
    (question,) = tower.store.approvals.list(tenant=ACME, state=ApprovalState.PENDING)
    assert (question.subject, question.reason) == (signal.id, ApprovalReason.SOURCE_BROKEN)
    assert "ga4" in question.title
    tower.look("signal_recovery")
    assert only_signal(tower).recovered is None
    tower.pass_days(2)
    mended = site(pricing=silent_days(steady(days=72)), features=silent_days(steady(days=72, seed=4)))
    land(tower.warehouse, mended)
    tower.look("signal_recovery")
    assert only_signal(tower).recovered is True
    assert tower.store.approvals.list(state=ApprovalState.PENDING) == (), "its question closes by itself"


def answered(tower: Watchtower) -> Signal:
    """The drop's campaign has ended; its page went live today."""
    tower.look("conversion_drop")
    signal = only_signal(tower)
    assert signal.campaign is not None
    row = tower.store.publications.intend(
        values.publication("k", campaign=signal.campaign, state=PublicationState.WRITING)
    )
    states = {PublicationState.WRITING}, PublicationState.PUBLISHED
    tower.store.publications.transition(row.id, *states, at=tower.now, published_at=tower.now)
    tower.store.campaigns.set_status(signal.campaign, CampaignStatus.PUBLISHED, tower.now)
    return signal


@pytest.mark.parametrize("better", [True, False])
def test_recovery_is_measured_on_a_full_week_after_the_answer_went_live(dropping: Watchtower, better: bool) -> None:
    answered(dropping)
    for day in (7, 8):
        dropping.pass_days(day - (dropping.today - LAST).days + 1)
        land(dropping.warehouse, dropped(better=day) if better else dropped(more=day))
        dropping.look("signal_recovery")
        assert (only_signal(dropping).recovered is not None) == (day >= 8)
    signal = only_signal(dropping)
    assert signal.recovered is better
    assert signal.recovery is not None
    assert signal.recovery.until - signal.recovery.since == timedelta(days=6)
