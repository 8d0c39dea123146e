"""Copies of the store follow its changes: only what changed is copied, and it ends as if all had been."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from marketeer_dagster.catalog.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactStatus, Spend
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState, Verdict
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import MARTS, Warehouse, catch_up, sync_store
from marketeer_dagster.warehouse.marts import marts_of
from marketeer_dagster.warehouse.rows import KEYS
from marketeer_dagster.warehouse.sync import CaughtUp
from tests.store import values
from tests.warehouse.frames import ask, at

SKILLS = Catalog.load().skills


def a_store(folder: Path) -> Store:
    store = Store.open(f"sqlite:///{folder / 'store.db'}")
    store.migrate()
    store.tenants.add(values.tenant(llm_budget_usd=Decimal(10)))
    store.campaigns.add(values.campaign())
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return at(tmp_path)


def spend(store: Store, fingerprint: str = "f1", cost: str = "0.25") -> None:
    call = store.llm.reserve(values.reservation(fingerprint, "1"), Decimal(10))
    paid = Spend(calls=1, input_tokens=10, output_tokens=5, cost_usd=Decimal(cost))
    store.llm.settle(
        call, body_json="{}", stop_reason="end_turn", spend=paid, latency_s=1, request_id="r", at=values.LATER
    )


def test_money_spent_after_the_ingest_is_in_the_watched_mart(store: Store, warehouse: Warehouse) -> None:
    catch_up(store, warehouse)
    spend(store)
    assert catch_up(store, warehouse).copied == {"llm_calls": 1}
    assert ask(warehouse, "SELECT calls, cost_usd FROM spend_and_budget") == [(1, Decimal("0.25"))]


def test_rows_that_did_not_change_are_not_copied_again(store: Store, warehouse: Warehouse) -> None:
    store.campaigns.add(values.campaign("acme:other"))
    catch_up(store, warehouse)
    with warehouse.writing() as w:
        w.connection.execute("UPDATE campaigns SET title = 'as copied first'")
    store.campaigns.set_status("acme:launch", CampaignStatus.RUNNING, values.LATER)
    assert catch_up(store, warehouse).copied == {"campaigns": 1}
    assert ask(warehouse, "SELECT campaign, title, status FROM campaigns ORDER BY 1") == [
        ("acme:launch", "Launch", "running"), ("acme:other", "as copied first", "drafted"),
    ]  # fmt: skip


def test_without_a_change_nothing_is_written_and_no_writer_waited_for(store: Store, warehouse: Warehouse) -> None:
    catch_up(store, warehouse, SKILLS)
    before = warehouse.state()
    with warehouse.writing():
        assert catch_up(store, warehouse, SKILLS, timeout_s=0) == CaughtUp({}, ())
        assert warehouse.state() == before


def test_who_cannot_write_in_time_is_told(store: Store, warehouse: Warehouse) -> None:
    with warehouse.writing(), pytest.raises(Conflict):
        catch_up(store, warehouse, timeout_s=0)


def test_the_age_of_each_copy_is_told(store: Store, warehouse: Warehouse) -> None:
    catch_up(store, warehouse)
    told = "SELECT table_name, changed_at, as_of FROM copied ORDER BY 1"
    first = {name: (changed, as_of) for name, changed, as_of in ask(warehouse, told)}
    assert set(first) == {*KEYS, "skills"}
    spend(store)
    catch_up(store, warehouse)
    for name, changed, as_of in ask(warehouse, told):
        assert as_of > first[name][1], "all copies are as of now"
        assert (changed > first[name][0]) == (name == "llm_calls")
    assert ask(warehouse, "SELECT rows FROM copied WHERE table_name = 'llm_calls'") == [(1,)]


def test_copies_of_another_store_are_made_anew(store: Store, warehouse: Warehouse, tmp_path: Path) -> None:
    catch_up(store, warehouse)
    (tmp_path / "moved").mkdir()
    with a_store(tmp_path / "moved") as other:
        other.campaigns.add(values.campaign("acme:other"))
        catch_up(other, warehouse)
    assert ask(warehouse, "SELECT count(*) FROM campaigns") == [(2,)]


def test_copies_that_are_ahead_of_a_restored_store_are_made_anew(
    store: Store, warehouse: Warehouse, tmp_path: Path
) -> None:
    store.goals.add(values.goal())
    store.goals.add(values.goal("Fewer refunds"))
    catch_up(store, warehouse)
    store.close()
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    with a_store(tmp_path) as restored:
        assert restored.where == store.where
        catch_up(restored, warehouse)
    assert ask(warehouse, "SELECT count(*) FROM goals") == [(0,)]


def test_a_tenants_zone_is_followed_by_the_rows_that_are_told_in_it(store: Store, warehouse: Warehouse) -> None:
    out = store.publications.intend(values.publication(state=PublicationState.WRITING))
    evening = values.NOW.replace(hour=20)
    store.publications.transition(out.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=evening)
    catch_up(store, warehouse)
    store.tenants.save(values.tenant(timezone="Pacific/Auckland"))
    catch_up(store, warehouse)
    assert ask(warehouse, "SELECT published_on - published_at::DATE FROM publications") == [(1,)]


def test_a_changed_skill_shows_which_work_is_from_an_older_text(store: Store, warehouse: Warehouse) -> None:
    old = SKILLS["copywriting"]
    store.artefacts.put(values.artefact(skill_hash=old.hash))
    catch_up(store, warehouse, SKILLS)
    edited = {**SKILLS, "copywriting": old.model_copy(update={"hash": "edited"})}
    assert set(catch_up(store, warehouse, edited).copied) == {"skills"}
    asked = "SELECT skill_hash, is_current, versions FROM skill_versions WHERE skill = 'copywriting'"
    assert ask(warehouse, f"{asked} ORDER BY is_current") == [(old.hash, False, 1), ("edited", True, 0)]


def test_only_marts_that_read_what_changed_are_computed_again() -> None:
    assert marts_of(["llm_calls"]) == ("spend_and_budget", "campaign_roi", "claude_costs", "signal_answers")
    assert set(marts_of(["learnings"])) == set()
    assert set(marts_of(["ga4_daily"])) < set(MARTS)


# --- it ends as if all had been copied ---------------------------------------------------------------------------


def finalise(store: Store, n: int) -> None:
    made = store.artefacts.put(values.artefact(f'{{"a":{n}}}'))
    store.artefacts.finalise(
        made.id, made.version, status=ArtefactStatus.APPROVED, score=8, verdict=Verdict.APPROVE, revisions=0,
        spend=Spend(), prompt_hash="",
    )  # fmt: skip


def publish(store: Store, n: int) -> None:
    out = store.publications.intend(values.publication(f"k{n}", state=PublicationState.WRITING))
    if out.state is PublicationState.WRITING:
        store.publications.transition(out.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=values.LATER)


def signal(store: Store, n: int) -> None:
    opened = store.signals.open(values.signal(subject=f"/{n}"), timedelta(0))
    if opened is not None:
        store.signals.link(opened.id, "acme:launch", "run-1")
        store.signals.measure(opened.id, True, values.evidence(observed=0.05), values.LATER)


def decide(store: Store, n: int) -> None:
    asked = store.approvals.open(values.approval(f"art_{n}@2"))
    store.approvals.decide(asked.id, ApprovalState.APPROVED, "ada", "fine", values.LATER)


def conclude(store: Store, n: int) -> None:
    if not store.experiments.list():
        store.experiments.add(values.experiment())
    elif store.experiments.list(state=ExperimentState.RUNNING):
        store.experiments.decide("exp_1", values.decision(), ExperimentState.DECIDED)


def reserve(store: Store, n: int) -> None:
    store.llm.reserve(values.reservation(f"r{len(store.llm.list())}", "0.1"), Decimal(10))


STEPS: dict[str, Callable[[Store, int], object]] = {
    "finalise": finalise,
    "publish": publish,
    "signal": signal,
    "decide": decide,
    "conclude": conclude,
    "spend": lambda store, n: spend(store, f"f{len(store.llm.list())}"),
    "reserve": reserve,
    "status": lambda store, n: store.campaigns.set_status("acme:launch", list(CampaignStatus)[n], values.LATER),
    "tenant": lambda store, n: store.tenants.save(values.tenant(name=f"Acme {n}")),
}


def copies(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    tables = {name: ask(warehouse, f"SELECT * FROM {name} ORDER BY ALL") for name in KEYS}
    marts = {name: ask(warehouse, f"SELECT * FROM {name} ORDER BY ALL") for name in marts_of(KEYS)}
    return tables | marts


def whole(store: Store, folder: Path) -> dict[str, list[tuple[object, ...]]]:
    fresh = at(folder)
    with fresh.writing() as w:
        sync_store(store, w)
        for name in MARTS:
            w.build_mart(name)
    return copies(fresh)


NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example takes a second: looking for the smallest one that fails would take minutes."""


@settings(
    max_examples=4, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    work=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 3), st.booleans()), min_size=6, max_size=14)
)
def test_whatever_is_done_in_between_the_copies_are_those_of_the_whole_store(
    tmp_path_factory: pytest.TempPathFactory, work: list[tuple[str, int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with a_store(folder) as store:
        warehouse = at(folder)
        for step, n, look in work:
            STEPS[step](store, n)
            if look:
                catch_up(store, warehouse)
        catch_up(store, warehouse)
        (folder / "whole").mkdir()
        assert copies(warehouse) == whole(store, folder / "whole")


def test_two_readers_catch_up_while_others_write(store: Store, warehouse: Warehouse, tmp_path: Path) -> None:
    """Nothing is lost between a mark and the rows read after it."""
    done = threading.Event()
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            while not done.is_set():
                catch_up(store, warehouse)
        except BaseException as error:
            failures.append(error)

    readers = [threading.Thread(target=follow) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(12):
        spend(store, f"f{n}", "0.01")
        decide(store, n)
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    catch_up(store, warehouse)
    (tmp_path / "whole").mkdir()
    assert copies(warehouse) == whole(store, tmp_path / "whole")
