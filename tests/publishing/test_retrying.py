"""What a tool refused: a question for a person, another try when somebody says so or the tool is connected anew."""

from dataclasses import replace
from threading import Thread

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.errors import Conflict, ToolErrorKind
from marketeer_dagster.model.publication import Publication, PublicationState, Receipt
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.retrying import retry, retry_refused, try_now
from resources.mailchimp import MailchimpPublisher
from resources.wordpress import WordPressPublisher
from tests.publishing.conftest import Desk, its_time_comes
from tests.store import values
from tests.support.publishing import a_page, an_email_sequence
from tests.support.sites import sandbox_connection

State = PublicationState


def refused(desk: Desk, path: str = "/friday-reports") -> Publication:
    """A page that WordPress refused, since the tenant's password was revoked."""
    wanted = desk.intend(desk.approve(a_page(path)))
    desk.sandbox.admin.fault("wordpress", "expired_token", count=1)
    failed = desk.outbox.deliver(wanted.id)
    desk.sandbox.admin.clear_faults()
    assert (failed.state, failed.failure, failed.attempts) == (State.FAILED, ToolErrorKind.AUTH, 1)
    return failed


class Faulty(WordPressPublisher):
    """A publisher that ends with `fault` wherever it is asked about a publication."""

    fault: BaseException

    def find(self, publication: Publication) -> Receipt | None:
        raise self.fault


def beside(desk: Desk, fault: BaseException) -> Desk:
    """The desk, with a publisher for WordPress that has a fault of ours."""
    faulty = Faulty(sandbox_connection(desk.sandbox, "wordpress", desk.tenant))
    faulty.fault = fault
    sound = MailchimpPublisher(sandbox_connection(desk.sandbox, "mailchimp", desk.tenant))
    outbox = Outbox(desk.store, {"wordpress": faulty, "mailchimp": sound}, desk.sandbox.world.clock)
    return replace(desk, outbox=outbox)


def questions(desk: Desk) -> list[Approval]:
    asked = desk.store.approvals.list(tenant=desk.tenant, state=ApprovalState.PENDING)
    return [question for question in asked if question.reason is ApprovalReason.PUBLICATION_FAILED]


