"""A home knows its market: a copied home finds its own, and a market that is not the home's is refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, materialize

from assets.plans import product_context
from marketeer_dagster.cli.checkup import checkup
from marketeer_dagster.cli.home import Home, create_home
from marketeer_dagster.cli.market import adopt, attended_market, running_market
from marketeer_dagster.model.errors import ConfigError, ToolError, ToolErrorKind
from marketeer_dagster.model.ids import TenantId
from marketeer_dagster.model.settings import Settings
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.sandbox.accounts import AccountSpec
from marketeer_dagster.sandbox.client import SandboxAdmin
from marketeer_dagster.sandbox.server import run_in_thread
from resources.market_identity import look_again
from resources.store import StoreResource
from resources.stripe import StripeClient_
from tests.support import marketing

ACME = TenantId("acme")


@pytest.fixture(autouse=True)
def no_word_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARKETEER_HOME", "DAGSTER_HOME", "MARKETEER_SANDBOX_URL", "MARKETEER_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    look_again()


def opened(path: Path) -> Home:
    return Home(Settings.load(home=path))


def spec(tenant: str = ACME) -> AccountSpec:
    return AccountSpec(
        tenant=tenant, name="Acme", history_days=7, monthly_sessions=500, starting_mrr_usd=500, subscribers=20
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of which copies are made: one simulated tenant that has its account in the home's own market."""
    path = tmp_path_factory.mktemp("market") / "original"
    with pytest.MonkeyPatch.context() as patched:
        for name in ("MARKETEER_SANDBOX_URL", "MARKETEER_DATABASE_URL"):
            patched.delenv(name, raising=False)
        create_home(Settings.load(home=path))
        home = opened(path)
        facts = marketing.tenant(ACME).model_dump() | {"simulated": True}
        home.store.tenants.add(Tenant.model_validate(facts))
        home.store.contexts.add(ACME, marketing.context(ACME).context, at=marketing.NOW)
        with running_market(home) as market:
            assert market is not None
            for connection in market.open_account(spec()):
                home.store.connections.set(connection)
        home.store.close()
        yield path


@pytest.fixture
def first(original: Path, tmp_path: Path) -> Home:
    shutil.copytree(original, tmp_path / "first")
    return opened(tmp_path / "first")


def addresses(home: Home) -> set[str]:
    found = [connection.base_url or "" for connection in home.store.connections.list()]
    return {address.rsplit("/", 1)[0] if address.count("/") > 2 else address for address in found if address}


def test_of_two_copies_each_finds_its_own_market(first: Home, tmp_path: Path):
    with running_market(first) as one:
        assert one is not None
        shutil.copytree(first.settings.home, tmp_path / "copy")
        copy = opened(tmp_path / "copy")
        assert copy.settings.sandbox_url == first.settings.sandbox_url, "an absolute address came along"
        with running_market(copy) as other:
            assert other is not None and other.url != one.url
            before = one.clock().day
            other.advance(2)
            assert one.clock().day == before, "the copy lives in a market of its own"
            reread = opened(tmp_path / "copy")
            assert reread.settings.sandbox_url == other.url
            assert all(address.startswith(other.url) for address in addresses(reread))
            assert all(address.startswith(one.url) for address in addresses(first))
            stripe = reread.store.connections.get(ACME, "stripe")
            assert stripe is not None
            StripeClient_(stripe).check()
        assert one.healthy(), "the copy ended its own market, not the one whose process it had noted"
    assert not SandboxAdmin(one.url).healthy()


def test_work_of_a_copied_home_does_not_touch_the_others_market(first: Home, tmp_path: Path):
    """As the daemon's runs meet it: nothing but the store resource, no command in between."""
    with running_market(first) as one:
        assert one is not None
        shutil.copytree(first.settings.home, tmp_path / "copy")
        with DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions("tenants", [ACME])
            resources = {"store": StoreResource(home=str(tmp_path / "copy"))}
            result = materialize(
                [product_context], partition_key=ACME, instance=instance, resources=resources, raise_on_error=False
            )
            assert not result.success
            failed = str(next(e for e in result.all_events if e.is_step_failure).step_failure_data.error)
            assert "not this home's: it remembers in another home" in failed and "marketeer sandbox adopt" in failed
        diagnosis = {d.about: d for d in checkup(opened(tmp_path / "copy"))}["sandbox"]
        assert not diagnosis.ok and "not this home's market" in diagnosis.detail


def test_a_market_that_was_reset_is_refused_until_it_is_adopted(first: Home):
    for file in first.settings.home.glob("sandbox.db*"):
        file.unlink()
    with pytest.raises(ConfigError, match="not this home's") as refused, running_market(first):
        pytest.fail("nothing may be done in a market that was made anew")
    assert "marketeer sandbox adopt" in (refused.value.hint or "")
    with attended_market(first) as market:
        assert adopt(first, market) == [ACME]
        assert [account.tenant for account in market.ledger()] == []
    with running_market(first) as market:
        assert market is not None
        stripe = first.store.connections.get(ACME, "stripe")
        assert stripe is not None
        StripeClient_(stripe).check()


def test_a_connection_is_held_to_the_market_it_was_made_with():
    with run_in_thread(seed=3) as before:
        port = int(before.url.rsplit(":", 1)[1])
        connection = next(c for c in before.admin.open_account(spec()) if c.tool == "stripe")
        StripeClient_(connection).check()
    look_again()
    with run_in_thread(seed=3, port=port) as after:
        after.admin.open_account(spec())
        with pytest.raises(ToolError, match="is connected to market") as refused:
            StripeClient_(connection).check()
        assert refused.value.kind is ToolErrorKind.INVALID
        assert after.admin.ledger() == ()
        StripeClient_(next(c for c in after.admin.open_account(spec()) if c.tool == "stripe")).check()


def test_a_home_of_real_tools_asks_no_market(tmp_path: Path):
    create_home(Settings.load(home=tmp_path / "real"), sandbox=False)
    home = opened(tmp_path / "real")
    with running_market(home) as market:
        assert market is None
    assert StoreResource(home=str(home.settings.home)).store().tenants.list() == ()
    assert not (home.settings.home / "sandbox.id").exists()
