"""The outbox: policy, approvals, one write per publication, what takes whose place, and failures said plainly."""

from threading import Thread

import pytest

from marketeer_dagster.campaigns.pausing import pause, resume
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.errors import BadInput, Conflict, Paused, ToolError, ToolErrorKind, WaitsForPerson
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.sandbox.server import Running
from resources.wordpress import WordPressPublisher
from tests.publishing.conftest import Desk, its_time_comes
from tests.support.publishing import (
    a_page,
    an_email_sequence,
    an_experiment,
)
from tests.support.sites import TENANT, sandbox_connection

State = PublicationState


def test_autopilot_publishes_with_a_receipt(desk: Desk) -> None:
    done = desk.publish(a_page("/friday-reports"))
    assert done.state is State.PUBLISHED
    assert done.url.endswith(f"/sites/{desk.tenant}/friday-reports/")
    assert done.external_id and done.published_at and done.simulated
    assert f"marketeer:key={done.id}" in (desk.page("/friday-reports") or "")


def test_an_intent_writes_nothing_and_repeats_as_itself(desk: Desk) -> None:
    artefact = desk.approve(a_page("/friday-reports"))
    first, again = desk.intend(artefact), desk.intend(artefact)
    assert first == again
    assert first.state is State.APPROVED
    assert desk.writes() == []


def test_nothing_is_written_for_a_paused_tenant_and_resuming_lets_it_out(desk: Desk) -> None:
    waiting = desk.intend(desk.approve(a_page("/friday-reports")))
    pause(desk.store, desk.tenant, by="Ada", reason="relaunch")
    with pytest.raises(Paused, match="by Ada: relaunch"):
        desk.outbox.deliver(waiting.id)
    assert desk.outbox.deliver_due(desk.tenant) == ()
    kept = desk.store.publications.get(waiting.id)
    assert (kept.state, kept.attempts, kept.error) == (State.APPROVED, 0, "")
    assert desk.writes() == []
    resume(desk.store, desk.tenant, by="Ada")
    assert [done.publication.state for done in desk.outbox.deliver_due(desk.tenant)] == [State.PUBLISHED]


def test_an_intent_after_publication_returns_what_was_published(desk: Desk) -> None:
    done = desk.publish(a_page("/friday-reports"))
    writes = desk.writes()
    again = desk.intend(desk.approve(a_page("/friday-reports")))
    assert again.state is State.PUBLISHED
    assert desk.outbox.deliver(again.id) == done
    assert desk.writes() == writes


@pytest.mark.parametrize("status", [ArtefactStatus.DRAFT, ArtefactStatus.ESCALATED, ArtefactStatus.REJECTED])
def test_only_approved_artefacts_are_intended(desk: Desk, status: ArtefactStatus) -> None:
    artefact = desk.approve(a_page("/friday-reports"))
    desk.store.artefacts.set_status(artefact.id, artefact.version, status)
    with pytest.raises(Conflict, match=status.value):
        desk.intend(artefact)
    assert desk.store.publications.list(tenant=desk.tenant) == ()


def test_approve_asks_first_and_shows_what_would_be_published(desk: Desk) -> None:
    desk.policy(Autonomy.APPROVE)
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    assert wanted.state is State.PENDING
    (question,) = desk.store.approvals.list(tenant=desk.tenant)
    assert (question.subject, question.reason) == (wanted.id, ApprovalReason.APPROVAL_REQUIRED)
    assert "/friday-reports" in question.title
    assert "Reports that write themselves" in question.detail
    with pytest.raises(WaitsForPerson, match=f"{desk.tenant}:spring waits for approval"):
        desk.outbox.deliver(wanted.id)
    assert desk.outbox.deliver_due(desk.tenant) == ()
    assert desk.page("/friday-reports") is None


def test_a_persons_yes_publishes_and_no_ends_it(desk: Desk) -> None:
    desk.policy(Autonomy.APPROVE)
    yes, no = (desk.intend(desk.approve(a_page(path), campaign=path[1:])) for path in ("/yes", "/no"))
    desk.decide(yes, ApprovalState.APPROVED)
    desk.decide(no, ApprovalState.REJECTED, "off brand")
    due = {d.publication.id: d.publication for d in desk.outbox.deliver_due(desk.tenant)}
    assert due[yes.id].state is State.PUBLISHED
    assert due[no.id].state is State.REJECTED
    assert due[no.id].error == "rejected by ada: off brand"
    assert desk.page("/no") is None
    assert desk.outbox.deliver(no.id).state is State.REJECTED


