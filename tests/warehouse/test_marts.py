"""What the marts say of figures small enough to check by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from marketeer_dagster.model.artefacts import ArtefactStatus, Spend
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import MARTS, TABLES, Warehouse, sync_store
from marketeer_dagster.warehouse.document import render
from marketeer_dagster.warehouse.marts import mart
from tests.store import values
from tests.warehouse.frames import FIRST, ask, at, email, ga4, put

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(values.tenant(timezone="Pacific/Auckland", simulated=True, llm_budget_usd=Decimal(10)))
        opened.campaigns.add(values.campaign())
        yield opened


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return at(tmp_path)


def build(warehouse: Warehouse, store: Store | None = None) -> None:
    with warehouse.writing() as w:
        if store is not None:
            sync_store(store, w)
        for name in MARTS:
            w.build_mart(name)


def publish(store: Store, key: str, content: str, at: datetime, **fields: object) -> str:
    """A finished version of the page copy, made public at a moment."""
    put = store.artefacts.put(values.artefact(content))
    store.artefacts.finalise(
        put.id, put.version, status=ArtefactStatus.APPROVED, score=8.0, verdict=Verdict.APPROVE, revisions=1,
        spend=Spend(calls=2, cost_usd=Decimal("0.10")), prompt_hash="p",
    )  # fmt: skip
    wanted = values.publication(key, artefact=put.id, version=put.version, state=PublicationState.WRITING, **fields)
    out = store.publications.intend(wanted)
    store.publications.transition(out.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=at)
    return out.id


@pytest.mark.parametrize(
    ("source", "medium", "channel"),
    [
        ("(direct)", "(none)", "Direct"), ("google", "organic", "Organic Search"), ("google", "cpc", "Paid Search"),
        ("facebook.com", "cpc", "Paid Social"), ("linkedin.com", "referral", "Organic Social"),
        ("t.co", "referral", "Organic Social"), ("newsletter", "email", "Email"), ("mailchimp", "email", "Email"),
        ("partner.example", "referral", "Referral"), ("x.example", "affiliate", "Affiliates"),
        ("ads.example", "display", "Display"), ("www.bing.com", "organic", "Organic Search"),
        ("matrix.example", "referral", "Referral"), ("x.com", "referral", "Organic Social"),
        ("odd", "odder", "Unassigned"),
    ],
)  # fmt: skip
def test_channels_are_told_by_source_and_medium(warehouse: Warehouse, source: str, medium: str, channel: str) -> None:
    put(warehouse, "acme", ga4(1, source=source, medium=medium))
    build(warehouse)
    assert ask(warehouse, "SELECT channel FROM channel_performance") == [(channel,)]


def test_sums_over_channels_and_pages_are_those_of_the_facts(warehouse: Warehouse) -> None:
    rows = pd.concat([ga4(2, page=page, medium=medium) for page in ("/a", "/b") for medium in ("organic", "cpc")])
    put(warehouse, "acme", rows)
    build(warehouse)
    total = ask(warehouse, "SELECT sum(sessions), sum(conversions), sum(revenue) FROM ga4_daily")
    for name in ("channel_performance", "page_performance"):
        assert ask(warehouse, f"SELECT sum(sessions), sum(conversions), sum(revenue) FROM {name}") == total
    assert ask(warehouse, "SELECT DISTINCT conversion_rate FROM page_performance") == [(0.05,)]


def test_a_page_is_its_path(warehouse: Warehouse) -> None:
    pages = ["/pricing", "/pricing/", "/pricing?utm_source=x", "/pricing/#top", "/", "", "/?a=/b/"]
    put(warehouse, "acme", pd.concat([ga4(1, page=page) for page in pages]))
    build(warehouse)
    assert ask(warehouse, "SELECT page, sessions FROM page_performance ORDER BY 1") == [("/", 300), ("/pricing", 400)]


def test_a_rate_without_sessions_is_null(warehouse: Warehouse) -> None:
    put(warehouse, "acme", ga4(1, sessions=0))
    build(warehouse)
    assert ask(warehouse, "SELECT conversion_rate FROM channel_performance") == [(None,)]


def test_each_day_of_a_page_belongs_to_the_version_that_was_live_when_it_ended(
    warehouse: Warehouse, store: Store
) -> None:
    """Ten days; version 1 from day 3, version 2 from day 6 (tenant's days: the first goes out on the eve in UTC)."""
    put(warehouse, "acme", ga4(10, sessions=100))
    eve = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    first = publish(store, "k1", "one", eve)
    second = publish(store, "k2", "two", eve + timedelta(days=3))
    build(warehouse, store)
    columns = "publication, version, live_from, live_to, days, sessions, conversions, revenue, cost_usd"
    assert ask(warehouse, f"SELECT {columns} FROM artefact_performance ORDER BY version") == [
        (first, 1, date(2026, 3, 3), date(2026, 3, 5), 3, 300, 15, 150.0, Decimal("0.1")),
        (second, 2, date(2026, 3, 6), None, 5, 500, 25, 250.0, Decimal("0.1")),
    ]


def test_a_version_replaced_on_the_day_it_went_out_gets_no_day(warehouse: Warehouse, store: Store) -> None:
    put(warehouse, "acme", ga4(3))
    publish(store, "k1", "one", datetime(2026, 3, 1, 0, tzinfo=UTC))
    publish(store, "k2", "two", datetime(2026, 3, 1, 2, tzinfo=UTC))
    build(warehouse, store)
    assert ask(warehouse, "SELECT version, sessions FROM artefact_performance ORDER BY 1") == [(1, None), (2, 300)]


def test_pages_of_other_tenants_and_drafts_count_for_nobody(warehouse: Warehouse, store: Store) -> None:
    put(warehouse, "globex", ga4(3))
    publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC))
    store.publications.intend(values.publication("k2", state=PublicationState.DRAFT))
    build(warehouse, store)
    assert ask(warehouse, "SELECT sessions FROM artefact_performance") == [(None,)]


