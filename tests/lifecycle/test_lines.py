"""What went wrong for operators, line by line: questions that outlive their version, held work that is lost."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from marketeer_dagster.campaigns.closing import artefact_subject
from marketeer_dagster.campaigns.consequences import what_follows
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.experiments import end_unseen
from marketeer_dagster.campaigns.inbox import meant, questions
from marketeer_dagster.campaigns.status import settle
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.errors import BadInput, Conflict
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.store import Store
from tests.campaigns.test_publishing import plan_of_test
from tests.lifecycle.company import EMAILS, PAGE, PATH, Company, open_store
from tests.lifecycle.vendor import Killed
from tests.store import values
from tests.support.publishing import NOW, a_page, an_artefact, approved

YES, NO, BACK = ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.REVISE
State = PublicationState
_numbers = count(1)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(tmp_path_factory.mktemp("lines") / "store.db")
    store.migrate()
    yield store
    store.close()


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture
def company(shared: Store, catalog: Catalog) -> Company:
    """Two emails and a page, approved by all reviewers, each waiting for its release."""
    made = Company(Path(shared.where), shared, catalog, 9000 + next(_numbers), Autonomy.APPROVE)
    for skill in (EMAILS, PAGE):
        made.make(skill, 1, ArtefactStatus.APPROVED)
    made.run()
    assert made.campaign().status is CampaignStatus.WAITING
    return made


def about(company: Company, target: str) -> Approval:
    return next(q for q in company.questions() if company.store.publications.get(q.subject).target == target)


def row(company: Company, target: str) -> Publication:
    return [r for r in company.rows() if r.target == target][-1]


def say(company: Company, question: Approval, answer: ApprovalState, note: str = "because") -> Approval:
    return decide(company.store, company.clock, question.id, answer, by="ada", note=note)


def begin_test(company: Company) -> str:
    test = values.experiment(
        f"exp_{company.tenant}", tenant=company.tenant, subject=PATH, campaign=f"{company.tenant}:other"
    )
    return company.store.experiments.add(test).id


def end_test(company: Company, id: str) -> None:
    company.store.experiments.decide(id, values.decision("control"), ExperimentState.INCONCLUSIVE)


def test_after_one_email_is_sent_back_the_old_versions_questions_are_gone_and_it_is_never_sent(
    company: Company,
) -> None:
    first, second = about(company, "list/spring/1"), about(company, "list/spring/2")
    say(company, first, BACK, "name the price")
    assert company.store.approvals.get(second.id).state is ApprovalState.CLOSED
    assert {company.store.publications.get(q.subject).skill for q in company.questions()} == {PAGE}
    with pytest.raises(Conflict, match="nobody needs to answer it: version 1 was sent back: name the price"):
        say(company, second, YES)
    company.make(EMAILS, 2, ArtefactStatus.APPROVED)
    company.run()
    for question in company.questions():
        say(company, question, YES)
    company.tick()
    sent = [company.store.publications.get(key) for tool, _, key in company.vendor.public if tool == "mailchimp"]
    assert [email.version for email in sent] == [2, 2]


def test_an_edit_closes_the_questions_about_the_version_before(company: Company) -> None:
    old = about(company, "list/spring/1")
    company.make(EMAILS, 2, ArtefactStatus.APPROVED)
    closed = company.store.approvals.get(old.id)
    assert closed.state is ApprovalState.CLOSED and "is not the present version any more, 2 is" in closed.note


def test_what_was_sent_asks_nobody_and_says_so_to_whom_answers_late(company: Company) -> None:
    question = about(company, "list/spring/1")
    company.policy(Autonomy.AUTOPILOT)
    company.tick()
    with pytest.raises(Conflict, match=r"was closed on .*nobody needs to answer it"):
        say(company, question, YES)
    assert company.questions() == ()
    assert company.campaign().status is CampaignStatus.PUBLISHED, "no ghost keeps it waiting"
    company.make(EMAILS, 2, ArtefactStatus.APPROVED)
    company.policy(Autonomy.APPROVE)
    company.publish()
    again = [r for r in company.rows() if r.skill == EMAILS and r.version == 2]
    assert {r.state for r in again} == {State.REJECTED} and "sent already" in again[0].error
    assert company.questions() == (), "nobody is asked about an email that has gone out"


def test_who_approves_again_what_is_out_is_told_that_nothing_follows(company: Company) -> None:
    question = about(company, PATH)
    assert "the daemon goes on" in what_follows(company.store, say(company, question, YES))
    company.tick()
    said = what_follows(company.store, say(company, question, YES))
    assert said.startswith("nothing more follows: it was published") and "daemon" not in said


def test_an_email_rejected_for_good_is_not_asked_again_in_another_version(company: Company) -> None:
    say(company, about(company, "list/spring/1"), NO, "not us")
    say(company, about(company, "list/spring/2"), BACK, "name the price")
    company.make(EMAILS, 2, ArtefactStatus.APPROVED)
    company.run()
    newer = row(company, "list/spring/1")
    assert (newer.version, newer.state, newer.refused_by) == (2, State.REJECTED, "ada")
    assert "rejected for good by ada" in newer.error
    asked = {company.store.publications.get(q.subject).target for q in company.questions()}
    assert asked == {"list/spring/2", PATH}


def test_a_version_rejected_for_good_is_not_asked_again_in_another_version(company: Company) -> None:
    company.make(PAGE, 2, ArtefactStatus.ESCALATED)
    (question,) = [q for q in company.questions() if "@" in q.subject]
    say(company, question, NO)
    company.make(PAGE, 3, ArtefactStatus.ESCALATED)
    assert not [q for q in company.questions() if "@" in q.subject]
    assert company.store.artefacts.head(company.key, PAGE).status is ArtefactStatus.REJECTED


def test_one_line_of_the_inbox_for_one_decision_and_each_item_beneath(company: Company) -> None:
    (question,) = questions(company.store, company.tenant)
    assert (question.id, question.title, len(question.items)) == (company.key, f"Publish 3 items of {company.key}", 3)
    say(company, question.items[0], YES)
    (left,) = questions(company.store, company.tenant)
    assert len(left.items) == 2
    say(company, left.items[0], NO)
    (last,) = questions(company.store, company.tenant)
    assert last.id == last.items[0].id, "one that is left is asked under its own id"


def test_a_campaigns_key_answers_all_of_it(company: Company) -> None:
    wanted = meant(company.store, company.key, YES, company.tenant)
    assert (len(wanted.answered), wanted.left) == (3, ())
    for question in wanted.answered:
        say(company, question, YES)
    company.tick()
    assert len(company.vendor.public) == 3 and company.campaign().status is CampaignStatus.PUBLISHED
    with pytest.raises(Conflict, match="was approved"):
        say(company, wanted.answered[0], NO)


def test_a_sequence_is_answered_by_its_own_id(company: Company) -> None:
    emails = row(company, "list/spring/1").artefact
    for name in (emails, f"{emails}@1"):
        assert len(meant(company.store, name, YES).answered) == 2
    (one,) = meant(company.store, emails, BACK).answered
    say(company, one, BACK, "shorter")
    assert {q.subject for q in company.questions()} == {row(company, PATH).id}
    company.make(EMAILS, 2, ArtefactStatus.APPROVED)
    company.run()
    with pytest.raises(BadInput, match="work of 2 kinds"):
        meant(company.store, company.key, BACK)


def test_what_must_be_read_alone_is_never_approved_among_others(company: Company) -> None:
    risky = company.store.approvals.open(
        values.approval(
            company.key, id=f"apr_risky{company.tenant}", tenant=company.tenant, campaign=company.key,
            reason=ApprovalReason.BUDGET_THRESHOLD,
        )
    )  # fmt: skip
    wanted = meant(company.store, company.key, YES)
    assert risky not in wanted.answered and wanted.left == (risky,)
    assert risky in meant(company.store, company.key, NO).answered


def test_held_work_is_a_state_and_goes_on_by_itself_also_in_another_process(company: Company) -> None:
    for question in company.questions():
        say(company, question, YES)
    test = begin_test(company)
    company.tick()
    assert (row(company, PATH).state, row(company, PATH).held_by) == (State.HELD, test)
    held = company.campaign()
    assert held.status is CampaignStatus.HELD
    assert held.reason == f"wordpress {PATH} is under test until {test} is decided"
    company.tick()
    assert company.campaign().status is CampaignStatus.HELD
    end_test(company, test)
    company.outbox = company._outbox()
    company.tick()
    assert row(company, PATH).state is State.PUBLISHED, "the yes that was given before still counts"
    assert company.campaign().status is CampaignStatus.PUBLISHED


def test_a_page_made_while_another_is_under_test_is_never_published_with_nothing(
    shared: Store, catalog: Catalog
) -> None:
    company = Company(Path(shared.where), shared, catalog, 9000 + next(_numbers), Autonomy.AUTOPILOT)
    test = begin_test(company)
    company.make(PAGE, 1, ArtefactStatus.APPROVED)
    company.make(EMAILS, 1, ArtefactStatus.APPROVED)
    company.run()
    assert company.campaign().status is CampaignStatus.HELD
    assert [r.state for r in company.rows() if r.skill == PAGE] == [State.HELD]
    end_test(company, test)
    company.tick()
    assert company.campaign().status is CampaignStatus.PUBLISHED
    assert [r.state for r in company.rows() if r.skill == PAGE] == [State.PUBLISHED]


def _under_test(company: Company) -> Publication:
    """The challenger of a test that waits for its release: another campaign's page is live."""
    other = f"{company.tenant}:old"
    company.store.campaigns.add(values.campaign(other))
    old = approved(
        company.store, an_artefact(a_page(PATH, "The page as it was"), tenant=company.tenant, campaign="old")
    )
    live = values.publication(
        f"live-{company.tenant}", tenant=company.tenant, campaign=other, artefact=old.id, version=old.version,
        state=State.WRITING, target=PATH,
    )  # fmt: skip
    company.store.publications.intend(live)
    company.store.publications.transition(live.id, {State.WRITING}, State.PUBLISHED, at=NOW)
    plan = an_artefact(plan_of_test(PATH), tenant=company.tenant, skill="ab-test-setup")
    approved(company.store, plan)
    company.make(PAGE, 2, ArtefactStatus.APPROVED)
    company.publish()
    return next(r for r in company.rows() if r.kind == "page_variant")


