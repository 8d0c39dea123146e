"""A page under test is shared among its arms by who was measured, and every day belongs to what was shown."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.model.experiment import Variant
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import MARTS, Warehouse, sync_store
from tests.store import values
from tests.support.reconcile import contradictions
from tests.warehouse.frames import FIRST, ask, at, ga4, put

DAYS = 12
"""From the first of March: three before we publish, three of the control, three of the test, three after it."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(values.tenant())
        for campaign in ("acme:launch", "acme:sprint", "acme:third"):
            opened.campaigns.add(values.campaign(campaign))
            opened.artefacts.put(values.artefact(campaign=campaign))
        yield opened


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    made = at(tmp_path)
    put(made, "acme", ga4(DAYS, sessions=101, conversions=7.0, revenue=50.0))
    return made


def on(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def shown(store: Store, campaign: str, when: datetime, **fields: object) -> None:
    """The campaign's page (or its test's) made public at a moment."""
    artefact = values.artefact(campaign=campaign).id
    fields = {"campaign": campaign, "artefact": artefact, "state": PublicationState.WRITING, **fields}
    out = store.publications.intend(values.publication(f"{campaign} {when}", **fields))
    store.publications.transition(out.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=when)


def under_test(store: Store, *campaigns: str) -> None:
    """A test of the campaigns' pages, the control first, planned for 60 % control."""
    shares = [0.6, *([0.4 / (len(campaigns) - 1)] * (len(campaigns) - 1))]
    arms = tuple(
        Variant(name=name, artefact=values.artefact(campaign=campaign).id, version=1, share=share)
        for name, campaign, share in zip(("control", "b", "c"), campaigns, shares, strict=False)
    )
    store.experiments.add(values.experiment(variants=arms, campaign=campaigns[1]))


def counted(warehouse: Warehouse, *arms: tuple[int, str, int, int, float]) -> None:
    """Day, arm, people to date, of whom converted, what they paid."""
    columns = ("date", "variant", "visitors", "conversions", "revenue")
    rows = [dict(zip(columns, (FIRST + timedelta(days=day - 1), *arm), strict=True)) for day, *arm in arms]
    put(warehouse, "acme", pd.DataFrame(rows).assign(experiment="exp_1"), "experiment_daily")


def told(warehouse: Warehouse, store: Store) -> list[tuple[object, ...]]:
    """Campaign, arm, first and last day of March, sessions, conversions, revenue of every row; sums hold."""
    with warehouse.writing() as w:
        sync_store(store, w)
        for name in MARTS:
            w.build_mart(name)
    with warehouse.reading() as connection:
        assert contradictions(connection) == {}
    return ask(
        warehouse,
        "SELECT split_part(campaign, ':', 2), arm, day(live_from), day(live_to), sessions, round(conversions, 6), "
        "round(revenue, 6) FROM artefact_performance ORDER BY live_from, arm <> 'control', arm",
    )


def the_test(
    store: Store, begins: datetime = on(7), ends: datetime | None = on(10), winner: str = "acme:launch"
) -> None:
    shown(store, "acme:launch", on(4))
    shown(store, "acme:sprint", begins, kind="page_variant", experiment="exp_1")
    if ends is not None:
        shown(store, winner, ends, experiment="exp_1")


def test_control_before_both_during_and_winner_after(warehouse: Warehouse, store: Store) -> None:
    """It was: control until the sixth, then everything of the test to the challenger."""
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store, winner="acme:sprint")
    counted(
        warehouse,
        (7, "control", 30, 2, 0.0),
        (7, "b", 10, 2, 0.0),
        (9, "control", 150, 5, 10.0),
        (9, "b", 50, 15, 30.0),
    )
    assert told(warehouse, store) == [
        ("launch", None, 4, 6, 303, 21, 150),
        ("launch", "control", 7, 9, 227, 21 / 4, 150 / 4),
        ("sprint", "b", 7, 9, 76, 21 * 3 / 4, 150 * 3 / 4),
        ("sprint", None, 10, None, 303, 21, 150),
    ]


def test_after_an_inconclusive_test_the_page_is_the_controls_again(warehouse: Warehouse, store: Store) -> None:
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store)
    counted(warehouse, (9, "control", 90, 3, 0.0), (9, "b", 90, 3, 0.0))
    found = told(warehouse, store)
    assert found[-1] == ("launch", None, 10, None, 303, 21, 150)
    assert [row[0] for row in found] == ["launch", "launch", "sprint", "launch"]
    roi = ask(
        warehouse, "SELECT campaign, sessions, revenue, publications FROM campaign_roi WHERE sessions > 0 ORDER BY 1"
    )
    assert roi == [("acme:launch", 303 + 152 + 303, 375.0, 2), ("acme:sprint", 151, 75.0, 1)]


