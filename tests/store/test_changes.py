"""What changed is noted by the database itself: every kind of row, however it was written, in whatever order."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from marketeer_dagster.model.artefacts import ArtefactStatus, Spend
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.connection import Connection
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState, Verdict
from marketeer_dagster.store import Store
from marketeer_dagster.store.changes import Changed
from marketeer_dagster.store.database import Database
from marketeer_dagster.store.watching import WATCHED
from tests.store import values


def since(store: Store, mark: int) -> Changed:
    found = store.changes.since(mark)
    assert found is not None
    return found


def finalise(store: Store) -> None:
    made = store.artefacts.put(values.artefact())
    store.artefacts.finalise(
        made.id, 1, status=ArtefactStatus.APPROVED, score=8, verdict=Verdict.APPROVE, revisions=0, spend=Spend(),
        prompt_hash="",
    )  # fmt: skip


def settle(store: Store) -> None:
    call = store.llm.reserve(values.reservation(), Decimal(10))
    store.llm.sent(call, values.NOW)


def link(store: Store) -> None:
    opened = store.signals.open(values.signal(), timedelta(0))
    assert opened is not None
    store.signals.link(opened.id, "acme:launch", "run-1")


def publish(store: Store) -> None:
    out = store.publications.intend(values.publication())
    store.publications.transition(out.id, {PublicationState.PENDING}, PublicationState.APPROVED, at=values.LATER)


def decide(store: Store) -> None:
    asked = store.approvals.open(values.approval())
    store.approvals.decide(asked.id, ApprovalState.APPROVED, "ada", "", values.LATER)


def conclude(store: Store) -> None:
    store.experiments.add(values.experiment())
    store.experiments.decide("exp_1", values.decision(), ExperimentState.DECIDED)


def learn(store: Store) -> None:
    store.learnings.add(values.learning())
    store.learnings.set_state("lrn_1", LearningState.VALIDATED)


def connect(store: Store) -> None:
    store.connections.set(Connection(tenant="acme", tool="wordpress"))
    store.connections.remove("acme", "wordpress")


WRITES: dict[str, tuple[Callable[[Store], object], ...]] = {
    "tenants": (lambda s: s.tenants.save(values.tenant(timezone="Europe/Berlin")), connect),
    "goals": (lambda s: s.goals.add(values.goal()),),
    "campaigns": (lambda s: s.campaigns.set_status("acme:launch", CampaignStatus.RUNNING, values.LATER),),
    "artefacts": (finalise,),
    "reviews": (lambda s: s.reviews.add(values.review(values.artefact())),),
    "approvals": (decide,),
    "publications": (publish,),
    "signals": (link,),
    "experiments": (conclude,),
    "learnings": (learn,),
    "llm_calls": (settle,),
}


def test_every_watched_relation_is_tried() -> None:
    assert set(WRITES) == {relation for relation, _ in WATCHED.values()}


@pytest.mark.parametrize("relation", sorted(WRITES))
def test_whatever_is_written_is_noted(acme: Store, relation: str) -> None:
    for write in WRITES[relation]:
        mark = acme.changes.mark()
        write(acme)
        told = since(acme, mark)
        assert list(told.keys) == [relation]
        assert len(told.keys[relation]) == 1
        assert since(acme, told.mark).keys == {}


def test_only_what_changed_is_told_and_its_rows_can_be_had(acme: Store) -> None:
    acme.campaigns.add(values.campaign("acme:second"))
    mark = acme.changes.mark()
    acme.campaigns.set_status("acme:second", CampaignStatus.RUNNING, values.LATER)
    keys = since(acme, mark).keys["campaigns"]
    assert keys == ["acme:second"]
    (row,) = acme.changes.values("campaigns", keys)
    assert row == acme.campaigns.get("acme:second")
    assert len(acme.changes.values("campaigns")) == 2


def test_a_change_by_other_hands_is_noted(acme: Store, url: str) -> None:
    mark = acme.changes.mark()
    with Database(url).writing() as connection:
        connection.execute(text("UPDATE llm_calls SET error = 'x'"))
        connection.execute(text("UPDATE campaigns SET status = 'failed'"))
    assert since(acme, mark).keys == {"campaigns": ["acme:launch"]}


def test_a_transaction_that_commits_after_a_younger_one_was_told_is_not_missed(acme: Store, url: str) -> None:
    """On PostgreSQL the older one is open while the younger is copied; SQLite lets only one write at a time."""
    acme.campaigns.add(values.campaign("acme:second"))
    mark = acme.changes.mark()
    update = text("UPDATE campaigns SET status = 'failed' WHERE key = :key")
    database = Database(url)
    with database.writing() as older:
        older.execute(update, {"key": "acme:launch"})
        if not database.is_sqlite:
            acme.campaigns.set_status("acme:second", CampaignStatus.RUNNING, values.LATER)
        told = since(acme, mark)
        assert told.keys == ({} if database.is_sqlite else {"campaigns": ["acme:second"]})
    assert "acme:launch" in since(acme, told.mark).keys["campaigns"]


def test_a_mark_of_a_store_that_was_restored_is_refused(acme: Store) -> None:
    assert acme.changes.since(acme.changes.mark() + 1_000_000) is None


def test_many_rows_are_read_in_parts(acme: Store) -> None:
    ids = [acme.llm.reserve(values.reservation(f"f{n}", "0"), Decimal(10)) for n in range(9)]
    more = [f"{id}-{n}" for id in ids for n in range(150)]
    assert [call.id for call in acme.changes.calls([*ids, *more])] == sorted(ids)
    assert [call.id for call in acme.changes.calls()] == ids
