"""Artefact versions, heads, and what downstream work may read."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from marketeer_dagster.model.artefact_sources import ArtefactSources
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.store import Store
from tests.store import values
from tests.store.values import LATER, artefact


def finalise(
    store: Store, stored: Artefact, status: ArtefactStatus = ArtefactStatus.APPROVED, **fields: Any
) -> Artefact:
    figures = {"score": 8.0, "verdict": Verdict.APPROVE, "revisions": 1, "spend": Spend(calls=3), "prompt_hash": "p"}
    return store.artefacts.finalise(stored.id, stored.version, status=status, **(figures | fields))


def test_versions_count_from_one_and_equal_content_is_stored_once(acme: Store) -> None:
    first = acme.artefacts.put(artefact("one", version=9))
    second = acme.artefacts.put(artefact("two"))
    again = acme.artefacts.put(artefact("one", title="Another title"))
    assert (first.version, second.version) == (1, 2)
    assert again == first
    assert acme.artefacts.versions(first.id) == (first, second)


def test_versions_count_separately_by_campaign_and_skill(acme: Store) -> None:
    acme.artefacts.put(artefact())
    assert acme.artefacts.put(artefact(skill="page-cro")).version == 1
    assert acme.artefacts.put(artefact(campaign="acme:other")).version == 1


def test_one_pair_of_campaign_and_skill_has_one_id(acme: Store) -> None:
    stored = acme.artefacts.put(artefact("one"))
    with pytest.raises(BadInput, match=stored.id):
        acme.artefacts.put(artefact("two", id="art_other"))


def test_versions_put_at_once_get_different_numbers(acme: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: acme.artefacts.put(artefact(str(n % 6))), range(18)))
    assert {a.version for a in made} == set(range(1, 7))
    assert len(acme.artefacts.versions(made[0].id)) == 6


def test_finalising_records_the_outcome_and_makes_that_version_the_head(acme: Store) -> None:
    first, second = acme.artefacts.put(artefact("one")), acme.artefacts.put(artefact("two"))
    assert acme.artefacts.head("acme:launch", "copywriting") is None
    assert acme.artefacts.get(first.id) == second, "without a head, the newest"

    spend = Spend(calls=2, cost_usd=Decimal("0.12"))
    head = finalise(acme, first, score=7.2, spend=spend)
    assert (head.version, head.score, head.verdict, head.revisions) == (1, 7.2, Verdict.APPROVE, 1)
    assert head.spend == spend
    assert acme.artefacts.get(first.id) == head
    assert acme.artefacts.head("acme:launch", "copywriting") == head

    finalise(acme, second)
    assert acme.artefacts.get(first.id).version == 2
    assert [a.version for a in acme.artefacts.heads("acme:launch")] == [2]


def test_lists_show_heads_unless_every_version_is_asked_for(acme: Store) -> None:
    first = acme.artefacts.put(artefact("one"))
    acme.artefacts.put(artefact("two"))
    finalise(acme, first)
    assert [a.version for a in acme.artefacts.list(tenant="acme")] == [1]
    assert [a.version for a in acme.artefacts.list(tenant="acme", heads_only=False)] == [1, 2]
    assert [a.version for a in acme.artefacts.list(status=ArtefactStatus.DRAFT, heads_only=False)] == [2]
    assert acme.artefacts.list(skill="page-cro") == ()


def test_downstream_reads_the_campaigns_own_approved_head_before_anothers(acme: Store) -> None:
    own = finalise(acme, acme.artefacts.put(artefact("own")))
    other = finalise(acme, acme.artefacts.put(artefact("other", campaign="acme:other", created_at=LATER)))
    assert acme.artefacts.latest_approved("acme", "copywriting", "acme:launch") == own
    assert acme.artefacts.latest_approved("acme", "copywriting") == other
    assert acme.artefacts.latest_approved("acme", "copywriting", "acme:third") == other


def test_downstream_never_reads_what_was_not_approved_or_is_anothers(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    finalise(acme, acme.artefacts.put(artefact("bad")), ArtefactStatus.ESCALATED, verdict=Verdict.REVISE)
    finalise(acme, acme.artefacts.put(artefact("theirs", campaign="globex:launch")))
    assert acme.artefacts.latest_approved("acme", "copywriting", "acme:launch") is None


def test_an_approved_version_that_is_no_longer_the_head_still_serves_others(acme: Store) -> None:
    good = finalise(acme, acme.artefacts.put(artefact("good")))
    finalise(acme, acme.artefacts.put(artefact("worse", created_at=LATER)), ArtefactStatus.ESCALATED)
    assert acme.artefacts.latest_approved("acme", "copywriting", "acme:launch") == good


def test_a_person_can_approve_a_version_afterwards(acme: Store) -> None:
    stored = finalise(acme, acme.artefacts.put(artefact()), ArtefactStatus.ESCALATED)
    acme.artefacts.set_status(stored.id, 1, ArtefactStatus.APPROVED)
    found = acme.artefacts.latest_approved("acme", "copywriting")
    assert found is not None
    assert found.status is ArtefactStatus.APPROVED


def test_missing_artefacts_and_versions_are_told_apart(acme: Store) -> None:
    stored = acme.artefacts.put(artefact())
    with pytest.raises(NotFound, match="go up to 1"):
        acme.artefacts.get(stored.id, 4)
    with pytest.raises(NotFound) as refused:
        acme.artefacts.get(stored.id[:-1])
    assert stored.id not in str(refused.value), "an id does not say whose it is, so no near one is named"
    with pytest.raises(NotFound):
        acme.artefacts.versions("art_none")


def test_sources_are_kept_once_a_version_and_the_newest_count(acme: Store) -> None:
    made = acme.artefacts.put(artefact())
    kept = ArtefactSources(artefact=made.id, tenant=made.tenant, version=1, texts=("first",))
    acme.artefact_sources.put(kept)
    newer = acme.artefact_sources.put(kept.model_copy(update={"texts": ("second",), "people": ("a note",)}))
    assert acme.artefact_sources.get(made.id, 1) == newer
    assert acme.artefact_sources.get(made.id, 2) is None
