"""The market answers to what is really published."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketeer_dagster.sandbox.intents import intents_of
from marketeer_dagster.sandbox.mailing import SentEmail
from marketeer_dagster.sandbox.shocks import ShockKind, Shocks, ShockSpec
from marketeer_dagster.sandbox.stage import Stage
from marketeer_dagster.sandbox.world import World
from tests.sandbox.conftest import START, account, publish, totals

BETTER = """
<h1>Month-end close without spreadsheets matched by hand</h1>
<p>Intercompany balances of 25 entities are matched at 96 %. <a class="cta" href="/signup">Start free trial</a></p>
<h2>No more late board figures</h2><p>The board pack is ready in the first week, not the third.</p>
<h2>Every figure traces to its bank line</h2><p>Auditors see where it came from, even when a colleague has left.</p>
<h2>Too small, or an unusual chart of accounts?</h2><p>Starter covers 3 entities and is set up in 9 days.</p>
<blockquote>We spend the first week of the month on other things than chasing intercompany differences.</blockquote>
<form><input name="email" type="email"><button>Start free trial</button></form>
"""


def lived(days: int, since: date = START) -> list[date]:
    return [since + timedelta(days=n) for n in range(days)]


def rates(world: World, path: str = "/") -> list[float]:
    """The true conversion rates of the arms at `path` today."""
    stage = Stage(world.seed, world.state, world.account("acme"))
    page = next(page for page in stage.pages(world.clock.day) if page.path == path)
    return [arm.rate for arm in page.arms]


def test_the_same_seed_and_requests_give_the_same_market() -> None:
    def live(seed: int) -> list[object]:
        world = World(seed=seed, start=START)
        world.open_account(account())
        world.advance(2)
        publish(world, "/", BETTER)
        world.shock(ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/"))
        world.advance(3)
        book = world.market.book(world.account("acme"))
        return [[world.market.visits("acme", d), world.market.searches("acme", d)] for d in lived(5)] + [book.events()]

    assert live(4) == live(4)
    assert live(4) != live(5)


def test_days_that_were_lived_never_change(world: World) -> None:
    world.open_account(account())
    world.advance(3)
    before = [(world.market.visits("acme", d), world.market.searches("acme", d)) for d in lived(3)]
    publish(world, "/", BETTER)
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.OUTAGE, size=1.0))
    world.advance(2)
    assert [(world.market.visits("acme", d), world.market.searches("acme", d)) for d in lived(3)] == before


def test_other_tenants_do_not_touch_a_tenants_market() -> None:
    alone, crowded = World(seed=4, start=START), World(seed=4, start=START)
    crowded.open_account(account("other", context="devtool"))
    for world in (alone, crowded):
        world.open_account(account())
        world.advance(2)
    assert all(alone.market.visits("acme", d) == crowded.market.visits("acme", d) for d in lived(2))


def test_history_is_as_the_account_says(world: World) -> None:
    spec = account(history_days=60, monthly_sessions=60_000, conversion_rate=0.03)
    world.open_account(spec)
    sessions, signups = totals(world, lived(60, START - timedelta(days=60)))
    assert sessions / 60 * 30.44 == pytest.approx(60_000, rel=0.08)
    assert signups / sessions == pytest.approx(0.03, rel=0.08)
    by_channel = {"organic": 0, "(none)": 0}
    for day in lived(60, START - timedelta(days=60)):
        for row in world.market.visits("acme", day):
            if row.medium in by_channel:
                by_channel[row.medium] += row.sessions
    assert by_channel["organic"] / sessions == pytest.approx(spec.channels["organic"], abs=0.04)
    assert by_channel["(none)"] / sessions == pytest.approx(spec.channels["direct"], abs=0.04)


def test_working_days_are_busier_than_weekends(world: World) -> None:
    world.open_account(account(history_days=56))
    days = lived(56, START - timedelta(days=56))
    weekend = [totals(world, [day])[0] for day in days if day.weekday() >= 5]
    working = [totals(world, [day])[0] for day in days if day.weekday() < 5]
    assert sum(weekend) / len(weekend) < 0.75 * sum(working) / len(working)


def test_good_copy_helps_in_most_markets_and_by_a_believable_measure() -> None:
    lifts: list[float] = []
    for seed in range(12):
        world = World(seed=seed, start=START)
        world.open_account(account(history_days=7))
        before = rates(world)[0]
        publish(world, "/", BETTER, "Month-end close for groups | Ledgerloop")
        lifts.append(rates(world)[0] / before - 1)
        world.close()
    lifts.sort()
    assert 0.10 <= lifts[6] <= 0.45
    assert lifts[-1] < 0.9
    assert max(lifts) - min(lifts) > 0.15, "audiences differ"


def test_what_is_published_shows_in_the_sign_ups(world: World) -> None:
    world.open_account(account(monthly_sessions=150_000, conversion_rate=0.08))
    publish(world, "/", BETTER)
    truth = rates(world)[0]
    world.advance(14)
    _, before = totals(world, lived(14, START - timedelta(days=14)), page="/")
    sessions, after = totals(world, lived(14), page="/")
    assert after > before
    assert after / sessions == pytest.approx(truth, rel=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_a_drift_costs_its_size_and_copy_that_addresses_it_wins_most_back(seed: int) -> None:
    world = World(seed=seed, start=START)
    made = world.open_account(account(history_days=7))
    publish(world, "/", BETTER)
    before = rates(world)[0]
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/", size=0.35))
    hurt = rates(world)[0]
    assert hurt / before == pytest.approx(0.65, abs=0.02)
    (shock,) = Shocks(world.state, "acme").list()
    concern = next(intent for intent in intents_of(seed, made.spec) if intent.name == shock.intent)
    unrelated = publish(world, "/", BETTER + "<h2>More</h2><p>We also have a newsletter.</p>")
    assert rates(world)[0] == pytest.approx(hurt, rel=0.05), unrelated.path
    hero = "".join(f"<h1>{query}</h1>" for query in concern.queries)
    publish(world, "/", BETTER.replace("<h1>", f"{hero}<h1>{concern.phrase}. "))
    assert rates(world)[0] > hurt * 1.25


@pytest.mark.parametrize("seed", range(3))
def test_a_later_drift_takes_the_place_of_the_one_before_and_costs_its_own_size(seed: int) -> None:
    world = World(seed=seed, start=START)
    made = world.open_account(account(history_days=7))
    drift = ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/", size=0.3)
    world.shock(drift)
    rates(world)
    (first,) = Shocks(world.state, "acme").list()
    concern = next(intent for intent in intents_of(seed, made.spec) if intent.name == first.intent)
    hero = "".join(f"<h1>{query}</h1>" for query in concern.queries)
    publish(world, "/", BETTER.replace("<h1>", f"{hero}<h1>{concern.phrase}. "))
    healed = rates(world)[0]
    world.advance(1)
    world.shock(drift)
    assert rates(world)[0] / healed == pytest.approx(0.7, abs=0.03)
    *_, second = Shocks(world.state, "acme").list()
    assert second.intent not in (None, first.intent)


def test_a_drift_is_seen_in_the_searches_that_lead_to_the_page(world: World) -> None:
    made = world.open_account(account())
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/", size=0.35, start_in_days=7))
    world.advance(14)
    (shock,) = Shocks(world.state, "acme").list()
    queries = next(i.queries for i in intents_of(world.seed, made.spec) if i.name == shock.intent)

    def share(days: list[date]) -> float:
        rows = [row for day in days for row in world.market.searches("acme", day) if row.page == "/"]
        return sum(row.clicks for row in rows if row.query in queries) / sum(row.clicks for row in rows)

    assert share(lived(7, START + timedelta(days=7))) > share(lived(7)) + 0.15


def test_a_drift_of_one_page_leaves_the_others_alone(world: World) -> None:
    world.open_account(account())
    before = rates(world, "/pricing")
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.INTENT_DRIFT, page="/"))
    rates(world, "/")
    assert rates(world, "/pricing") == before


def test_experiments_split_visitors_by_share_and_convert_by_what_each_arm_says(world: World) -> None:
    world.open_account(account(monthly_sessions=150_000, conversion_rate=0.08))
    weak = "<h1>Welcome</h1><p>Powerful and flexible.</p>"
    page = (
        f'<div data-experiment="exp_1" data-variant="control" data-share="0.7">{weak}</div>'
        f'<div data-experiment="exp_1" data-variant="b" data-share="0.3" hidden>{BETTER}</div>'
    )
    publish(world, "/", page)
    control, challenger = rates(world)
    world.advance(20)
    rows = [row for day in lived(20) for row in world.market.visits("acme", day) if row.experiment == "exp_1"]
    arms = {name: [row for row in rows if row.variant == name] for name in ("control", "b")}
    counts = {name: sum(row.sessions for row in found) for name, found in arms.items()}
    found = {name: sum(row.conversions for row in rows) / counts[name] for name, rows in arms.items()}
    assert {row.page for row in rows} == {"/"}
    assert counts["b"] / sum(counts.values()) == pytest.approx(0.3, abs=0.01)
    assert challenger > control * 1.1
    assert found["control"] == pytest.approx(control, rel=0.08) and found["b"] == pytest.approx(challenger, rel=0.08)


def test_a_new_page_draws_visitors_slowly_and_an_unpublished_one_none(world: World) -> None:
    world.open_account(account(monthly_sessions=200_000))
    publish(world, "/new", BETTER)
    old = world.site("acme").pages.by_path("/features")
    assert old is not None
    world.site("acme").pages.save(old.model_copy(update={"status": "draft"}))
    world.advance(30)
    first, _ = totals(world, lived(7), page="/new")
    later, _ = totals(world, lived(7, START + timedelta(days=23)), page="/new")
    assert 0 < first < later
    assert totals(world, lived(30), page="/features") == (0, 0)


def test_broken_tracking_loses_hits_but_no_customers() -> None:
    honest, broken = World(seed=4, start=START), World(seed=4, start=START)
    for world in (honest, broken):
        world.open_account(account())
    broken.shock(ShockSpec(tenant="acme", kind=ShockKind.TRACKING_BROKEN, size=0.9, days=2))
    for world in (honest, broken):
        world.advance(3)
    assert totals(broken, lived(2))[0] < 0.15 * totals(honest, lived(2))[0]
    assert totals(broken, [START + timedelta(days=2)]) == totals(honest, [START + timedelta(days=2)])
    assert broken.market.book(broken.account("acme")).events() == honest.market.book(honest.account("acme")).events()


def test_an_outage_is_short_and_takes_nearly_everything(world: World) -> None:
    world.open_account(account())
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.OUTAGE, size=1.0, start_in_days=1))
    world.advance(3)
    day = [totals(world, [d]) for d in lived(3)]
    assert day[1][0] < 0.2 * day[0][0] and day[1][1] == 0
    assert day[2][0] > 0.7 * day[0][0]


def test_a_traffic_drop_is_organic_and_refreshed_content_wins_half_of_it_back(world: World) -> None:
    world.open_account(account(monthly_sessions=100_000, conversion_rate=0.005))

    def organic(days: list[date], page: str) -> float:
        rows = [row for day in days for row in world.market.visits("acme", day) if row.page == page]
        mine = sum(row.sessions for row in rows if row.medium == "organic")
        return mine / sum(row.sessions for row in rows if row.medium == "(none)")

    world.shock(ShockSpec(tenant="acme", kind=ShockKind.TRAFFIC_DROP, page="/pricing", size=0.6))
    world.advance(14)
    usual = organic(lived(14, START - timedelta(days=14)), "/pricing")
    assert organic(lived(14), "/pricing") == pytest.approx(0.4 * usual, rel=0.15)
    assert organic(lived(14), "/") == pytest.approx(organic(lived(14, START - timedelta(days=14)), "/"), rel=0.15)
    page = world.site("acme").pages.by_path("/pricing")
    assert page is not None
    publish(world, "/pricing", page.content, page.title)
    world.advance(35)
    assert organic(lived(14, START + timedelta(days=35)), "/pricing") == pytest.approx(0.7 * usual, rel=0.15)


def test_a_competitors_move_hurts_every_page_and_fades(world: World) -> None:
    world.open_account(account(monthly_sessions=180_000, conversion_rate=0.06, history_days=7))
    world.shock(ShockSpec(tenant="acme", kind=ShockKind.COMPETITOR, size=0.5))
    world.advance(49)
    usual, first, last = (totals(world, lived(7, START + timedelta(days=n))) for n in (-7, 0, 42))
    assert first[1] / first[0] < 0.65 * usual[1] / usual[0]
    assert last[1] / last[0] > 0.9 * usual[1] / usual[0]


def email(id: str, subject: str, at: datetime, recipients: int = 20_000) -> SentEmail:
    html = '<p>Read on.</p><a href="https://acme.example/pricing?utm_campaign=spring">See the plans</a>'
    return SentEmail(id=id, subject=subject, html=html, recipients=recipients, sent_at=at)


def test_emails_are_opened_clicked_and_bring_visits_with_their_campaign(world: World) -> None:
    world.open_account(account())
    morning = datetime(2026, 4, 6, 9, tzinfo=UTC)
    assert world.mailing("acme").send(email("c1", "Month-end close in 4 days", morning))
    assert not world.mailing("acme").send(email("c1", "Sent twice", morning))
    world.advance(6)
    days = world.mailing("acme").results("c1")
    delivered = sum(day.delivered for day in days)
    assert delivered + sum(day.bounces for day in days) == 20_000
    assert 0.1 < sum(day.unique_opens for day in days) / delivered < 0.6
    assert all(day.unique_clicks <= day.unique_opens <= day.opens for day in days)
    assert days[0].unique_opens > days[1].unique_opens > 0 and len(days) == 4
    visits = [row for day in lived(6) for row in world.market.visits("acme", day) if row.medium == "email"]
    assert {(row.page, row.source, row.campaign) for row in visits} == {("/pricing", "mailchimp", "spring")}
    assert sum(row.sessions for row in visits) == sum(day.unique_clicks for day in days)


def test_readers_answer_to_subject_hour_and_frequency() -> None:
    def opened(subject: str, at: datetime, others: int = 0) -> int:
        world = World(seed=4, start=START)
        world.open_account(account(history_days=7))
        for number in range(others):
            world.mailing("acme").send(email(f"other-{number}", "News", at))
        world.mailing("acme").send(email("mine", subject, at, recipients=400_000))
        world.advance(4)
        return sum(day.unique_opens for day in world.mailing("acme").results("mine"))

    morning, night = datetime(2026, 4, 6, 9, tzinfo=UTC), datetime(2026, 4, 6, 23, tzinfo=UTC)
    plain = opened("Our newsletter", morning)
    assert opened("Chasing intercompany differences every month?", morning) > plain * 1.05
    assert opened("OUR NEWSLETTER!", morning) < plain * 0.95
    assert opened("Our newsletter", night) < plain * 0.95
    assert opened("Our newsletter", morning, others=3) < plain * 0.85


def test_sign_ups_become_trials_and_some_trials_customers(world: World) -> None:
    spec = account(monthly_sessions=90_000, trial_days=14, trial_conversion=0.25, history_days=7)
    world.open_account(spec)
    world.advance(30)
    book = world.market.book(world.account("acme"))
    days = lived(37, START - timedelta(days=7))
    started = [s for s in book.subscriptions if s.origin is not None]
    assert len(started) == totals(world, days)[1]
    over = [s for s in started if s.trial_end is not None and s.trial_end < START + timedelta(days=30)]
    paid = [s for s in over if s.paying_since is not None]
    assert len(paid) / len(over) == pytest.approx(0.25, abs=0.06)
    assert all(s.paying_since == s.trial_end for s in paid)
    revenue = sum(row.revenue for day in days for row in world.market.visits("acme", day))
    first_plans = [spec.plans[s.plans[0].plan].monthly_usd for s in paid]
    assert revenue == pytest.approx(sum(first_plans))


def test_customers_leave_at_the_rate_the_account_says(world: World) -> None:
    world.open_account(account(starting_mrr_usd=150_000, monthly_churn=0.06, history_days=7, monthly_sessions=500))
    world.advance(60)
    opening = [s for s in world.market.book(world.account("acme")).subscriptions if s.origin is None]
    left = sum(s.ended is not None for s in opening) / len(opening)
    assert left == pytest.approx(1 - 0.94 ** (67 / 30.44), abs=0.03)