def test_draft_only_leaves_a_draft_until_policy_allows_more(desk: Desk) -> None:
    desk.policy(Autonomy.DRAFT_ONLY)
    draft = desk.publish(a_page("/friday-reports"))
    assert draft.state is State.DRAFT
    assert draft.published_at is None
    assert desk.page("/friday-reports") is None
    assert desk.outbox.deliver_due(desk.tenant) == ()
    desk.policy(Autonomy.AUTOPILOT)
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED
    assert delivery.publication.external_id == draft.external_id


def test_policy_may_differ_by_tool(desk: Desk) -> None:
    desk.policy(Autonomy.AUTOPILOT, mailchimp=Autonomy.DRAFT_ONLY)
    page = desk.publish(a_page("/friday-reports"))
    email = desk.publish(an_email_sequence(), skill="email-sequence")
    assert (page.state, email.state) == (State.PUBLISHED, State.DRAFT)
    assert desk.sandbox.world.mailing(desk.tenant).sent() == ()


def test_a_policy_made_stricter_after_the_intent_holds(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    desk.policy(Autonomy.APPROVE)
    with pytest.raises(WaitsForPerson):
        desk.outbox.deliver(wanted.id)
    assert desk.state(wanted) is State.PENDING
    desk.decide(wanted, ApprovalState.APPROVED)
    assert desk.outbox.deliver(wanted.id).state is State.PUBLISHED


def test_under_autopilot_nobody_is_waited_for_and_the_question_closes(desk: Desk) -> None:
    desk.policy(Autonomy.APPROVE)
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    desk.policy(Autonomy.AUTOPILOT)
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED
    (question,) = desk.store.approvals.list(subject=wanted.id)
    assert question.state is ApprovalState.CLOSED and question.decided_by == "marketeer"


def test_what_a_stricter_policy_asks_about_is_a_draft_until_somebody_says_yes(desk: Desk) -> None:
    desk.policy(Autonomy.DRAFT_ONLY)
    draft = desk.publish(a_page("/friday-reports"))
    desk.policy(Autonomy.APPROVE)
    assert desk.outbox.deliver_due(desk.tenant) == ()
    (question,) = desk.store.approvals.list(subject=draft.id, state=ApprovalState.PENDING)
    assert desk.state(draft) is State.DRAFT
    desk.decide(draft, ApprovalState.APPROVED)
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED
    assert delivery.publication.id == draft.id and question.subject == draft.id


def test_draft_only_writes_a_draft_of_what_was_asked_about_and_a_later_policy_asks_anew(desk: Desk) -> None:
    desk.policy(Autonomy.APPROVE)
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    desk.policy(Autonomy.DRAFT_ONLY)
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.DRAFT and desk.page("/friday-reports") is None
    assert desk.store.approvals.list(tenant=desk.tenant, state=ApprovalState.PENDING) == ()
    desk.policy(Autonomy.APPROVE)
    desk.outbox.deliver_due(desk.tenant)
    (anew,) = desk.store.approvals.list(subject=wanted.id, state=ApprovalState.PENDING)
    assert anew.state is ApprovalState.PENDING and len(desk.store.approvals.list(subject=wanted.id)) == 2


def test_a_newer_version_takes_the_place_of_the_older(desk: Desk) -> None:
    old = desk.publish(a_page("/friday-reports"))
    new = desk.publish(a_page("/friday-reports", headline="Fridays without reports"))
    assert (desk.state(old), new.state) == (State.SUPERSEDED, State.PUBLISHED)
    assert new.external_id == old.external_id
    assert "Fridays without reports" in (desk.page("/friday-reports") or "")


def test_a_late_delivery_of_an_older_version_changes_nothing(desk: Desk) -> None:
    old = desk.intend(desk.approve(a_page("/friday-reports")))
    new = desk.publish(a_page("/friday-reports", headline="Fridays without reports"))
    assert desk.outbox.deliver(old.id).state is State.SUPERSEDED
    assert desk.state(new) is State.PUBLISHED
    assert "Fridays without reports" in (desk.page("/friday-reports") or "")


def test_a_superseded_question_leaves_the_inbox(desk: Desk) -> None:
    desk.policy(Autonomy.APPROVE)
    old = desk.intend(desk.approve(a_page("/friday-reports")))
    new = desk.intend(desk.approve(a_page("/friday-reports", headline="Fridays without reports")))
    desk.decide(new, ApprovalState.APPROVED)
    desk.outbox.deliver(new.id)
    assert desk.state(old) is State.SUPERSEDED
    assert desk.store.approvals.list(tenant=desk.tenant, state=ApprovalState.PENDING) == ()


def test_an_experiment_shows_both_arms_and_its_end_the_winner(desk: Desk) -> None:
    control = desk.approve(a_page("/friday-reports"))
    before = desk.outbox.deliver(desk.intend(control).id)
    challenger = desk.approve(a_page("/friday-reports", headline="Fridays without reports"), campaign="sprint")
    experiment = an_experiment(control, challenger, "/friday-reports")
    test = desk.outbox.deliver(desk.intend(challenger, experiment).id)
    assert (test.kind, test.experiment, desk.state(before)) == ("page_variant", experiment.id, State.SUPERSEDED)
    shown = desk.page("/friday-reports") or ""
    assert "Reports that write themselves" in shown and "Fridays without reports" in shown

    decided = experiment.model_copy(update={"state": ExperimentState.DECIDED})
    winner = desk.outbox.deliver(desk.intend(control, decided).id)
    assert (winner.kind, winner.experiment, winner.state) == ("page", experiment.id, State.PUBLISHED)
    assert winner.id != before.id
    assert desk.state(test) is State.SUPERSEDED
    shown = desk.page("/friday-reports") or ""
    assert "Reports that write themselves" in shown and "Fridays without reports" not in shown
    assert "data-experiment" not in shown


def test_an_email_is_never_sent_twice_not_even_as_a_new_version(desk: Desk) -> None:
    first = desk.publish(an_email_sequence(), skill="email-sequence")
    sequence = an_email_sequence()
    better = sequence.emails[0].model_copy(update={"body": "A better body."})
    second = desk.publish(sequence.model_copy(update={"emails": (better,)}), skill="email-sequence")
    assert (desk.state(first), second.state) == (State.PUBLISHED, State.REJECTED)
    assert first.id in second.error
    assert len(desk.sandbox.world.mailing(desk.tenant).sent()) == 1


def test_a_newer_email_takes_the_place_of_one_that_was_not_sent(desk: Desk) -> None:
    desk.policy(Autonomy.DRAFT_ONLY)
    old = desk.publish(an_email_sequence(), skill="email-sequence")
    desk.policy(Autonomy.AUTOPILOT)
    sequence = an_email_sequence()
    better = sequence.emails[0].model_copy(update={"body": "A better body."})
    new = desk.publish(sequence.model_copy(update={"emails": (better,)}), skill="email-sequence")
    assert (desk.state(old), new.state) == (State.SUPERSEDED, State.PUBLISHED)
    (sent,) = desk.sandbox.world.mailing(desk.tenant).sent()
    assert "A better body." in sent.html


def test_emails_of_other_campaigns_are_their_own(desk: Desk) -> None:
    one = desk.publish(an_email_sequence(), campaign="spring", skill="email-sequence")
    other = desk.publish(an_email_sequence(), campaign="summer", skill="email-sequence")
    assert (desk.state(one), other.state) == (State.PUBLISHED, State.PUBLISHED)


def test_a_passing_failure_leaves_it_due_and_the_next_round_delivers(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    email = desk.intend(desk.approve(an_email_sequence(), skill="email-sequence"))
    desk.sandbox.admin.fault("wordpress", "500")
    due = {d.publication.id: d for d in desk.outbox.deliver_due(desk.tenant)}
    assert due[wanted.id].publication.state is State.WRITING
    assert due[wanted.id].error is not None and not due[wanted.id].error.permanent
    assert due[email.id].publication.state is State.PUBLISHED, "one tool's outage stops no other"
    with pytest.raises(ToolError):
        desk.outbox.deliver(wanted.id)
    desk.sandbox.admin.clear_faults()
    late = desk.store.publications.get(wanted.id)
    assert (late.failure, late.attempts, bool(late.error)) == (ToolErrorKind.OUTAGE, 2, True)
    assert late.retry_at is not None and late.retry_at > SystemClock().now(), "by itself only later"
    written = desk.writes()
    assert (desk.outbox.deliver_due(desk.tenant), desk.writes()) == ((), written), "the tool is left alone until then"
    its_time_comes(desk, wanted)
    (delivery,) = desk.outbox.deliver_due(desk.tenant)
    assert delivery.publication.state is State.PUBLISHED
    assert (delivery.publication.failure, delivery.publication.retry_at) == (None, None)


def test_a_wait_that_the_tool_asked_for_holds_for_the_next_round_and_not_for_a_person(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    desk.sandbox.admin.fault("wordpress", "429")
    desk.outbox.deliver_due(desk.tenant)
    desk.sandbox.admin.clear_faults()
    assert desk.store.publications.get(wanted.id).attempts == 1
    assert desk.outbox.deliver_due(desk.tenant) == ()
    assert desk.store.publications.get(wanted.id).attempts == 1
    assert desk.outbox.deliver(wanted.id).state is State.PUBLISHED


def test_cut_off_after_the_write_publishes_once(desk: Desk) -> None:
    desk.sandbox.admin.fault("wordpress", "cut_after_write", rate=0.5, count=12)
    desk.sandbox.admin.fault("mailchimp", "cut_after_write", rate=0.5, count=12)
    page = desk.intend(desk.approve(a_page("/friday-reports")))
    email = desk.intend(desk.approve(an_email_sequence(), skill="email-sequence"))
    for _ in range(8):
        desk.outbox.deliver_due(desk.tenant)
        for waiting in (page, email):
            its_time_comes(desk, waiting)
    assert (desk.state(page), desk.state(email)) == (State.PUBLISHED, State.PUBLISHED)
    done = desk.writes()
    for once in (
        ("page.create", page.id),
        ("page.update", page.id),
        ("campaign.create", email.id),
        ("campaign.send", email.id),
    ):
        assert done.count(once) == 1, once


def test_threads_that_deliver_the_same_publication_write_once(desk: Desk) -> None:
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    threads = [Thread(target=desk.outbox.deliver, args=(wanted.id,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.state(wanted) is State.PUBLISHED
    assert desk.writes().count(("page.create", wanted.id)) == 1


def test_a_tenants_outbox_never_uses_anothers_connection(desk: Desk, sandbox: Running) -> None:
    foreign = WordPressPublisher(sandbox_connection(sandbox, "wordpress", TENANT))
    outbox = Outbox(desk.store, {"wordpress": foreign}, sandbox.world.clock)
    wanted = desk.intend(desk.approve(a_page("/friday-reports")))
    with pytest.raises(BadInput, match=f"connection of {TENANT} must not be used for {desk.tenant}"):
        outbox.deliver(wanted.id)
    with pytest.raises(BadInput, match="must not be used"):
        outbox.intend(desk.store.tenants.get(desk.tenant), desk.approve(a_page("/other")))


def test_a_channel_that_is_not_connected_gets_nothing_and_says_so(desk: Desk, sandbox: Running) -> None:
    artefact = desk.approve(a_page("/friday-reports"))
    bare = Outbox(desk.store, {}, sandbox.world.clock)
    assert bare.intend(desk.store.tenants.get(desk.tenant), artefact) == ()
    wanted = desk.intend(artefact)
    assert bare.deliver_due(desk.tenant) == ()
    with pytest.raises(BadInput, match="marketeer connect wordpress"):
        bare.deliver(wanted.id)


def test_a_page_that_cannot_be_published_leaves_no_intent(desk: Desk) -> None:
    copy = a_page("/friday-reports")
    bad = copy.model_copy(update={"cta": copy.cta.model_copy(update={"url": "javascript:alert(1)"})})
    with pytest.raises(BadInput, match="must not link"):
        desk.intend(desk.approve(bad))
    assert desk.store.publications.list(tenant=desk.tenant) == ()