def test_emails_are_followed_by_campaign_id_and_stand_beside_each_other(warehouse: Warehouse, store: Store) -> None:
    for number in (1, 2):
        at = datetime(2026, 3, number, tzinfo=UTC)
        out = {"tool": "mailchimp", "kind": "email_campaign", "target": "list", "external_id": f"c{number}"}
        publish(store, f"k{number}", f"mail {number}", at, **out)
    rows = pd.concat([email("c1", FIRST), email("c2", FIRST, 70), email("c1", FIRST + timedelta(days=4), 0)])
    put(warehouse, "acme", rows, "email_daily")
    build(warehouse, store)
    found = ask(
        warehouse, "SELECT version, sends, opens, clicks, tool_revenue, sessions FROM artefact_performance ORDER BY 1"
    )
    assert found == [(1, 50, 40, 10, 60.0, None), (2, 70, 20, 5, 30.0, None)]


def test_spend_is_held_against_the_budget(warehouse: Warehouse, store: Store) -> None:
    at = values.LATER
    settled = store.llm.reserve(values.reservation("f1", "2"), Decimal(10))
    spend = Spend(calls=1, input_tokens=250, cache_read_tokens=700, cache_write_tokens=50, cost_usd=Decimal("8.1"))
    store.llm.settle(settled, body_json="{}", stop_reason="end_turn", spend=spend, latency_s=1, request_id="r", at=at)
    store.llm.reserve(values.reservation("f2", "0.4"), Decimal(10))
    store.llm.release(store.llm.reserve(values.reservation("f3", "0.3"), Decimal(10)), "outage", at)
    build(warehouse, store)
    columns = "month, calls, cost_usd, reserved_usd, used_share, full_price_share, allowed_priorities, simulated"
    assert ask(warehouse, f"SELECT {columns} FROM spend_and_budget") == [
        ("2026-03", 1, Decimal("8.1"), Decimal("0.4"), pytest.approx(0.85), 0.25, "P0-P2", True)
    ]


