"""The loop over email sequences: fires on a planted loss of clicks, is silent on noise, is answered by its pipeline."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest

from marketeer_dagster.campaigns.looking import sightings
from marketeer_dagster.campaigns.watch_emails import email_underperforming
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.warehouse import Warehouse, sync_store
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.support.site_figures import ACME
from tests.warehouse import frames

TODAY = date(2026, 4, 6)
DAY = timedelta(days=1)
NEWEST = TODAY - DAY


def weekly(
    name: str, rates: Sequence[float], *, sends: int = 400, seed: int = 1, tail: bool = True, spread: float = 0.0
) -> pd.DataFrame:
    """One email a week, the last a week before NEWEST, each clicked on the day of sending and the two after."""
    random = np.random.default_rng(seed)
    rows = []
    for n, rate in enumerate(rates):
        sent_on = NEWEST - (len(rates) - n) * 7 * DAY
        # Sends differ among each other by more than chance: subject, season, list.
        own = rate * float(np.exp(random.normal(0, spread))) if spread else rate
        clicks = random.multinomial(random.binomial(sends, min(own, 1.0)), (0.6, 0.3, 0.1))
        for later, clicked in enumerate(clicks):
            rows.append({
                "date": sent_on + later * DAY, "campaign_id": f"{name}-{n}", "campaign": name,
                "sends": sends if later == 0 else 0, "opens": sends // 3 if later == 0 else 0, "clicks": int(clicked),
                "unsubscribes": 0, "bounces": 2 if later == 0 else 0, "revenue": 0.0,
            })  # fmt: skip
    return pd.DataFrame(rows)


def put(warehouse: Warehouse, *sequences: pd.DataFrame) -> None:
    frames.put(warehouse, ACME, pd.concat(sequences), "email_daily")
    frames.put(warehouse, ACME, frames.ga4(3, first=NEWEST - 2 * DAY))


@pytest.fixture
def home(tower: Watchtower) -> Watchtower:
    tower.now = datetime.combine(TODAY, time(9), tzinfo=UTC)
    return tower


def test_a_sequence_below_its_own_past_is_rewritten(home: Watchtower) -> None:
    put(home.warehouse, weekly("Welcome", [0.10] * 12 + [0.04] * 4), weekly("News", [0.03] * 16, seed=2))
    home.look("email_underperforming")
    (signal,) = home.store.signals.list()
    assert (signal.subject, signal.evidence.metric) == ("Welcome", "email_click_rate")
    assert signal.evidence.observed == pytest.approx(0.04, abs=0.012)
    assert signal.evidence.expected == pytest.approx(0.10, abs=0.012)
    assert signal.evidence.observed < signal.evidence.low
    assert "Its own sends" in signal.evidence.detail
    assert signal.campaign is not None
    assert home.store.campaigns.get(signal.campaign).pipeline == "email-refresh"


def test_a_young_sequence_is_held_to_the_tenants_others(home: Watchtower) -> None:
    put(home.warehouse, weekly("News", [0.10] * 16), weekly("Welcome", [0.03] * 3, seed=2))
    home.look("email_underperforming")
    (signal,) = home.store.signals.list()
    assert signal.subject == "Welcome"
    assert "other sequences" in signal.evidence.detail


def test_our_own_emails_are_one_sequence_by_their_campaign(home: Watchtower) -> None:
    """A published sequence has one Mailchimp campaign for each email; the store knows that they belong together."""
    home.store.campaigns.add(values.campaign("acme:spring"))
    for n in range(16):
        row = values.publication(
            f"k{n}", campaign="acme:spring", tool="mailchimp", kind="email_campaign", target="list",
            external_id=f"W-{n}", state=PublicationState.PUBLISHED,
        )  # fmt: skip
        home.store.publications.intend(row)
    emails = weekly("W", [0.10] * 12 + [0.04] * 4)
    put(home.warehouse, emails.assign(campaign=[f"Mail {name}" for name in emails["campaign_id"]]))
    with home.warehouse.writing() as writer:
        sync_store(home.store, writer)
    home.look("email_underperforming")
    (signal,) = home.store.signals.list()
    assert signal.subject == "acme:spring"
    assert signal.campaign is not None
    assert home.store.campaigns.get(signal.campaign).parent == "acme:spring", "it improves that campaign's work"


@pytest.mark.parametrize(
    "emails",
    [
        pytest.param(weekly("Welcome", [0.10] * 12 + [0.04] * 4, sends=100), id="too few emails"),
        pytest.param(weekly("Welcome", [0.10] * 12 + [0.09] * 4, sends=4000), id="less than a fifth"),
        pytest.param(weekly("Welcome", [0.10] * 12 + [0.15] * 4), id="better"),
        pytest.param(weekly("Welcome", [0.04] * 4), id="nothing to compare with"),
    ],
)
def test_the_rest_is_not_reported(home: Watchtower, emails: pd.DataFrame) -> None:
    put(home.warehouse, emails)
    home.look("email_underperforming")
    assert home.store.signals.list() == ()


def test_sends_that_differ_anyway_raise_no_alarm(home: Watchtower, catalog: Catalog) -> None:
    """Noise far beyond chance: each send's rate varies by a third. At most one of forty such sequences may fire."""
    put(home.warehouse, *(weekly(f"S{n}", [0.06] * 20, seed=100 + n, spread=0.33) for n in range(40)))
    with home.warehouse.reading() as connection:
        spec = catalog.signal("email_underperforming")
        assert len(list(sightings(email_underperforming(connection, ACME, NEWEST - 2 * DAY, spec)))) <= 1


def test_the_subject_cools_down_for_three_days(home: Watchtower) -> None:
    put(home.warehouse, weekly("Welcome", [0.10] * 12 + [0.04] * 4))
    home.look("email_underperforming")
    (first,) = home.store.signals.list()
    assert first.campaign is not None
    home.store.campaigns.set_status(first.campaign, CampaignStatus.FAILED, home.now)
    for days, known in ((2, 1), (4, 2)):
        home.now = datetime.combine(TODAY + days * DAY, time(9), tzinfo=UTC)
        frames.put(home.warehouse, ACME, frames.ga4(3, first=NEWEST + (days - 2) * DAY))
        home.look("email_underperforming")
        assert len(home.store.signals.list()) == known


@pytest.mark.parametrize("better", [True, False])
def test_recovery_is_read_from_what_was_sent_since(home: Watchtower, better: bool) -> None:
    put(home.warehouse, weekly("Welcome", [0.10] * 12 + [0.04] * 4))
    home.look("email_underperforming")
    (signal,) = home.store.signals.list()
    assert signal.campaign is not None
    home.store.campaigns.set_status(signal.campaign, CampaignStatus.PUBLISHED, home.now)
    later = frames.email("Welcome-new", TODAY + DAY, sends=1000).assign(
        campaign="Welcome", clicks=105 if better else 40
    )
    frames.put(home.warehouse, ACME, later, "email_daily")
    home.pass_days(8)
    frames.put(home.warehouse, ACME, frames.ga4(3, first=home.today - 3 * DAY))
    home.look("signal_recovery")
    assert home.store.signals.get(signal.id).recovered is better
