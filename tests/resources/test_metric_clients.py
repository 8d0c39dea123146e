"""GA4, Search Console and Stripe through their real SDKs, against the sandbox that speaks their protocols."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pandas as pd
import pytest
from pydantic import SecretStr

import resources.ga4
import resources.ga4_experiments
import resources.search_console
import resources.stripe
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from marketeer_dagster.model.ids import derived
from marketeer_dagster.publishing.trials import Block, render_test
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.sandbox.subscriptions import moment
from marketeer_dagster.sandbox.terms import terms_of, worth
from marketeer_dagster.sandbox.vendors.stripe import VARIED
from resources.ga4 import Ga4Client
from resources.search_console import SearchConsoleClient
from resources.search_rows import KEY, DayRows
from resources.stripe import StripeClient_

CLIENTS = {"ga4": Ga4Client, "search_console": SearchConsoleClient, "stripe": StripeClient_}
VENDORS = {"ga4": "ga4", "search_console": "searchconsole", "stripe": "stripe"}


@dataclass(frozen=True)
class Acme:
    """A tenant that has lived 40 days in the market."""

    sandbox: Running
    connections: dict[str, Connection]
    last: date

    def client(self, tool: str) -> Ga4Client | SearchConsoleClient | StripeClient_:
        return CLIENTS[tool](self.connections[tool])

    @property
    def first(self) -> date:
        return self.last - timedelta(days=13)


@pytest.fixture(scope="module")
def market() -> Iterator[Acme]:
    with run_in_thread(seed=5) as sandbox:
        spec = AccountSpec(tenant="acme", name="Acme", history_days=40, starting_mrr_usd=6_000, monthly_sessions=9_000)
        connections = {c.tool: c for c in sandbox.admin.open_account(spec)}
        yield Acme(sandbox, connections, sandbox.admin.clock().day - timedelta(days=1))


@pytest.fixture
def acme(market: Acme) -> Iterator[Acme]:
    yield market
    market.sandbox.admin.clear_faults()


def days(rows: pd.DataFrame) -> list[date]:
    return sorted(set(rows["date"]))


def test_ga4_rows_are_what_the_market_lived(acme: Acme) -> None:
    found = Ga4Client(acme.connections["ga4"]).collect_daily(acme.first, acme.last)
    assert list(found.rows.columns) == list(resources.ga4.DAILY_COLUMNS)
    assert days(found.rows) == [acme.first + timedelta(days=n) for n in range(14)]
    settled = acme.first
    lived = acme.sandbox.world.market.visits("acme", settled)
    read = found.rows[(found.rows["date"] == settled) & found.rows["landing_page"].str.startswith("/")]
    shown = [row for row in lived if row.users != 1]
    assert read["sessions"].sum() == sum(row.sessions for row in shown)
    assert read["conversions"].sum() == sum(row.conversions for row in shown)
    assert "tokens_per_day" in found.quota
    assert "thresholded: rows with few users are withheld" in found.notes


def test_ga4_reads_every_page_of_a_report(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Ga4Client(acme.connections["ga4"]).collect_daily(acme.first, acme.last)
    monkeypatch.setattr(resources.ga4, "PAGE_ROWS", 50)
    paged = Ga4Client(acme.connections["ga4"]).collect_daily(acme.first, acme.last)
    assert paged.api_calls == -(-len(whole.rows) // 50) > 1
    pd.testing.assert_frame_equal(paged.rows, whole.rows)


def test_search_console_reads_every_page_of_a_day(acme: Acme, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SearchConsoleClient(acme.connections["search_console"]).collect_daily(acme.first, acme.first)
    monkeypatch.setattr(resources.search_console, "PAGE_ROWS", 7)
    paged = SearchConsoleClient(acme.connections["search_console"]).collect_daily(acme.first, acme.first)
    assert whole.api_calls == 2 and paged.api_calls > 2, "by query and by page"
    pd.testing.assert_frame_equal(paged.rows, whole.rows)


def test_search_console_pages_are_paths_and_fresh_days_are_named(acme: Acme) -> None:
    found = SearchConsoleClient(acme.connections["search_console"]).collect_daily(acme.first, acme.last)
    assert found.rows["page"].str.startswith("/").all()
    assert (found.rows["clicks"] <= found.rows["impressions"]).all()
    assert found.notes and "still being collected" in found.notes[0]
    settled = SearchConsoleClient(acme.connections["search_console"]).collect_daily(acme.first, acme.first)
    assert settled.notes == ()


def test_only_final_days_are_read_when_the_connection_asks_for_them(acme: Acme) -> None:
    connection = acme.connections["search_console"]
    settings = {**connection.settings, "data_state": "final"}
    final = SearchConsoleClient(connection.model_copy(update={"settings": settings})).daily(acme.first, acme.last)
    assert days(final)[-1] < acme.last


def test_stripe_movements_add_up_and_end_where_the_subscriptions_are(acme: Acme) -> None:
    rows = StripeClient_(acme.connections["stripe"]).daily(acme.first, acme.last)
    total = rows.groupby("date")[list(rows.columns[2:7])].sum()
    moved = total["new_mrr"] + total["expansion_mrr"] - total["contraction_mrr"] - total["churned_mrr"]
    pd.testing.assert_series_equal(
        total["mrr"].diff().iloc[1:], moved.iloc[1:], check_names=False, check_exact=False, atol=1e-6
    )
    truly = _worth(acme, acme.last)
    assert total["mrr"].iloc[-1] == pytest.approx(sum(truly))
    assert rows[rows["date"] == acme.last]["active"].sum() == sum(worth > 0 for worth in truly)


def _worth(acme: Acme, day: date) -> list[float]:
    """US dollars a month of each subscription and product at the end of `day`."""
    held, seed, at = _account(acme), acme.sandbox.world.seed, moment(day + timedelta(days=1)) - 1
    known = acme.sandbox.world.market.book(held).subscriptions
    found = [worth(held, one, terms_of(seed, held, one, frozenset(VARIED)), at) for one in known]
    return [float(amount) for products in found for amount in products.values()]


def _account(acme: Acme):
    return acme.sandbox.world.account("acme")


def test_stripe_counts_the_trials_that_began_and_paid(acme: Acme) -> None:
    rows = StripeClient_(acme.connections["stripe"]).daily(acme.first, acme.last)
    held = acme.sandbox.world.market.book(_account(acme)).subscriptions
    began = [s for s in held if acme.first <= s.created <= acme.last and s.trial_end]
    paid = [s for s in held if s.paying_since and acme.first <= s.paying_since <= acme.last and s.trial_end]
    assert rows["trials_started"].sum() == len(began) > 0
    assert rows["trials_converted"].sum() == len(paid) > 0


def test_a_day_means_the_same_alone_and_in_a_range(acme: Acme) -> None:
    client = StripeClient_(acme.connections["stripe"])
    whole = client.daily(acme.first, acme.last)
    alone = client.daily(acme.last, acme.last)
    pd.testing.assert_frame_equal(whole[whole["date"] == acme.last].reset_index(drop=True), alone)


def test_experiments_without_a_running_test_are_an_empty_typed_frame(acme: Acme) -> None:
    rows = Ga4Client(acme.connections["ga4"]).experiments(acme.first, acme.last)
    assert rows.empty
    assert dict(rows.dtypes.astype(str)) == resources.ga4_experiments.EXPERIMENT_COLUMNS


@pytest.mark.parametrize(
    ("tool", "kind"),
    # Stripe's keys do not expire.
    [(t, k) for t in CLIENTS for k in ("429", "500", "cut", "expired_token") if (t, k) != ("stripe", "expired_token")],
)
def test_passing_faults_pass(acme: Acme, tool: str, kind: str) -> None:
    before = acme.client(tool).daily(acme.last, acme.last)
    acme.sandbox.admin.fault(VENDORS[tool], kind, count=2 if kind != "expired_token" else 1)
    pd.testing.assert_frame_equal(acme.client(tool).daily(acme.last, acme.last), before)


@pytest.mark.parametrize("tool", CLIENTS)
def test_a_hanging_vendor_is_given_up_and_asked_again(acme: Acme, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = {"ga4": resources.ga4, "search_console": resources.search_console, "stripe": resources.stripe}[tool]
    monkeypatch.setattr(module, "TIMEOUT_S", 1.0)
    acme.sandbox.admin.fault(VENDORS[tool], "hang", count=1)
    assert not acme.client(tool).daily(acme.last, acme.last).empty


@pytest.mark.parametrize("tool", CLIENTS)
def test_an_outage_that_stays_is_named(acme: Acme, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"resources.{tool}.READ_ATTEMPTS", 2)
    acme.sandbox.admin.fault(VENDORS[tool], "500")
    with pytest.raises(ToolError, match=f"^{tool}: outage: ") as caught:
        acme.client(tool).daily(acme.last, acme.last)
    assert caught.value.kind is ToolErrorKind.OUTAGE


@pytest.mark.parametrize(
    ("tool", "secrets"),
    [
        ("ga4", {"access_token": "ya29.revoked"}),
        ("ga4", {"service_account_json": "{not json"}),
        ("ga4", {}),
        ("search_console", {"refresh_token": "1//revoked", "client_id": "id-77", "client_secret": "shh-77"}),
        ("stripe", {"api_key": "sk_test_51Revoked00000000000000000000000"}),
        ("stripe", {}),
    ],
)
def test_credentials_that_do_not_hold_are_an_auth_error(acme: Acme, tool: str, secrets: dict[str, str]) -> None:
    held = {name: SecretStr(value) for name, value in secrets.items()}
    broken = acme.connections[tool].model_copy(update={"secrets": held})
    with pytest.raises(ToolError) as caught:
        CLIENTS[tool](broken).daily(acme.last, acme.last)
    assert caught.value.kind is ToolErrorKind.AUTH
    assert caught.value.hint
    assert not any(value in str(caught.value) for value in secrets.values())


@pytest.mark.parametrize("tool", CLIENTS)
def test_a_check_proves_the_connection(acme: Acme, tool: str) -> None:
    acme.client(tool).check()


@pytest.mark.parametrize(("tool", "setting"), [("ga4", "property_id"), ("search_console", "site_url")])
def test_a_missing_setting_says_how_to_set_it(acme: Acme, tool: str, setting: str) -> None:
    bare = acme.connections[tool].model_copy(update={"settings": {}})
    with pytest.raises(ToolError, match=f"--set {setting}="):
        CLIENTS[tool](bare)


@pytest.mark.parametrize(
    ("tool", "settings"),
    [("ga4", {"property_id": "1"}), ("search_console", {"site_url": "https://elsewhere.example/"})],
)
def test_a_property_one_may_not_read_is_an_auth_error(acme: Acme, tool: str, settings: dict[str, str]) -> None:
    connection = acme.connections[tool]
    other = connection.model_copy(update={"settings": {**connection.settings, **settings}})
    with pytest.raises(ToolError) as caught:
        CLIENTS[tool](other).daily(acme.last, acme.last)
    assert caught.value.kind is ToolErrorKind.AUTH


def test_addresses_that_are_one_path_are_one_row() -> None:
    rows = DayRows(date(2026, 3, 1), frozenset({"acme.example", "www.acme.example"}))

    def row(page: str, clicks: float, impressions: float, position: float) -> dict[str, object]:
        keys = ["2026-03-01", page, "q", "usa", "DESKTOP"]
        return {"keys": keys, "clicks": clicks, "impressions": impressions, "position": position}

    rows.add(
        KEY,
        [
            row("https://acme.example/a", 1.0, 10.0, 2.0),
            row("https://acme.example/b", 5.0, 10.0, 1.0),
            row("http://www.acme.example/a?ref=x#top", 2.0, 30.0, 4.0),
        ],
    )
    found = rows.records()
    assert [(row["page"], row["clicks"], row["impressions"], row["position"]) for row in found] == [
        ("/a", 3, 40, 3.5),
        ("/b", 5, 10, 1.0),
    ]


def test_a_service_account_talks_to_its_token_endpoint_and_to_nobody_else(
    acme: Acme, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="urllib3")
    Ga4Client(acme.connections["ga4"]).daily(acme.last, acme.last)
    said = [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")]
    assert any("/oauth/token" in line for line in said)
    assert not [line for line in said if "googleapis" in line]


def test_a_running_test_shows_both_arms_with_their_visitors() -> None:
    experiment = derived("exp", "acme", "pricing")
    with run_in_thread(seed=9) as sandbox:
        connections = {c.tool: c for c in sandbox.admin.open_account(AccountSpec(tenant="acme", name="Acme"))}
        began = sandbox.admin.clock().day
        _put_under_test(connections["wordpress"], "pricing", experiment)
        sandbox.admin.advance(5)
        rows = Ga4Client(connections["ga4"]).experiments(began - timedelta(days=3), began + timedelta(days=4))
    assert set(rows["experiment"]) == {experiment}
    assert set(rows["variant"]) == {"control", "b"}
    assert days(rows)[0] >= began
    assert (rows["visitors"] > 0).all() and (rows["conversions"] <= rows["visitors"]).all()


def _put_under_test(wordpress: Connection, slug: str, experiment: str) -> None:
    """Publish two versions of a page that exists, as the site's own API takes them."""
    password = wordpress.secrets["application_password"].get_secret_value()
    arms = [Block(variant=name, share=0.5, html=f"<h1>Plans {name}</h1>") for name in ("control", "b")]
    with httpx.Client(auth=(wordpress.settings["user"], password)) as http:
        pages = f"{wordpress.base_url}/wp-json/wp/v2/pages"
        (page,) = http.get(pages, params={"slug": slug}).raise_for_status().json()
        http.post(f"{pages}/{page['id']}", json={"content": render_test(experiment, arms)}).raise_for_status()


def test_recent_days_need_only_what_changed_and_come_out_the_same(acme: Acme) -> None:
    client = StripeClient_(acme.connections["stripe"])
    recent = client.collect_daily(acme.first, acme.last)
    whole = client.collect_daily(acme.last - timedelta(days=38), acme.last)
    same_days = whole.rows[whole.rows["date"] >= acme.first].reset_index(drop=True)
    pd.testing.assert_frame_equal(recent.rows, same_days)


def test_days_older_than_stripes_events_still_count_those_who_left_since(acme: Acme) -> None:
    day = acme.last - timedelta(days=36)
    for habit in VARIED:
        acme.sandbox.admin.habit("stripe", habit, on=False)
    rows = StripeClient_(acme.connections["stripe"]).daily(day, day)
    for habit in VARIED:
        acme.sandbox.admin.habit("stripe", habit)
    held = acme.sandbox.world.market.book(_account(acme)).subscriptions
    paid = [s for s in held if s.paying_since and s.paying_since <= day and not (s.ended and s.ended <= day)]
    assert [s for s in paid if s.ended], "the market must have lost somebody who paid that day"
    assert rows["active"].sum() == len(paid)
