"""The world: memory, clock, accounts, and days that are lived once."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from marketeer_dagster.model.errors import BadInput, ConfigError, NotFound
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.clock import FIRST_DAY, default_start
from marketeer_dagster.sandbox.habits import HabitSpec, known_habits
from marketeer_dagster.sandbox.world import World
from tests.sandbox.conftest import START, account, publish


def test_a_restart_continues_with_the_same_clock_pages_and_customers(tmp_path: Path) -> None:
    state = tmp_path / "market.db"
    first = World(seed=3, state=state, start=START)
    first.open_account(account())
    publish(first, "/new", "<h1>New</h1>")
    first.advance(3)
    first.ledger.record("wordpress", "page.create", "key-1", "acme")
    lived = first.market.visits("acme", START + timedelta(days=1))
    subscriptions = first.market.book(first.account("acme")).subscriptions
    first.close()
    again = World(seed=3, state=state)
    assert again.clock.day == START + timedelta(days=3)
    assert again.site("acme").pages.by_path("/new") is not None
    assert again.market.visits("acme", START + timedelta(days=1)) == lived
    assert again.market.book(again.account("acme")).subscriptions == subscriptions
    assert [entry.key for entry in again.ledger.entries()] == ["key-1"]


def test_a_restarted_market_goes_on_as_one_that_never_stopped(tmp_path: Path) -> None:
    steady = World(seed=3, start=START)
    steady.open_account(account())
    steady.advance(4)
    broken = World(seed=3, state=tmp_path / "market.db", start=START)
    broken.open_account(account())
    broken.advance(2)
    broken.close()
    broken = World(seed=3, state=tmp_path / "market.db")
    broken.advance(2)
    for offset in range(4):
        day = START + timedelta(days=offset)
        assert broken.market.visits("acme", day) == steady.market.visits("acme", day)
        assert broken.market.searches("acme", day) == steady.market.searches("acme", day)


def test_a_state_file_belongs_to_its_seed(tmp_path: Path) -> None:
    World(seed=3, state=tmp_path / "market.db").close()
    with pytest.raises(ConfigError, match="seed 3, not 4"):
        World(seed=4, state=tmp_path / "market.db")


def test_the_clock_never_passes_the_real_today(world: World) -> None:
    with pytest.raises(BadInput, match="cannot pass today"):
        world.advance(world.clock.room() + 1)
    assert world.clock.day == START
    with pytest.raises(BadInput):
        world.advance(0)


def test_the_market_starts_earlier_where_the_machine_leaves_no_room() -> None:
    assert default_start(date(2030, 1, 1)) == FIRST_DAY
    assert default_start(date(2026, 5, 1)) == date(2026, 5, 1) - timedelta(days=200)


def test_within_a_day_the_clock_runs_forward_in_the_same_hour(world: World) -> None:
    moments = [world.now() for _ in range(3)]
    assert moments == sorted(moments)
    assert {moment.hour for moment in moments} == {9}


def test_a_walk_through_several_days_is_one_step_to_callers(world: World) -> None:
    world.open_account(account())
    seen: list[tuple[date, date]] = []
    world.day_hooks.append(lambda tenant, day: seen.append((world.now().date(), world.told_now().date())))
    world.advance(3)
    assert seen == [(START + timedelta(days=lived), START) for lived in range(3)]
    assert world.told_now().date() == START + timedelta(days=3)


def test_an_account_is_opened_once(world: World) -> None:
    first = world.open_account(account())
    world.advance(2)
    assert world.open_account(account()) == first
    assert [found.tenant for found in world.accounts()] == ["acme"]
    with pytest.raises(NotFound, match="nobody"):
        world.account("nobody")


def test_tenants_have_credentials_of_their_own(world: World) -> None:
    acme, other = world.credentials("acme").model_dump(), world.credentials("other").model_dump()
    shared = {name for name in acme if acme[name] == other[name]}
    assert shared == {"wordpress_user"}


def test_a_day_that_fails_is_not_lived_and_can_be_lived_later(world: World) -> None:
    world.open_account(account())
    before = world.market.book(world.account("acme")).subscriptions

    def fails(tenant: str, day: date) -> None:
        raise RuntimeError("the hook broke")

    world.day_hooks.append(fails)
    with pytest.raises(RuntimeError):
        world.advance(1)
    assert world.clock.day == START
    assert world.market.visits("acme", START) == ()
    assert world.market.book(world.account("acme")).subscriptions == before
    world.day_hooks.clear()
    world.advance(1)
    assert world.market.visits("acme", START)


def test_vendor_documents_keep_their_order_and_their_tenant(world: World) -> None:
    mine, theirs = world.documents("acme", "mailchimp"), world.documents("other", "mailchimp")
    mine.put("campaign", "b", {"n": 1})
    mine.put("campaign", "a", {"n": 2})
    mine.put("campaign", "b", {"n": 3})
    assert mine.list("campaign") == [{"n": 3}, {"n": 2}]
    assert theirs.list("campaign") == [] and theirs.get("campaign", "a") is None
    assert not mine.put_new("campaign", "a", {"n": 9}) and mine.get("campaign", "a") == {"n": 2}
    assert [mine.next_id("campaign"), mine.next_id("campaign"), theirs.next_id("campaign")] == [1, 2, 1]
    assert mine.delete("campaign", "a") and not mine.delete("campaign", "a")


def test_writes_of_a_failed_sequence_are_undone(world: World) -> None:
    def fails() -> None:
        with world.lock:
            world.documents("acme", "x").put("kind", "id", {})
            world.ledger.record("x", "write")
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert world.documents("acme", "x").list("kind") == []
    assert world.ledger.entries() == ()


def test_the_ledger_tells_who_did_what_when(world: World) -> None:
    world.ledger.record("anthropic", "messages", "fp-1", "acme", 0.25)
    world.ledger.record("wordpress", "page.create", "key-1", "other")
    assert [e.vendor for e in world.ledger.entries(tenant="acme")] == ["anthropic"]
    entry = world.ledger.entries(vendor="anthropic")[0]
    assert (str(entry.amount), entry.at.date()) == ("0.25", START)
    assert isinstance(entry.at, datetime) and entry.at.tzinfo is not None


def test_a_market_begins_anew_with_later_words_while_nothing_was_published(world: World):
    first = world.open_account(account(name="NAME OF YOUR PRODUCT", one_liner="[what it is]"))
    world.advance(2)
    world.habits.turn(HabitSpec(vendor="wordpress", name=next(iter(known_habits()["wordpress"])), tenant="acme"))
    kept = world.habits.on("acme", "wordpress", next(iter(known_habits()["wordpress"])))
    later = world.open_account(account(context="devtool"))
    assert (first.spec.name, later.spec.name) == ("NAME OF YOUR PRODUCT", "Ledgerloop")
    said = [f"{page.title} {page.content}" for page in world.site("acme").pages.list()]
    assert said and not any("NAME OF YOUR PRODUCT" in page for page in said)
    fresh = World(seed=world.seed, start=world.clock.day)
    fresh.open_account(account(context="devtool"))
    days = [later.opened - timedelta(days=back) for back in range(1, 8)]
    assert [world.market.visits("acme", day) for day in days] == [fresh.market.visits("acme", day) for day in days]
    assert world.habits.on("acme", "wordpress", next(iter(known_habits()["wordpress"]))) == kept
    world.advance(1)


def test_a_market_keeps_its_visitors_once_something_was_published(world: World):
    first = world.open_account(account())
    world.ledger.record("wordpress", "page.create", "page/1", "acme")
    assert world.open_account(account(name="Another", context="devtool")) == first


def test_what_a_later_request_does_not_name_stays_as_it_was(world: World):
    world.open_account(account(monthly_sessions=77_000))
    named = AccountSpec(tenant="acme", name="Another", context_markdown=account(context="devtool").context_markdown)
    later = world.open_account(named).spec
    assert (later.name, later.monthly_sessions, later.website) == ("Another", 77_000, "https://acme.example")