@pytest.mark.parametrize("whole", [False, True])
def test_rejecting_a_challenger_that_nobody_saw_ends_its_test_and_frees_the_page(company: Company, whole: bool) -> None:
    challenger = _under_test(company)
    (test,) = company.store.experiments.list(tenant=company.tenant)
    assert test.state is ExperimentState.RUNNING
    if whole:
        company.store.artefacts.set_status(challenger.artefact, challenger.version, ArtefactStatus.REJECTED)
        end_unseen(company.store, company.clock, company.campaign())
    else:
        (question,) = company.store.approvals.list(subject=challenger.id, state=ApprovalState.PENDING)
        say(company, question, NO, "not us")
    ended = company.store.experiments.get(test.id)
    assert ended.state is ExperimentState.STOPPED and ended.decision is not None
    assert ended.decision.winner == "control" and "before anybody saw it" in ended.decision.summary
    company.publish()
    (same,) = company.store.experiments.list(tenant=company.tenant)
    assert same == ended, "it is not begun again"
    assert not any(target == PATH for _, target, _ in company.vendor.public)


def test_a_challenger_that_lost_its_test_is_not_put_in_place_by_a_later_delivery(company: Company) -> None:
    challenger = _under_test(company)
    (question,) = company.store.approvals.list(subject=challenger.id, state=ApprovalState.PENDING)
    say(company, question, YES)
    company.tick()
    company.outbox.deliver_due(company.tenant)
    assert row(company, PATH).state is State.PUBLISHED
    (test,) = company.store.experiments.list(tenant=company.tenant)
    end_test(company, test.id)
    before = len(company.rows())
    company.publish()
    assert len(company.rows()) == before, "the losing page is not intended alone"


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("answer", [YES, NO, BACK])
def test_an_answer_that_a_crash_cut_short_is_followed_by_the_daemon(
    company: Company, answer: ApprovalState, at: int
) -> None:
    company.make(PAGE, 2, ArtefactStatus.ESCALATED)
    settle(company.store, company.clock, company.key)
    head = company.store.artefacts.head(company.key, PAGE)
    assert head is not None
    (question,) = [q for q in company.questions() if q.subject == artefact_subject(head)]
    company.clock.left = at
    with suppress(Killed):
        say(company, question, answer, "name the price")
    company.clock.left = None
    if company.store.approvals.get(question.id).state is ApprovalState.PENDING:
        return  # the answer itself was not stored: the person is asked still
    company.tick()
    after, campaign = company.store.artefacts.get(head.id), company.campaign()
    wanted = {YES: ArtefactStatus.APPROVED, NO: ArtefactStatus.REJECTED, BACK: ArtefactStatus.DRAFT}
    assert after.status is wanted[answer]
    assert (campaign.round > 0) is (answer is not NO)