def test_what_the_tool_refuses_for_good_fails_with_its_words_and_asks_a_person(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/feed")))
    failed = desk.outbox.deliver(wanted.id)
    assert failed.state is State.FAILED
    assert "/feed is taken" in failed.error
    (question,) = questions(desk)
    assert (question.subject, question.campaign) == (failed.id, failed.campaign)
    assert "/feed is taken" in question.title
    written = desk.writes()
    assert desk.outbox.deliver_due(desk.tenant) == ()
    assert desk.outbox.deliver(failed.id) == failed, "not by itself, before somebody says so"
    assert desk.writes() == written


def test_approving_the_failure_tries_it_again_and_closes_the_question(desk: Desk) -> None:
    failed = refused(desk)
    (question,) = questions(desk)
    decide(desk.store, desk.sandbox.world.clock, question.id, ApprovalState.APPROVED, by="ada")
    assert desk.state(failed) is State.APPROVED
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert (delivery.publication.state, delivery.publication.error) == (State.PUBLISHED, "")
    assert questions(desk) == []


def test_each_refusal_is_a_question_of_its_own_and_one_is_open(desk: Desk) -> None:
    failed = refused(desk)
    (first,) = questions(desk)
    desk.sandbox.admin.fault("wordpress", "expired_token", count=1)
    decide(desk.store, desk.sandbox.world.clock, first.id, ApprovalState.APPROVED, by="ada")
    assert desk.outbox.deliver(failed.id).state is State.FAILED
    (second,) = questions(desk)
    assert second.id != first.id
    decide(desk.store, desk.sandbox.world.clock, first.id, ApprovalState.APPROVED, by="ada")
    assert desk.state(failed) is State.FAILED, "the answer to the first question is no answer to the second"


def test_rejecting_the_failure_gives_it_up(desk: Desk) -> None:
    failed = refused(desk)
    (question,) = questions(desk)
    desk.store.campaigns.add(values.campaign(failed.campaign))
    decide(desk.store, desk.sandbox.world.clock, question.id, ApprovalState.REJECTED, by="ada", note="too late")
    assert desk.state(failed) is State.REJECTED
    assert desk.store.publications.get(failed.id).error.startswith("given up by ada: too late")


def test_a_new_connection_tries_again_what_the_former_one_failed_and_nothing_else(desk: Desk) -> None:
    revoked = refused(desk)
    taken = desk.outbox.deliver(desk.intend(desk.approve(a_page("/feed"), campaign="autumn")).id)
    assert taken.failure is not ToolErrorKind.AUTH
    (revived,) = retry_refused(desk.store, desk.sandbox.world.clock, desk.tenant, "wordpress")
    assert revived.id == revoked.id
    assert [question.subject for question in questions(desk)] == [taken.id]
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert (delivery.publication.id, delivery.publication.state) == (revoked.id, State.PUBLISHED)


def test_two_who_retry_at_once_and_a_daemon_that_delivers_write_once(desk: Desk) -> None:
    failed = refused(desk)
    ended: list[str] = []

    def try_again() -> None:
        try:
            ended.append(retry(desk.store, desk.sandbox.world.clock, failed.id, by="ada").state.value)
        except Conflict as error:
            ended.append(error.message)
        desk.outbox.deliver_due(desk.tenant)

    threads = [Thread(target=try_again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.outbox.deliver_due(desk.tenant)
    assert ended.count("approved") == 1
    assert all("not failed" in said or "cannot make it" in said for said in ended if said != "approved")
    assert desk.state(failed) is State.PUBLISHED
    assert [action for action, _ in desk.writes()] == ["page.create", "page.update"], "drafted and made public, once"
    with pytest.raises(Conflict, match="is published, not failed"):
        retry(desk.store, desk.sandbox.world.clock, failed.id, by="ada")


def test_what_a_person_rejected_after_it_was_released_does_not_go_out(desk: Desk) -> None:
    artefact = desk.approve(a_page("/friday-reports"))
    wanted = desk.intend(artefact)
    desk.store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.REJECTED)
    assert desk.outbox.deliver(wanted.id).state is State.REJECTED
    assert desk.writes() == []


def test_what_was_sent_back_after_it_was_released_never_goes_out(desk: Desk) -> None:
    artefact = desk.approve(a_page("/friday-reports"))
    wanted = desk.intend(artefact)
    desk.store.artefacts.set_status(artefact.id, artefact.version, ArtefactStatus.DRAFT)
    withdrawn = desk.outbox.deliver(wanted.id)
    assert (withdrawn.state, withdrawn.error) == (State.WITHDRAWN, "copywriting version 1 was sent back")
    assert desk.outbox.deliver_due(desk.tenant) == ()
    assert desk.writes() == []


def test_a_fault_of_ours_stops_no_other_and_asks_a_person_in_the_end(desk: Desk) -> None:
    faulty = beside(desk, KeyError("password=hunter2secret"))
    page = desk.intend(desk.approve(a_page("/friday-reports")))
    email = desk.intend(desk.approve(an_email_sequence(), skill="email-sequence"))
    due = {d.publication.id: d.publication for d in faulty.outbox.deliver_due(desk.tenant)}
    assert due[email.id].state is State.PUBLISHED
    noted = due[page.id]
    assert (noted.state, noted.attempts, noted.failure) == (State.WRITING, 1, None)
    assert noted.error.startswith("KeyError: ") and "hunter2secret" not in noted.error
    assert noted.retry_at is not None and questions(desk) == []
    for _ in range(2):
        its_time_comes(desk, page)
        faulty.outbox.deliver_due(desk.tenant)
    failed = desk.store.publications.get(page.id)
    assert (failed.state, failed.attempts) == (State.FAILED, 3)
    (question,) = questions(desk)
    assert question.subject == page.id and "hunter2secret" not in question.title + question.detail
    assert faulty.outbox.deliver_due(desk.tenant) == ()
    decide(desk.store, desk.sandbox.world.clock, question.id, ApprovalState.APPROVED, by="ada")
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert (delivery.publication.state, questions(desk)) == (State.PUBLISHED, [])


def test_a_fault_before_the_tool_is_asked_counts_as_an_attempt(desk: Desk) -> None:
    page = desk.intend(desk.approve(a_page("/friday-reports")))
    foreign = WordPressPublisher(sandbox_connection(desk.sandbox, "wordpress", "somebody-else"))
    (delivery,) = Outbox(desk.store, {"wordpress": foreign}, desk.sandbox.world.clock).deliver_due(desk.tenant)
    noted = delivery.publication
    assert (noted.id, noted.state, noted.attempts) == (page.id, State.APPROVED, 1)
    assert "must not be used" in noted.error


def test_an_interrupt_is_no_fault(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    with pytest.raises(KeyboardInterrupt):
        beside(desk, KeyboardInterrupt()).outbox.deliver_due(desk.tenant)
    assert (desk.state(wanted), desk.store.publications.get(wanted.id).error) == (State.WRITING, "")


def held_up(desk: Desk) -> Publication:
    """A page whose tool asked for time, and gets it."""
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    desk.sandbox.admin.fault("wordpress", "429")
    desk.outbox.deliver_due(desk.tenant)
    desk.sandbox.admin.clear_faults()
    assert desk.outbox.deliver_due(desk.tenant) == (), "the next round leaves the tool alone"
    return desk.store.publications.get(wanted.id)


def test_a_retry_asked_for_by_a_person_does_not_wait_for_its_time(desk: Desk) -> None:
    row = held_up(desk)
    assert retry(desk.store, desk.sandbox.world.clock, row.id, by="ada").retry_at is None
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED


def test_a_campaign_that_a_person_continues_waits_for_no_time(desk: Desk) -> None:
    row = held_up(desk)
    assert try_now(desk.store, desk.sandbox.world.clock, "somebody:else") == ()
    assert desk.outbox.deliver_due(desk.tenant) == ()
    assert [moved.id for moved in try_now(desk.store, desk.sandbox.world.clock, row.campaign)] == [row.id]
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED
    assert try_now(desk.store, desk.sandbox.world.clock, row.campaign) == ()