def test_what_the_vendor_does_not_give_is_no_zero_in_any_mart(warehouse: Warehouse, store: Store) -> None:
    put(warehouse, "acme", ga4(3, sessions=100, conversions=float("nan"), revenue=float("nan")))
    publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC))
    call = store.llm.reserve(values.reservation("f1", "2"), Decimal(10))
    spend = Spend(calls=1, cost_usd=Decimal("0.5"))
    store.llm.settle(
        call, body_json="{}", stop_reason="end_turn", spend=spend, latency_s=1, request_id="r", at=values.LATER
    )
    build(warehouse, store)
    for name in ("page_performance", "channel_performance", "artefact_performance", "campaign_roi"):
        asked = f"SELECT DISTINCT sessions > 0, conversions, revenue FROM {name}"
        assert ask(warehouse, asked) == [(True, None, None)], name
    assert ask(warehouse, "SELECT roi FROM campaign_roi") == [(None,)]


def test_quality_and_return_are_told_by_campaign(warehouse: Warehouse, store: Store) -> None:
    put(warehouse, "acme", ga4(3, sessions=100))
    publish(store, "k1", "one", datetime(2026, 3, 1, tzinfo=UTC))
    call = store.llm.reserve(values.reservation("f1", "2"), Decimal(10))
    spend = Spend(calls=1, cost_usd=Decimal("0.5"))
    store.llm.settle(
        call, body_json="{}", stop_reason="end_turn", spend=spend, latency_s=1, request_id="r", at=values.LATER
    )
    build(warehouse, store)
    assert ask(warehouse, "SELECT skill, artefacts, approved, mean_score, approval_rate FROM quality_trend") == [
        ("copywriting", 1, 1, 8.0, 1.0)
    ]
    assert ask(warehouse, "SELECT artefacts, publications, conversions, revenue, cost_usd, roi FROM campaign_roi") == [
        (1, 1, 15, 150.0, Decimal("0.5"), 299.0)
    ]


def test_the_store_is_copied_whole_each_time(warehouse: Warehouse, store: Store) -> None:
    store.campaigns.save_plan("acme:launch", values.plan(), values.LATER)
    store.goals.add(values.goal())
    publish(store, "k1", "one", values.NOW)
    store.reviews.add(values.review(store.artefacts.list()[0]))
    store.signals.open(values.signal(), timedelta(0))
    store.experiments.add(values.experiment())
    store.learnings.add(values.learning())
    store.approvals.open(values.approval())
    for _ in range(2):
        with warehouse.writing() as w:
            counts = sync_store(store, w)
        assert counts == dict.fromkeys(counts, 1) | {"llm_calls": 0, "experiment_arms": 2}
    assert ask(warehouse, "SELECT skills, kpi_target, status, simulated FROM campaigns") == [
        ("copywriting", 12.0, "planned", True)
    ]
    assert ask(warehouse, "SELECT is_head, status, cost_usd FROM artefacts") == [(True, "approved", Decimal("0.1"))]
    assert ask(warehouse, "SELECT created_at, published_on FROM publications") == [
        (datetime(2026, 3, 2, 9, 30), date(2026, 3, 2))
    ]
    assert ask(warehouse, "SELECT relative_change, recovered FROM signals") == [(-0.5, None)]


@pytest.mark.parametrize("name", MARTS)
def test_a_mart_documents_exactly_its_columns(warehouse: Warehouse, name: str) -> None:
    found = [row[0] for row in ask(warehouse, f"SELECT column_name FROM (DESCRIBE {name})")]
    assert list(mart(name).columns) == found


def test_every_table_names_its_tenant_and_whether_it_is_simulated() -> None:
    for table in TABLES.values():
        assert table.column("tenant") is not None, table.name
        assert table.column("simulated") is not None, table.name
    for name in MARTS:
        assert {"tenant", "simulated"} <= mart(name).columns.keys(), name


def test_the_documentation_is_current() -> None:
    """Otherwise: python -m marketeer_dagster.warehouse.document > docs/warehouse.md"""
    assert (ROOT / "docs" / "warehouse.md").read_text(encoding="utf-8") == render()
