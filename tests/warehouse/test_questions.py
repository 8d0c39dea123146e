"""The twelve questions of docs/questions.md on a home that has lived: each answer is the vendors' own, added up here.

Nothing below reads the warehouse but the page's SQL. What Claude cost is the sandbox's ledger, traffic and emails are
what the vendors answer, revenue is what the market's customers pay, and the rest is the operational store.
"""

import importlib.util
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median

import pandas as pd
import pytest

from marketeer_dagster.cli.fresh import freshen
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.sandbox.subscriptions import moment
from marketeer_dagster.sandbox.terms import terms_of, worth
from marketeer_dagster.sandbox.vendors.stripe import VARIED
from resources.ga4 import Ga4Client
from resources.mailchimp import MailchimpClient
from tests.cli.homes import fingerprint
from tests.support.campaign_home import TENANT
from tests.support.lived_home import ARMS, SILENT_TOOL, Lived, lived_home
from tests.support.pages_sql import PAGE, explained, questions

ASKED = questions()
CHANNELS = {
    ("google", "organic"): "Organic Search", ("bing", "organic"): "Organic Search", ("(direct)", "(none)"): "Direct",
    ("g2.com", "referral"): "Referral", ("partners.example", "referral"): "Referral",
    ("google", "cpc"): "Paid Search", ("mailchimp", "email"): "Email",
}  # fmt: skip