def test_three_arms_and_one_that_google_withholds_on_the_last_day(warehouse: Warehouse, store: Store) -> None:
    under_test(store, "acme:launch", "acme:sprint", "acme:third")
    the_test(store)
    counted(
        warehouse,
        (8, "control", 40, 1, 0.0),
        (8, "b", 20, 0, 0.0),
        (8, "c", 40, 1, 0.0),
        (9, "control", 40, 1, 0.0),
        (9, "c", 40, 1, 0.0),
    )
    arms = [(row[1], row[4], row[5]) for row in told(warehouse, store) if row[1]]
    assert arms == [("control", 121, 10.5), ("b", 61, 0), ("c", 121, 10.5)]


def test_where_nobody_was_measured_the_plan_shares_and_the_row_says_so(warehouse: Warehouse, store: Store) -> None:
    """A day without exposures, and a test that just began."""
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store, begins=on(12), ends=None)
    assert [row[1:5] for row in told(warehouse, store)] == [
        (None, 4, 11, 808),
        ("control", 12, None, 61),
        ("b", 12, None, 40),
    ]
    columns = "arm, share, shared_by"
    assert ask(warehouse, f"SELECT {columns} FROM artefact_performance ORDER BY arm <> 'control', arm") == [
        ("control", 0.6, "planned"), ("b", pytest.approx(0.4), "planned"), (None, 1, None)
    ]  # fmt: skip


def test_a_test_that_begins_and_ends_within_a_day_has_no_day(warehouse: Warehouse, store: Store) -> None:
    """Cancelled in the evening: the day is whose the page was when it ended."""
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store, begins=on(7, hour=8), ends=on(7, hour=20))
    assert [row[:5] for row in told(warehouse, store)] == [
        ("launch", None, 4, 6, 303), ("launch", "control", 7, 6, None), ("sprint", "b", 7, 6, None),
        ("launch", None, 7, None, 606),
    ]  # fmt: skip


def test_a_decided_test_whose_winner_waits_for_release_is_still_shown(warehouse: Warehouse, store: Store) -> None:
    """What is public counts, not what was decided: visitors go on seeing both arms."""
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store, ends=None)
    store.experiments.decide("exp_1", values.decision(), values.experiment().state.DECIDED)
    counted(
        warehouse,
        (9, "control", 90, 3, 0.0),
        (9, "b", 90, 3, 0.0),
        (12, "control", 100, 3, 0.0),
        (12, "b", 300, 9, 0.0),
    )
    assert [row[1:5] for row in told(warehouse, store)] == [
        (None, 4, 6, 303),
        ("control", 7, None, 152),
        ("b", 7, None, 454),
    ]


def test_the_share_of_a_cost_never_loses_a_fraction(warehouse: Warehouse, store: Store) -> None:
    under_test(store, "acme:launch", "acme:sprint")
    the_test(store)
    call = store.llm.reserve(values.reservation(), Decimal(10))
    spend = values.spend("0.1")
    store.llm.settle(call, body_json="{}", stop_reason="", spend=spend, latency_s=1, request_id="", at=values.LATER)
    told(warehouse, store)
    costs = ask(warehouse, "SELECT cost_usd FROM artefact_performance WHERE campaign = 'acme:launch' ORDER BY cost_usd")
    assert [cost for (cost,) in costs] == [Decimal("0.033333333"), Decimal("0.033333333"), Decimal("0.033333334")]


def test_an_email_is_followed_by_its_own_campaign_name_and_from_the_day_it_was_sent(
    warehouse: Warehouse, store: Store
) -> None:
    """Approved and scheduled on the first, sent on the fifth; two of its visits land on our page, one elsewhere."""
    shown(store, "acme:launch", on(4))
    mail = {"tool": "mailchimp", "kind": "email_campaign", "external_id": "c2", "payload": '{"position": 2}'}
    shown(store, "acme:sprint", on(1), target="list/sprint/email-sequence/2", **mail)
    by_email = {"first": date(2026, 3, 5), "source": "mailchimp", "medium": "email", "campaign": "sprint-email-2"}
    rows = [ga4(1, sessions=2, **by_email), ga4(1, sessions=1, page="/x", **by_email), ga4(1, first=date(2026, 3, 5))]
    put(warehouse, "acme", pd.concat(rows))
    sent = {"sends": 40, "opens": 9, "clicks": 3, "unsubscribes": 0, "bounces": 0, "revenue": 5.0}
    read = [
        {"date": date(2026, 3, day), "campaign_id": "c2", "campaign": "x", **sent, "sends": n}
        for day, n in ((4, 0), (5, 40))
    ]
    put(warehouse, "acme", pd.DataFrame(read), "email_daily")
    told(warehouse, store)
    columns = "step, day(live_from), live_to, sends, sessions, revenue, tool_revenue, credited_revenue"
    assert ask(warehouse, f"SELECT {columns} FROM artefact_performance WHERE step IS NOT NULL") == [
        (2, 5, None, 40, 3, 1.5, 10.0, 1.5)
    ]
    page = ask(
        warehouse,
        "SELECT sessions - credited_sessions, revenue - credited_revenue FROM artefact_performance WHERE page <> ''",
    )
    assert page == [(2, 1.0)]
    assert ask(warehouse, "SELECT sessions, revenue FROM campaign_roi WHERE campaign = 'acme:sprint'") == [(3, 1.5)]
