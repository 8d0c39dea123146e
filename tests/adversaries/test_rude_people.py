"""People who decide twice, at once, too late or about what is gone: one decision counts, and nothing goes out twice."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketeer_dagster.campaigns.decisions import artefact_subject, decide
from marketeer_dagster.campaigns.escalating import escalate
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import BadInput, Conflict, MarketeerError, NotFound
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.retrying import retry
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from resources.wordpress import WordPressPublisher
from tests.store import values
from tests.support.publishing import NOW, a_page, a_store, a_tenant, an_artefact, approved
from tests.support.sites import sandbox_connection

SPAWN = multiprocessing.get_context("spawn")
CLOCK = FixedClock(NOW)
YES, NO, BACK = ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.REVISE


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@dataclass(frozen=True)
class Office:
    """One tenant that releases everything itself: its store, its outbox, and the site it publishes to."""

    sandbox: Running
    store: Store
    outbox: Outbox
    tenant: str

    @property
    def key(self) -> CampaignKey:
        return CampaignKey(f"{self.tenant}:spring")

    def waiting_page(self) -> tuple[Publication, Approval]:
        """An approved page and the question whether it may go out."""
        artefact = approved(self.store, an_artefact(a_page("/friday"), tenant=self.tenant))
        (row,) = self.outbox.intend(self.store.tenants.get(self.tenant), artefact)
        (question,) = self.store.approvals.list(subject=row.id)
        return row, question

    def held_version(self, title: str = "Friday reports") -> Artefact:
        """The next version of the page, held back with a question about it."""
        made = an_artefact(a_page("/friday", title), tenant=self.tenant, status=ArtefactStatus.ESCALATED)
        artefact = approved(self.store, made)
        return escalate(self.store, CLOCK, artefact, (), why="REVISE at 6.1")

    def decide(self, wanted: str, state: ApprovalState, by: str = "ada", note: str = "because") -> Approval:
        return decide(self.store, CLOCK, wanted, state, by=by, note=note)

    def created(self) -> int:
        ledger = self.sandbox.admin.ledger(tenant=self.tenant)
        return sum(entry.action == "page.create" for entry in ledger)


@pytest.fixture
def office(sandbox: Running, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    tenant = f"p{abs(hash(request.node.nodeid)) % 10**9}"
    store = a_store(tmp_path, a_tenant(tenant).model_copy(update={"autonomy": Autonomy.APPROVE}))
    publisher = WordPressPublisher(sandbox_connection(sandbox, "wordpress", tenant))
    made = Office(sandbox, store, Outbox(store, {"wordpress": publisher}, sandbox.world.clock), tenant)
    store.campaigns.add(values.campaign(made.key, tenant=tenant, status=CampaignStatus.ESCALATED))
    brief = values.brief("copywriting", made.key, id=an_artefact(a_page(), tenant=tenant).brief, tenant=tenant)
    store.campaigns.save_plan(made.key, values.plan(brief), NOW)
    yield made
    sandbox.world.faults.clear()
    store.close()


def _decide_elsewhere(url: str, wanted: str, state: ApprovalState) -> str:
    with Store.open(url) as store:
        try:
            return decide(store, CLOCK, wanted, state, by=state.value, note="because").state.value
        except MarketeerError as error:
            return type(error).__name__


def test_who_decides_twice_decides_once(office: Office) -> None:
    row, question = office.waiting_page()
    first = office.decide(question.id, YES)
    assert office.decide(question.id, YES, by="ben") == first
    assert office.outbox.deliver(row.id).state is PublicationState.PUBLISHED
    office.decide(question.id, YES)
    office.outbox.deliver_due(office.tenant)
    assert office.store.publications.get(row.id).state is PublicationState.PUBLISHED
    assert office.created() == 1


@pytest.mark.parametrize(("first", "then"), [(YES, NO), (YES, BACK), (NO, YES), (BACK, YES), (NO, BACK)])
def test_who_changes_their_mind_is_told_what_was_decided(
    office: Office, first: ApprovalState, then: ApprovalState
) -> None:
    row, question = office.waiting_page()
    office.decide(question.id, first)
    before = (office.store.publications.get(row.id), office.store.campaigns.get(office.key))
    with pytest.raises(Conflict, match=f"was {first.value} by ada"):
        office.decide(question.id, then, by="ben")
    assert (office.store.publications.get(row.id), office.store.campaigns.get(office.key)) == before


def test_a_rejection_after_the_release_stops_nothing_and_says_so(office: Office) -> None:
    row, question = office.waiting_page()
    office.decide(question.id, YES)
    office.outbox.deliver(row.id)
    with pytest.raises(Conflict, match="was approved by ada"):
        office.decide(question.id, NO, by="ben")
    assert office.store.publications.get(row.id).state is PublicationState.PUBLISHED


@pytest.mark.parametrize("states", [(YES, NO), (YES, BACK), (NO, BACK), (YES, YES)])
def test_two_processes_decide_at_once_and_one_decision_counts(
    office: Office, states: tuple[ApprovalState, ApprovalState]
) -> None:
    row, question = office.waiting_page()
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        asked = [pool.submit(_decide_elsewhere, office.store.where, question.id, state) for state in states]
        said = [one.result() for one in asked]
    decided = office.store.approvals.get(question.id)
    if states[0] is states[1]:
        assert said == [states[0].value] * 2
    else:
        assert sorted(said) == sorted(["Conflict", decided.state.value])
    for _ in range(2):
        office.outbox.deliver_due(office.tenant)
    published = office.store.publications.get(row.id).state is PublicationState.PUBLISHED
    assert published is (decided.state is YES)
    assert office.created() == int(published)


def test_an_old_version_is_not_approved_once_there_is_a_newer_one(office: Office) -> None:
    old = office.held_version()
    new = office.held_version("Friday reports, shorter")
    assert (old.version, new.version) == (1, 2)
    for state in (YES, BACK):
        with pytest.raises(Conflict, match=f"{old.id}@2 is"):
            office.decide(artefact_subject(old), state)
    assert office.store.artefacts.get(old.id, 1).status is ArtefactStatus.ESCALATED
    assert office.store.campaigns.get(office.key).round == 0, "nothing was taken up for it"
    office.decide(artefact_subject(new), YES)
    assert office.store.artefacts.get(new.id, 2).status is ArtefactStatus.APPROVED


def test_an_old_versions_question_is_closed_whoever_answers_it(office: Office) -> None:
    old = office.held_version()
    new = office.held_version("Friday reports, shorter")
    for state in (NO, YES, BACK):
        with pytest.raises(Conflict, match="nobody needs to answer it"):
            office.decide(artefact_subject(old), state)
    assert office.store.artefacts.get(new.id).status is ArtefactStatus.ESCALATED
    (left,) = office.store.approvals.list(tenant=office.tenant, state=ApprovalState.PENDING)
    assert left.subject == artefact_subject(new)


def test_a_page_is_not_released_once_its_text_was_revised(office: Office) -> None:
    """One opens the old page's question while another has it revised: the next version waits in its place."""
    row, question = office.waiting_page()
    newer = approved(office.store, an_artefact(a_page("/friday", "Shorter"), tenant=office.tenant))
    (next_row,) = office.outbox.intend(office.store.tenants.get(office.tenant), newer)
    with pytest.raises(Conflict, match="version 1 is not the present version"):
        office.decide(question.id, YES)
    assert office.outbox.deliver(row.id).state is PublicationState.WITHDRAWN
    office.decide(next_row.id, YES)
    assert office.outbox.deliver(next_row.id).state is PublicationState.PUBLISHED
    assert office.created() == 1


