"""Tenants, contexts, goals and connections."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.errors import BadInput, ConfigError, NotFound
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.store import Store
from tests.store import values
from tests.store.values import LATER, NOW


def test_a_tenant_comes_back_as_it_was_stored(store: Store) -> None:
    tenant = values.tenant(autonomy_by_tool={"wordpress": Autonomy.AUTOPILOT}, timezone="Europe/Berlin", simulated=True)
    store.tenants.add(tenant)
    assert store.tenants.get("acme") == tenant


def test_a_tenant_id_is_taken_once(acme: Store) -> None:
    with pytest.raises(BadInput, match="'acme' exists already"):
        acme.tenants.add(values.tenant(name="Another"))
    assert acme.tenants.get("acme").name == "Acme"


def test_an_unknown_tenant_is_told_without_anybody_elses_id(acme: Store) -> None:
    with pytest.raises(NotFound, match="no tenant 'acmee'") as refused:
        acme.tenants.get("acmee")
    assert "acme" not in str(refused.value).replace("acmee", "")


def test_a_tenant_can_be_changed_but_not_made_by_saving(acme: Store) -> None:
    acme.tenants.save(values.tenant(name="Acme AG"))
    assert acme.tenants.get("acme").name == "Acme AG"
    with pytest.raises(NotFound):
        acme.tenants.save(values.tenant("globex"))
    assert [t.id for t in acme.tenants.list()] == ["acme"]


def test_equal_context_makes_no_new_version(acme: Store) -> None:
    first = acme.contexts.add("acme", values.context(), "first", NOW)
    again = acme.contexts.add("acme", values.context(), "again", LATER)
    second = acme.contexts.add("acme", values.context(proof="1,300 teams use it"), "more teams", LATER)
    assert (first.version, second.version) == (1, 2)
    assert again == first
    assert acme.contexts.latest("acme") == second
    assert acme.contexts.get("acme", 1) == first
    assert acme.contexts.history("acme") == (first, second)


def test_returning_to_an_older_context_is_a_new_version(acme: Store) -> None:
    for proof in ("one", "two", "one"):
        acme.contexts.add("acme", values.context(proof=proof), at=NOW)
    assert [v.version for v in acme.contexts.history("acme")] == [1, 2, 3]


def test_missing_contexts_say_what_to_do(acme: Store) -> None:
    with pytest.raises(NotFound, match="marketeer context import"):
        acme.contexts.latest("acme")
    with pytest.raises(NotFound, match="no tenant 'nobody'"):
        acme.contexts.latest("nobody")
    acme.contexts.add("acme", values.context(), at=NOW)
    with pytest.raises(NotFound, match="go up to 1"):
        acme.contexts.get("acme", 7)


def test_context_versions_made_at_once_get_different_numbers(acme: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: acme.contexts.add("acme", values.context(proof=f"{n}"), at=NOW), range(12)))
    assert sorted(v.version for v in made) == list(range(1, 13))


def test_goals_are_listed_by_tenant_and_stored_once(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    goal = acme.goals.add(values.goal())
    assert acme.goals.add(values.goal()) == goal
    other = acme.goals.add(values.goal("Less churn", "globex"))
    assert acme.goals.get(goal.id) == goal
    assert acme.goals.list("acme") == (goal,)
    assert acme.goals.list() == (goal, other)


def test_nothing_can_belong_to_a_tenant_that_does_not_exist(store: Store) -> None:
    with pytest.raises(NotFound, match="tenant that does not exist"):
        store.goals.add(values.goal(tenant="nobody"))


def connection(secret: str = "s3cret-token") -> Connection:
    return Connection(
        tenant="acme",
        tool="wordpress",
        settings={"base_url": "http://127.0.0.1:9"},
        secrets={"application_password": SecretStr(secret)} if secret else {},
        simulated=True,
    )


def test_a_connection_keeps_its_settings_and_secrets(acme: Store) -> None:
    acme.connections.set(connection())
    assert acme.connections.get("acme", "wordpress") == connection()
    acme.connections.set(connection("another"))
    assert acme.connections.list("acme") == (connection("another"),)
    acme.connections.remove("acme", "wordpress")
    assert acme.connections.get("acme", "wordpress") is None
    with pytest.raises(NotFound, match="no connection to 'wordpress'"):
        acme.connections.remove("acme", "wordpress")


def test_connections_are_isolated_by_tenant(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    acme.connections.set(connection())
    assert acme.connections.get("globex", "wordpress") is None
    assert acme.connections.list("globex") == ()
    assert acme.connections.list() == (connection(),)


def test_secrets_are_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store.open(f"sqlite:///{path}", secret_key=SecretStr("key")) as store:
        store.migrate()
        store.tenants.add(values.tenant())
        store.connections.set(connection())
    dump = "\n".join(sqlite3.connect(path).iterdump())
    assert "wordpress" in dump
    assert "s3cret-token" not in dump
    assert "s3cret-token" not in "".join(p.read_bytes().decode("latin-1") for p in tmp_path.iterdir())


def test_secrets_without_a_key_are_refused_before_anything_is_written(url: str) -> None:
    store = Store.open(url)
    store.tenants.add(values.tenant())
    with pytest.raises(ConfigError, match=r"MARKETEER_SECRET_KEY.*openssl rand"):
        store.connections.set(connection())
    assert store.connections.get("acme", "wordpress") is None
    store.connections.set(connection(secret=""))
    assert store.connections.get("acme", "wordpress") == connection(secret="")


def test_secrets_stored_with_another_key_say_so_without_showing_anything(acme: Store, url: str) -> None:
    acme.connections.set(connection())
    with pytest.raises(ConfigError, match="another key") as caught:
        Store.open(url, secret_key=SecretStr("wrong")).connections.get("acme", "wordpress")
    assert "acme to wordpress" in str(caught.value)
    assert "s3cret" not in repr(acme.connections.list())
