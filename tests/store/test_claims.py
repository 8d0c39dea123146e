"""Claims and who holds them: processes of this machine, of another one, and roles for a while."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import text

from marketeer_dagster.store import AlreadyAsked, CallState, Store
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.owners import lives_here, this_process
from tests.store.values import reservation
from tests.support.owners import ELSEWHERE, a_dead_process, a_process

NAME = "acme:launch"


def write_claim(url: str, owner: str) -> None:
    """A claim as the other process would have written it."""
    with Database(url).writing() as connection:
        row = "INSERT INTO claims (id, owner, taken_at) VALUES (:id, :owner, '2026-03-02 09:30:00+00:00')"
        connection.execute(text(row), {"id": NAME, "owner": owner})


def fall_silent(url: str, owner: str) -> None:
    with Database(url).writing() as connection:
        row = "UPDATE processes SET seen_at = '2026-03-02 09:30:00+00:00' WHERE id = :id"
        connection.execute(text(row), {"id": owner})


def test_a_claim_is_held_until_it_is_released(store: Store) -> None:
    holder = store.claims.take(NAME)
    assert holder is not None
    assert holder.startswith(this_process())
    assert store.claims.take(NAME) is None
    assert store.claims.take("acme:other") is not None
    store.claims.release(NAME, "somebody else")
    assert store.claims.holder(NAME) == holder
    store.claims.release(NAME, holder)
    assert store.claims.holder(NAME) is None
    with store.claims.held(NAME) as mine, store.claims.held(NAME) as again:
        assert (mine, again) == (True, False)
    assert store.claims.holder(NAME) is None


def take(url: str) -> bool:
    with Store.open(url) as store:
        return store.claims.take(NAME) is not None


def test_threads_at_once_get_one_claim(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert sum(holder is not None for holder in pool.map(lambda _: store.claims.take(NAME), range(12))) == 1


def test_processes_at_once_get_one_claim(store: Store, url: str) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert sum(pool.map(take, [url] * 6)) == 1


@pytest.mark.parametrize("owner", [a_dead_process, lambda: ""], ids=["killed", "unknown"])
def test_a_dead_holders_claim_is_taken_over(store: Store, url: str, owner: Callable[[], str]) -> None:
    write_claim(url, owner())
    assert store.claims.take(NAME) is not None


def test_a_living_holders_claim_is_not(store: Store, url: str) -> None:
    with a_process() as owner:
        write_claim(url, owner)
        assert lives_here(owner) is True
        assert store.claims.take(NAME) is None
    assert lives_here(owner) is False
    assert store.claims.take(NAME) is not None


def test_a_reused_pid_is_not_taken_for_the_process(store: Store, url: str) -> None:
    where, pid, started = this_process().rsplit(":", 2)
    write_claim(url, f"{where}:{pid}:{int(started) - 1}")
    assert store.claims.take(NAME) is not None


def test_a_role_holds_for_a_while_and_may_renew(store: Store) -> None:
    assert store.claims.take_for(NAME, "dispatcher", 60)
    assert store.claims.take_for(NAME, "dispatcher", 60)
    assert store.claims.take(NAME) is None
    assert store.claims.take_for(NAME, "dispatcher", 0)
    assert store.claims.take(NAME) is not None
    assert not store.claims.take_for(NAME, "dispatcher", 60)


@pytest.fixture
def server(store: Store, url: str) -> Store:
    if url.startswith("sqlite"):
        pytest.skip("a SQLite file belongs to one machine")
    return store


def test_another_machines_process_lives_as_long_as_its_heart_beats(server: Store, url: str) -> None:
    write_claim(url, ELSEWHERE)
    server.owners.beat(ELSEWHERE)
    assert server.claims.take(NAME) is None
    fall_silent(url, ELSEWHERE)
    assert server.claims.take(NAME) is not None


def test_another_machines_reservation_is_lost_when_its_heart_stands_still(acme: Store, server: Store, url: str) -> None:
    server.owners.beat(ELSEWHERE)
    server.llm.reserve(reservation("f1", owner=ELSEWHERE), Decimal(100))
    with pytest.raises(AlreadyAsked, match="other-host"):
        server.llm.reserve(reservation("f1"), Decimal(100))
    fall_silent(url, ELSEWHERE)
    server.llm.reserve(reservation("f1"), Decimal(100))
    assert [call.state for call in server.llm.list()] == [CallState.LOST, CallState.RESERVED]


def test_whoever_holds_something_says_that_it_lives(server: Store, url: str) -> None:
    server.claims.take(NAME)
    with Database(url).reading() as connection:
        assert connection.execute(text("SELECT id FROM processes")).scalars().all() == [this_process()]


def test_on_sqlite_a_process_of_before_the_machines_last_start_is_dead(store: Store, url: str) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL goes by heartbeats")
    write_claim(url, ELSEWHERE)
    assert store.claims.take(NAME) is not None