Rows = list[dict[str, object]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with lived_home(tmp_path_factory.mktemp("lived") / "home") as made:
        assert freshen(made.home.home)
        yield made


@pytest.fixture(scope="module")
def answers(lived: Lived) -> Mapping[int, Rows]:
    """Number of a question -> its rows."""
    found: dict[int, Rows] = {}
    with lived.home.home.warehouse.reading() as connection:
        for number, sql in ASKED.items():
            asked = connection.execute(sql)
            names = [column[0] for column in asked.description or ()]
            found[number] = [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
    return found


def by(rows: Rows, *keys: str) -> dict[object, dict[str, object]]:
    """Rows by a column, or by several."""
    return {(row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)): row for row in rows}


def connection(lived: Lived, tool: str) -> Connection:
    found = lived.home.store.connections.get(TENANT, tool)
    assert found is not None
    return found


def billed(lived: Lived) -> dict[str, Decimal]:
    """Request's id -> what the vendor billed for it."""
    entries = lived.home.sandbox.admin.ledger(vendor="anthropic", tenant=TENANT)
    return {json.loads(entry.detail)["request_id"]: entry.amount for entry in entries}


def live(lived: Lived) -> list[Publication]:
    return list(lived.home.store.publications.list(tenant=TENANT, state=PublicationState.PUBLISHED))


def published_on(publication: Publication) -> date:
    assert publication.published_at is not None
    return publication.published_at.date()


@pytest.fixture(scope="module")
def traffic(lived: Lived) -> pd.DataFrame:
    """What GA4 says, of the days that were read."""
    return Ga4Client(connection(lived, "ga4")).daily(lived.first, lived.last)


@pytest.fixture(scope="module")
def mail(lived: Lived) -> pd.DataFrame:
    """What Mailchimp says, by its campaign."""
    rows = MailchimpClient(connection(lived, "mailchimp")).reports(lived.first, lived.last)
    return rows.groupby("campaign_id")[["sends", "opens", "clicks"]].sum()


def page_rows(traffic: pd.DataFrame, page: str, since: date) -> pd.DataFrame:
    here = traffic["landing_page"].str.partition("?")[0].str.rstrip("/").replace("", "/") == page
    return traffic[here & (traffic["date"] >= since)]


def test_there_are_twelve_questions_with_every_column_of_their_answers_explained(answers: Mapping[int, Rows]) -> None:
    assert list(ASKED) == list(range(1, 13))
    told = explained()
    plain = {"tenant", "campaign", "title", "name", "subject", "tool", "table_name", "experiment", "model", "month",
             "skill", "about", "decided_on", "started_on", "fired_at", "answered_at", "measured_at", "last_made_at",
             "last_read_at"}  # fmt: skip
    for number, rows in answers.items():
        assert rows, f"question {number} has no answer in a home that has lived"
        assert set(rows[0]) - plain - told[number] == set()


def test_1_cost_is_the_vendors_bill_and_traffic_its_report(
    lived: Lived, answers: Mapping[int, Rows], traffic: pd.DataFrame, mail: pd.DataFrame
) -> None:
    bill, costs = billed(lived), defaultdict[str, Decimal](Decimal)
    for call in lived.home.store.llm.list():
        costs[call.campaign] += bill.pop(call.request_id)
    assert bill == {}, "everything that was billed belongs to a campaign"
    told = by(answers[1], "campaign")
    assert {key: row["cost_usd"] for key, row in told.items()} == costs
    (page,) = [p for p in live(lived) if p.campaign == lived.answer.key]
    on_page = page_rows(traffic, page.target, published_on(page))
    by_email = traffic[traffic["medium"] == "email"]
    assert len(by_email) and set(by_email["source"]) == {"mailchimp"}, "every email of this market is ours"
    for key, rows in ((lived.answer.key, on_page[on_page["medium"] != "email"]), (lived.emails.key, by_email)):
        figures = [told[key][name] for name in ("sessions", "conversions", "revenue")]
        assert figures == pytest.approx([rows[name].sum() for name in ("sessions", "conversions", "revenue")])
    sent = sum(p.external_id in mail.index for p in live(lived))
    assert {key: row["publications"] for key, row in told.items()} == {lived.answer.key: 1, lived.emails.key: sent}


def test_2_what_is_live_is_what_the_vendors_were_given(
    lived: Lived, answers: Mapping[int, Rows], traffic: pd.DataFrame, mail: pd.DataFrame
) -> None:
    assert sorted((r["tool"], r["target"], r["version"]) for r in answers[2]) == sorted(
        (p.tool, p.target, p.version) for p in live(lived) if p.kind == "page" or p.external_id in mail.index
    )
    targets = {p.target: p for p in live(lived)}
    for row in answers[2]:
        out = targets[str(row["target"])]
        if row["tool"] == "wordpress":
            rows = page_rows(traffic, str(row["target"]), published_on(out))
            assert (row["sessions"], row["days"]) == (rows["sessions"].sum(), rows["date"].nunique())
        else:
            assert (row["sends"], row["clicks"]) == tuple(mail.loc[out.external_id, ["sends", "clicks"]])


def test_3_emails_are_as_the_email_tool_reports_them(
    lived: Lived, answers: Mapping[int, Rows], mail: pd.DataFrame, traffic: pd.DataFrame
) -> None:
    by_email = traffic[traffic["medium"] == "email"]
    for name in ("sessions", "conversions", "revenue"):
        assert sum(float(str(row[name] or 0)) for row in answers[3]) == pytest.approx(by_email[name].sum()), name
    ours = mail.loc[[p.external_id for p in live(lived) if p.external_id in mail.index]]
    figures = sorted((row["sends"], row["opens"], row["clicks"]) for row in answers[3])
    assert figures == sorted(map(tuple, ours.to_numpy().tolist()))
    for row in answers[3]:
        assert row["clicks_per_open"] == pytest.approx(float(str(row["clicks"])) / float(str(row["opens"])))


def test_4_a_decided_test_is_told_with_its_interval_and_its_people(lived: Lived, answers: Mapping[int, Rows]) -> None:
    arms = by([row for row in answers[4] if row["experiment"] == lived.experiment], "arm")
    told = arms["control"]
    decision = lived.home.store.experiments.get(lived.experiment).decision
    assert decision is not None
    percent = [100 * figure for figure in (decision.lift, decision.low, decision.high)]
    assert [told["lift_percent"], told["low_percent"], told["high_percent"]] == pytest.approx(percent)
    assert (told["winner"], told["state"]) == (decision.winner, "decided")
    assert {arm: (row["visitors"], row["conversions"]) for arm, row in arms.items()} == ARMS


def test_5_what_waits_is_the_inbox(lived: Lived, answers: Mapping[int, Rows]) -> None:
    pending = lived.home.store.approvals.list(state=ApprovalState.PENDING)
    assert {(r["approval"], r["since"]) for r in answers[5]} == {
        (a.id, a.created_at.replace(tzinfo=None)) for a in pending
    }
    assert [row["about"] for row in answers[5]] == ["campaign"]


def test_6_decisions_are_told_with_who_and_how_long(lived: Lived, answers: Mapping[int, Rows]) -> None:
    decided = [a for a in lived.home.store.approvals.list() if a.decided_at is not None]
    assert sum(int(str(row["decisions"])) for row in answers[6]) == len(decided) > 0
    ada = [a for a in decided if a.decided_by == "ada"]
    (told,) = [row for row in answers[6] if row["decided_by"] == "ada"]
    hours = [(a.decided_at - a.created_at).total_seconds() / 3600 for a in ada if a.decided_at]
    assert (told["median_hours"], told["longest_hours"]) == pytest.approx((median(hours), max(hours)))
    assert str(told["notes"]).count("Reads well.") == len(ada)


def test_7_a_signal_is_followed_to_its_answer_and_its_recovery(lived: Lived, answers: Mapping[int, Rows]) -> None:
    (told,) = answers[7]
    (page,) = [p for p in live(lived) if p.campaign == lived.answer.key]
    assert (told["fired_at"], told["campaign"]) == (utc(lived.signal.created_at), lived.answer.key)
    assert told["answered_at"] == utc(lived.answer.created_at) >= told["fired_at"]
    with lived.home.instance() as instance:
        run = instance.get_run_by_id(str(told["run_id"]))
    assert run is not None and run.tags["tenant"] == TENANT
    assert told["published_on"] == published_on(page)
    assert (told["recovered"], told["measured_at"]) == (True, utc(lived.signal.measured_at))
    assert told["recovery_percent"] == pytest.approx(100 * (0.05 / lived.signal.evidence.observed - 1))


def utc(at: datetime | None) -> datetime:
    assert at is not None
    return at.replace(tzinfo=None)


def test_8_revenue_is_what_the_markets_customers_pay_and_its_movements_explain_it(
    lived: Lived, answers: Mapping[int, Rows]
) -> None:
    first, *later = answers[8]
    assert later[-1]["mrr"] == pytest.approx(paid(lived, lived.last))
    assert first["mrr"] == pytest.approx(paid(lived, date(lived.last.year, lived.last.month, 1) - timedelta(days=1)))
    assert sum(float(str(row["change"])) for row in answers[8]) == pytest.approx(
        paid(lived, lived.last) - paid(lived, lived.first - timedelta(days=1))
    )


def paid(lived: Lived, day: date) -> float:
    """US dollars a month that the market's subscriptions are worth at the end of `day`."""
    world = lived.home.sandbox.world
    account = world.account(TENANT)
    end = moment(day + timedelta(days=1)) - 1
    subscriptions = world.market.book(account).subscriptions
    terms = ((one, terms_of(world.seed, account, one, frozenset(VARIED))) for one in subscriptions)
    return float(sum((sum(worth(account, one, term, end).values(), Decimal(0)) for one, term in terms), Decimal(0)))


def test_9_purposes_and_models_add_up_to_the_vendors_bill(lived: Lived, answers: Mapping[int, Rows]) -> None:
    bill = billed(lived)
    costs = defaultdict[tuple[str, str], Decimal](Decimal)
    for call in lived.home.store.llm.list():
        role = call.purpose.partition("/")[2]
        words = {"plan": "plan", "draft": "draft", "revise": "revision"}
        word = "repair" if "repair" in role else "review" if role.startswith("review-") else words[role]
        costs[word, call.model] += bill[call.request_id]
    assert {key: row["cost_usd"] for key, row in by(answers[9], "purpose", "model").items()} == costs
    assert {"plan", "draft", "review"} <= {purpose for purpose, _ in costs}


def test_10_work_is_told_apart_by_the_text_that_made_it(lived: Lived, answers: Mapping[int, Rows]) -> None:
    made: list[Artefact] = list(lived.home.store.artefacts.list(heads_only=False))
    skills = lived.home.home.catalog.skills
    assert {(row["skill"], row["made_by"], row["current_hash"]) for row in answers[10]} == {
        (a.skill, a.skill_hash, skills[a.skill].hash) for a in made
    }
    out = {(p.artefact, p.version) for p in live(lived)}
    for row in answers[10]:
        assert row["live"] == sum(a.skill == row["skill"] and (a.id, a.version) in out for a in made)
        assert row["is_current"] is (row["made_by"] == row["current_hash"])


def test_11_channels_are_the_vendors_sources_added_up(
    lived: Lived, answers: Mapping[int, Rows], traffic: pd.DataFrame
) -> None:
    now = traffic["date"] > lived.last - timedelta(days=14)
    before = ~now & (traffic["date"] > lived.last - timedelta(days=28))
    pairs = zip(traffic["source"], traffic["medium"], strict=True)
    named = traffic.assign(channel=[CHANNELS.get(pair) for pair in pairs])
    for row in (row for row in answers[11] if row["channel"] in CHANNELS.values()):
        own = named["channel"] == row["channel"]
        assert row["sessions_now"] == named[own & now]["sessions"].sum()
        assert (row["sessions_before"] or 0) == named[own & before]["sessions"].sum()
    assert sum(int(str(row["sessions_now"] or 0)) for row in answers[11]) == traffic[now]["sessions"].sum()


def test_12_what_is_missing_is_told_with_its_reason(lived: Lived, answers: Mapping[int, Rows]) -> None:
    (told,) = answers[12]
    assert (told["tool"], told["state"], told["days"]) == (SILENT_TOOL, "failed", len(lived.failed))
    assert (told["first_day"], told["last_day"]) == lived.failed
    assert "auth" in str(told["reason"]) and "ya29" not in str(told["reason"])
    assert told["rows_held"] is None


def test_the_example_notebook_draws_its_pictures_from_the_snapshot_alone(lived: Lived) -> None:
    """Run as `python examples/notebook.py` runs it, in this process, which names the home."""
    before = fingerprint(lived.home.path)
    spec = importlib.util.spec_from_file_location("notebook", PAGE.parents[1] / "examples" / "notebook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    _, defined = module.app.run()
    for name in ("channels", "mrr", "claude", "coverage"):
        (first, *_) = defined[name].axes
        assert first.get_title() and first.has_data(), name
    assert len(defined["channels"].axes[0].get_legend().get_texts()) >= len(set(CHANNELS.values())) - 1
    defined["warehouse"].close()
    assert fingerprint(lived.home.path) == before
