"""An author who insists: on a word the brand rules out, so that a person must decide; on what a person asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterEventType

from assets.launching import PARTITION_TAG
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from tests.support.campaign_home import CampaignHome, campaign_home
from tests.support.headstrong_author import Headstrong, headstrong_author

EMAILS = AssetKey("email_sequence")
BANNED = "Moving over is seamless."
"""The sample context's voice rules out the word."""
NOTE = "Say that support answers within 9 hours."
ASKED = "Support answers within 9 hours."


@pytest.fixture
def author() -> Iterator[Headstrong]:
    with headstrong_author() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path, author: Headstrong) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path / "home", config=f'anthropic_base_url = "{author.server.url}"') as made:
        author.sandbox_url = made.sandbox.url
        yield made


def head_of(home: CampaignHome, campaign: Campaign) -> Artefact:
    (head,) = home.store.artefacts.heads(campaign.key)
    return head


def question_of(home: CampaignHome, campaign: Campaign) -> Approval:
    (question,) = home.store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING)
    return question


def newest_checks(home: CampaignHome, campaign: Campaign) -> Mapping[str, bool]:
    """The checks of the campaign's newest run on the artefact."""
    with home.instance() as instance:
        run = next(run for run in instance.get_runs() if run.tags.get(PARTITION_TAG) == campaign.key)
        records = instance.get_records_for_run(run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
        found = [r.event_log_entry.dagster_event.asset_check_evaluation_data for r in records]
    return {e.check_name: e.passed for e in found if e.asset_key == EMAILS}


def test_a_banned_word_reaches_the_author_then_a_person_whose_word_counts(
    home: CampaignHome, author: Headstrong
) -> None:
    home.add_tenant()
    author.adds = lambda task: BANNED
    held = home.finish(home.take(slug="held").key)
    assert held.status is CampaignStatus.ESCALATED
    assert all("rules out “seamless”" in task for task in author.asked("revise"))
    assert author.asked("revise"), "the author heard of it"
    head, question = head_of(home, held), question_of(home, held)
    assert head.status is ArtefactStatus.ESCALATED
    assert question.subject == f"{head.id}@{head.version}"
    assert question.reason is ApprovalReason.BRAND_CHANGE
    assert "seamless" in question.detail
    assert home.store.publications.list(campaign=held.key) == ()

    decide(home.store, home.home.clock, question.id, ApprovalState.APPROVED, by="dana", note="we say it once")
    paid, asked = list(author.server.billed), len(author.tasks)
    home.figures()  # by the time a person has decided, the figures have moved on
    done = home.finish(held.key)
    assert done.status is CampaignStatus.PUBLISHED
    assert newest_checks(home, done) == dict.fromkeys(("rules", "quality", "claims", "consistency"), True)
    after = head_of(home, done)
    assert (after.version, after.status) == (head.version, ArtefactStatus.APPROVED)
    assert {row.state for row in home.store.publications.list(campaign=done.key)} == {PublicationState.PUBLISHED}
    assert (list(author.server.billed), len(author.tasks)) == (paid, asked), "nothing was written anew"


def test_a_rejection_ends_the_campaign_and_is_not_asked_again(home: CampaignHome, author: Headstrong) -> None:
    home.add_tenant()
    author.adds = lambda task: BANNED
    held = home.finish(home.take(slug="ended").key)
    decide(home.store, home.home.clock, question_of(home, held).id, ApprovalState.REJECTED, by="dana")
    assert home.store.campaigns.get(held.key).status is CampaignStatus.FAILED
    home.store.campaigns.reopen(held.key, home.home.clock.now())
    again = home.finish(held.key)
    assert again.status is CampaignStatus.FAILED
    assert head_of(home, again).status is ArtefactStatus.REJECTED
    assert home.store.approvals.list(campaign=held.key, state=ApprovalState.PENDING) == ()
    assert home.store.publications.list(campaign=held.key) == ()


def test_what_a_person_says_in_a_note_may_be_said_to_customers(home: CampaignHome, author: Headstrong) -> None:
    home.add_tenant(autonomy=Autonomy.APPROVE)
    author.adds = lambda task: ASKED if NOTE in task else ""
    waiting = home.finish(home.take(slug="noted").key)
    assert waiting.status is CampaignStatus.WAITING
    first = head_of(home, waiting)
    release = home.store.approvals.list(campaign=waiting.key, state=ApprovalState.PENDING)[0]
    decide(home.store, home.home.clock, release.id, ApprovalState.REVISE, by="dana", note=NOTE)
    again = home.finish(waiting.key)
    head = head_of(home, again)
    assert ASKED in head.content
    assert head.version > first.version
    assert newest_checks(home, again)["claims"] is True
    assert (again.status, head.status) == (CampaignStatus.WAITING, ArtefactStatus.APPROVED)


def test_the_same_words_without_a_persons_note_are_an_unsupported_claim(home: CampaignHome, author: Headstrong) -> None:
    home.add_tenant(autonomy=Autonomy.APPROVE)
    author.adds = lambda task: ASKED
    held = home.finish(home.take(slug="unsaid").key)
    assert held.status is CampaignStatus.ESCALATED
    assert question_of(home, held).reason is ApprovalReason.LEGAL_RISK


def test_a_variant_left_out_on_reading_is_told_in_the_runs_log(home: CampaignHome, author: Headstrong) -> None:
    home.add_tenant()
    author.subject = "A subject line that goes on and on until no inbox of this world would ever show it"
    done = home.finish(home.take(slug="told").key)
    assert done.status is CampaignStatus.PUBLISHED
    assert author.subject not in head_of(home, done).content
    with home.instance() as instance:
        logs = [entry.user_message for run in instance.get_runs() for entry in instance.all_logs(run.run_id)]
    told = [line for line in logs if "put right on reading: emails[0].subjects[" in line]
    assert told
    assert "82 characters, 22 over 60: 'A subject line" in told[0]


def test_what_comes_back_word_for_word_after_a_person_sent_it_back_is_asked_about(
    home: CampaignHome, author: Headstrong
) -> None:
    home.add_tenant(autonomy=Autonomy.APPROVE)
    author.same = True
    waiting = home.finish(home.take(slug="same").key)
    first = head_of(home, waiting)
    release = home.store.approvals.list(campaign=waiting.key, state=ApprovalState.PENDING)[0]
    decide(home.store, home.home.clock, release.id, ApprovalState.REVISE, by="dana", note=NOTE)
    again = home.finish(waiting.key)
    head, question = head_of(home, again), question_of(home, again)
    assert (head.id, head.version, head.content) == (first.id, first.version, first.content)
    assert (again.status, head.status) == (CampaignStatus.ESCALATED, ArtefactStatus.ESCALATED)
    assert question.subject == f"{head.id}@{head.version}"


def test_a_publication_that_waits_for_its_time_postpones_its_run_and_asks_nobody(home: CampaignHome) -> None:
    home.add_tenant()
    home.sandbox.admin.fault("mailchimp", "500")
    waiting = home.finish(home.take(slug="later").key)
    rows = home.store.publications.list(campaign=waiting.key)
    assert {row.state for row in rows} == {PublicationState.WRITING} and all(row.retry_at for row in rows)
    assert waiting.status is CampaignStatus.POSTPONED and "mailchimp" in waiting.reason
    assert home.store.approvals.list(campaign=waiting.key, state=ApprovalState.PENDING) == ()
    home.sandbox.admin.clear_faults()
    with home.instance() as instance:
        failures = [e.user_message for run in instance.get_runs() for e in instance.all_logs(run.run_id)]
    assert any("mailchimp" in line for line in failures)
