"""Reviews, approvals and the outbox's rows."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from marketeer_dagster.model.errors import BadInput, Conflict, NotFound
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState, Verdict
from marketeer_dagster.store import Store
from tests.store import values
from tests.store.values import LATER, NOW, approval, publication


def test_a_review_is_one_row_a_question_and_found_by_what_it_reviewed(acme: Store) -> None:
    artefact = acme.artefacts.put(values.artefact())
    acme.reviews.add(values.review(artefact, verdict=Verdict.NONE, score=0.0))
    review = acme.reviews.add(values.review(artefact, created_at=LATER))
    assert (review.verdict, review.created_at) == (Verdict.APPROVE, NOW), "an answer takes the place of a missing one"
    assert acme.reviews.add(values.review(artefact)) == review
    second = acme.reviews.add(values.review(artefact, "page-cro"))
    assert acme.reviews.list(artefact=artefact.id, version=1) == (review, second)
    assert acme.reviews.list(campaign="acme:none") == ()


def test_an_approval_is_asked_for_once(acme: Store) -> None:
    asked = acme.approvals.open(approval())
    acme.approvals.decide(asked.id, ApprovalState.APPROVED, "ana", "", LATER)
    assert acme.approvals.open(approval()).state is ApprovalState.APPROVED
    assert len(acme.approvals.list("acme")) == 1


def test_a_decision_is_recorded_with_who_when_and_why(acme: Store) -> None:
    asked = acme.approvals.open(approval())
    decided = acme.approvals.decide(asked.id, ApprovalState.REVISE, "ana", "shorter, please", LATER)
    assert (decided.decided_by, decided.note, decided.decided_at) == ("ana", "shorter, please", LATER)
    assert acme.approvals.get(asked.id) == decided
    assert acme.approvals.list(state=ApprovalState.PENDING) == ()


def test_an_approval_answers_to_its_beginning_and_to_its_subject(acme: Store) -> None:
    asked = acme.approvals.open(approval("pub_7"))
    acme.approvals.open(approval("pub_8"))
    assert acme.approvals.get(asked.id[:12]) == asked
    assert acme.approvals.decide("pub_7", ApprovalState.APPROVED, "ana", "", LATER).id == asked.id


def test_an_ambiguous_beginning_lists_what_it_fits_also_when_one_is_left_open(acme: Store) -> None:
    one = acme.approvals.open(approval("a", id="apr_7k2maaaa"))
    two = acme.approvals.open(approval("b", id="apr_7k2mbbbb"))
    with pytest.raises(BadInput, match=f"{one.id}, {two.id}"):
        acme.approvals.get("apr_7k2m")
    acme.approvals.decide(one.id, ApprovalState.REJECTED, "ana", "", LATER)
    with pytest.raises(BadInput, match="unambiguous"):
        acme.approvals.get("apr_7k2m")
    assert acme.approvals.get("apr_7k2mb") == two


def test_a_beginning_counts_within_a_tenant_only(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    own = acme.approvals.open(approval("a", id="apr_7k2maaaa"))
    theirs = acme.approvals.open(approval("b", id="apr_9x9xbbbb", tenant="globex", campaign="globex:x"))
    with pytest.raises(NotFound, match="--tenant"):
        acme.approvals.get("apr_9x9x")
    assert acme.approvals.get("apr_9x9x", tenant="globex") == theirs
    assert acme.approvals.get(theirs.id) == theirs, "a whole id needs no tenant"
    for mistyped in ("apr_9x9x", theirs.id, "b"):
        with pytest.raises(NotFound) as refused:
            acme.approvals.get(mistyped, tenant="acme")
        assert theirs.id not in (refused.value.hint or "")
    assert acme.approvals.get("apr_7k", tenant="acme") == own
    with pytest.raises(NotFound):
        acme.approvals.get("apr_", tenant="acme")


@pytest.mark.parametrize("id", ["apr_zzz", "%", "_"])
def test_an_unknown_approval_is_not_found(acme: Store, id: str) -> None:
    acme.approvals.open(approval())
    with pytest.raises(NotFound):
        acme.approvals.get(id)


def test_deciding_the_same_again_changes_nothing_and_otherwise_is_a_conflict(acme: Store) -> None:
    asked = acme.approvals.open(approval())
    first = acme.approvals.decide(asked.id, ApprovalState.APPROVED, "ana", "fine", NOW)
    assert acme.approvals.decide(asked.id, ApprovalState.APPROVED, "ben", "", LATER) == first
    with pytest.raises(Conflict, match="approved by ana"):
        acme.approvals.decide(asked.id, ApprovalState.REJECTED, "ben", "", LATER)
    with pytest.raises(BadInput, match="not a decision"):
        acme.approvals.decide(asked.id, ApprovalState.PENDING, "ben", "", LATER)


def test_of_two_people_deciding_differently_at_once_one_gets_a_conflict(acme: Store) -> None:
    asked = acme.approvals.open(approval())

    def decide(state: ApprovalState) -> str:
        try:
            return acme.approvals.decide(asked.id, state, state.value, "", LATER).state.value
        except Conflict:
            return "conflict"

    with ThreadPoolExecutor(2) as pool:
        outcome = list(pool.map(decide, [ApprovalState.APPROVED, ApprovalState.REJECTED]))
    assert outcome.count("conflict") == 1


def test_an_intent_is_recorded_once_per_tenant_and_key(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    stored = acme.publications.intend(publication("k"))
    acme.publications.transition(stored.id, {PublicationState.PENDING}, PublicationState.APPROVED, at=LATER)
    again = acme.publications.intend(publication("k", id="pub_other"))
    assert (again.id, again.state) == (stored.id, PublicationState.APPROVED)
    assert acme.publications.intend(publication("k", tenant="globex", campaign="globex:x")).tenant == "globex"
    assert len(acme.publications.list()) == 2


def test_publications_are_found_by_what_is_asked(acme: Store) -> None:
    page = acme.publications.intend(publication("a", target="/a"))
    mail = acme.publications.intend(publication("b", tool="mailchimp", target="list-1"))
    assert acme.publications.list(tool="mailchimp") == (mail,)
    assert acme.publications.list(tenant="acme", target="/a") == (page,)
    assert acme.publications.list(state=PublicationState.PUBLISHED) == ()
    with pytest.raises(NotFound):
        acme.publications.get("pub_none")


def test_a_transition_sets_its_fields_and_the_time_of_first_publication(acme: Store) -> None:
    stored = acme.publications.intend(publication(state=PublicationState.WRITING))
    out = acme.publications.transition(
        stored.id, {PublicationState.WRITING}, PublicationState.PUBLISHED, at=LATER, external_id="42", url="https://x/y"
    )
    assert (out.external_id, out.url, out.updated_at, out.published_at) == ("42", "https://x/y", LATER, LATER)
    assert acme.publications.get(stored.id) == out


def test_a_transition_from_another_state_is_a_conflict_and_changes_nothing(acme: Store) -> None:
    stored = acme.publications.intend(publication())
    with pytest.raises(Conflict, match="is pending, not approved; cannot make it writing"):
        acme.publications.transition(stored.id, {PublicationState.APPROVED}, PublicationState.WRITING, at=LATER)
    with pytest.raises(BadInput, match="tenant"):
        acme.publications.transition(
            stored.id, {PublicationState.PENDING}, PublicationState.APPROVED, at=LATER, tenant="globex"
        )
    assert acme.publications.get(stored.id) == stored


def test_of_many_workers_one_takes_a_publication(acme: Store) -> None:
    stored = acme.publications.intend(publication(state=PublicationState.APPROVED))

    def take(_: int) -> bool:
        try:
            acme.publications.transition(stored.id, {PublicationState.APPROVED}, PublicationState.WRITING, at=LATER)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(16))) == 1