def test_who_releases_a_page_whose_text_is_sent_back_meanwhile_publishes_nothing(office: Office) -> None:
    row, question = office.waiting_page()
    office.decide(question.id, YES)
    office.store.artefacts.set_status(row.artefact, row.version, ArtefactStatus.DRAFT)
    assert office.outbox.deliver(row.id).state is PublicationState.WITHDRAWN
    assert office.created() == 0


def test_who_retries_what_did_not_fail_is_told_where_it_stands(office: Office) -> None:
    row, question = office.waiting_page()
    with pytest.raises(Conflict, match="is pending, not failed"):
        retry(office.store, CLOCK, row.id, by="ada")
    office.decide(question.id, NO)
    office.outbox.deliver_due(office.tenant)
    with pytest.raises(Conflict, match="is rejected, not failed"):
        retry(office.store, CLOCK, row.id, by="ada")
    assert office.created() == 0


def test_who_answers_a_failure_and_retries_it_too_has_it_written_once(office: Office) -> None:
    row, question = office.waiting_page()
    office.decide(question.id, YES)
    office.sandbox.admin.fault("wordpress", "expired_token", count=1)
    assert office.outbox.deliver(row.id).state is PublicationState.FAILED
    (failure,) = office.store.approvals.list(subject=row.id, state=ApprovalState.PENDING)
    office.decide(failure.id, YES)
    with pytest.raises(Conflict, match="not failed"):
        retry(office.store, CLOCK, row.id, by="ben")
    assert office.outbox.deliver(row.id).state is PublicationState.PUBLISHED
    office.decide(failure.id, YES)
    assert office.store.publications.get(row.id).state is PublicationState.PUBLISHED
    assert office.created() == 1


def test_a_mistyped_id_never_decides_anybody_elses_question(office: Office) -> None:
    office.store.tenants.add(a_tenant("other"))
    theirs = office.store.approvals.open(values.approval("sig_1", tenant="other", campaign=""))
    for wanted in (theirs.id[:-1], theirs.id[:8], "apr_", "a"):
        with pytest.raises((NotFound, BadInput)) as refused:
            office.decide(wanted, YES)
        assert theirs.id not in str(refused.value)
    for wanted in (theirs.id, theirs.id[:12], "sig_1"):
        with pytest.raises(NotFound):
            decide(office.store, CLOCK, wanted, YES, by="ada", tenant=office.tenant)
    assert office.store.approvals.get(theirs.id).state is ApprovalState.PENDING
