"""Whatever people, vendors, policies and crashes do, in any order: nothing goes out that must not, nothing is lost."""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketeer_dagster.campaigns.closing import artefact_subject
from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.status import LIVE, OPEN
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.errors import Conflict
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.retrying import retry
from tests.lifecycle.company import EMAILS, PAGE, PATH, Company, open_store
from tests.lifecycle.vendor import MAIL, Killed, Mood
from tests.store import values

SEQUENCES = int(os.environ.get("MARKETEER_TEST_SEQUENCES", "2000" if os.environ.get("CI") else "100"))
WHOLE = 4
"""One sequence in so many is played to its end, which takes as long as the sequence itself."""
STEPS = 6
State = PublicationState
PEOPLE = (ApprovalState.APPROVED, ApprovalState.REJECTED, ApprovalState.REVISE)
TEXTS = st.integers(1, 3)


class Sequences(RuleBasedStateMachine):
    """One company a sequence, in a store that all sequences share."""

    file: ClassVar[Path]
    catalog: ClassVar[Catalog]
    numbers: ClassVar[Iterator[int]] = count(1)
    shared: ClassVar[Any] = None

    @initialize(autonomy=st.sampled_from(Autonomy), text=TEXTS)
    def founded(self, autonomy: Autonomy, text: int) -> None:
        self.company = Company(self.file, type(self).shared, self.catalog, next(self.numbers), autonomy)
        self.company.vendor.watch = self.is_allowed
        self.refused: set[tuple[str, str]] = set()
        """(artefact, target) of what a person stopped for good; target "" is the whole artefact."""
        self.settled = False
        self.test: str | None = None
        for skill in (EMAILS, PAGE):
            self.company.make(skill, text, ArtefactStatus.APPROVED)

    # Never: asked at the very moment of a write, of the store alone and without the code under test.

    def is_allowed(self, row: Publication) -> None:
        store = self.company.store
        version = store.artefacts.get(row.artefact, row.version)
        assert version.status is ArtefactStatus.APPROVED, "an unapproved version goes out"
        assert store.artefacts.get(row.artefact).version == row.version, "an old version goes out"
        assert (row.artefact, row.target) not in self.refused, "it goes out after a no"
        assert (row.artefact, "") not in self.refused, "it goes out after a no to all of it"
        sent = [key for tool, target, key in self.company.vendor.public if (tool, target) == (row.tool, row.target)]
        assert row.idempotency_key not in sent, "it goes out twice"
        assert not (row.tool == MAIL and sent), "the same email goes out twice, as another version"
        if store.tenants.get(row.tenant).autonomy is Autonomy.APPROVE:
            answers = store.approvals.list(subject=row.id, state=ApprovalState.APPROVED)
            assert any(a.reason is ApprovalReason.APPROVAL_REQUIRED for a in answers), "nobody said yes to this version"
        assert store.tenants.get(row.tenant).autonomy is not Autonomy.DRAFT_ONLY, "a draft becomes public"
        assert not (row.tool != MAIL and self.test), "a page is written over a test"

    def done(self, what: Callable[[], object]) -> None:
        """Do it; where the process is killed meanwhile, the next one takes over from what is stored."""
        self.settled = False
        try:
            what()
        except Killed:
            self.company.restart()
            type(self).shared = self.company.store
            self.company.vendor.mood = Mood.POLITE
            self.tick()
        finally:
            self.company.clock.left = None

    def tick(self) -> None:
        self.company.tick()
        self.settled = True

    # Rules

    @rule()
    def daemon_looks(self) -> None:
        self.done(self.company.tick)
        self.settled = True

    @rule(at=st.integers(0, 12))
    def daemon_is_killed(self, at: int) -> None:
        self.company.clock.left = at
        self.done(self.company.tick)

    @rule(mood=st.sampled_from(Mood))
    def vendor_becomes(self, mood: Mood) -> None:
        self.company.vendor.mood = mood

    @rule()
    def time_passes(self) -> None:
        self.company.time_passes()

    @rule(autonomy=st.sampled_from(Autonomy))
    def policy_becomes(self, autonomy: Autonomy) -> None:
        self.company.policy(autonomy)
        self.settled = False

    @rule(data=st.data(), answer=st.sampled_from(PEOPLE), kill=st.integers(0, 30))
    def person_answers(self, data: st.DataObject, answer: ApprovalState, kill: int) -> None:
        questions = self.company.questions()
        if not questions:
            return
        question = data.draw(st.sampled_from(questions))
        if answer is ApprovalState.REVISE and question.subject == question.campaign:
            return
        self.company.clock.left = kill if kill < 8 else None
        self.done(lambda: self.answer(question, answer))

    def answer(self, question: Approval, answer: ApprovalState) -> None:
        store, clock = self.company.store, self.company.clock
        note = f"Other words, for {question.id}" if answer is ApprovalState.REVISE else ""
        try:
            decide(store, clock, question.id, answer, by="ada", note=note)
        except Conflict:
            return
        finally:
            if store.approvals.get(question.id).state is ApprovalState.REJECTED:
                self.note_refusal(question)

    def note_refusal(self, question: Approval) -> None:
        if question.subject.startswith("pub_"):
            row = self.company.store.publications.get(question.subject)
            self.refused.add((row.artefact, row.target))
        else:
            self.refused.add((question.subject.partition("@")[0], ""))

    @precondition(lambda self: self.company.campaign().status in OPEN)
    @rule(emails=TEXTS, page=TEXTS, status=st.sampled_from([ArtefactStatus.APPROVED, ArtefactStatus.ESCALATED]))
    def campaign_runs(self, emails: int, page: int, status: ArtefactStatus) -> None:
        """Approved work is kept, what was sent back is made anew, perhaps with the words that were there."""

        def run() -> None:
            for skill, text in ((EMAILS, emails), (PAGE, page)):
                head = self.company.store.artefacts.head(self.company.key, skill)
                if head is None or head.status is not ArtefactStatus.APPROVED:
                    self.company.make(skill, text, status)
            self.company.run()

        self.done(run)

    @rule(skill=st.sampled_from([EMAILS, PAGE]), text=TEXTS)
    def person_edits(self, skill: str, text: int) -> None:
        def edit() -> None:
            self.company.make(skill, text, ArtefactStatus.APPROVED)
            self.company.store.campaigns.reopen(self.company.key, self.company.clock.now())

        self.done(edit)

    @rule()
    def person_retries(self) -> None:
        for row in self.company.rows():
            if row.state is State.FAILED:
                retry(self.company.store, self.company.clock, row.id, by="ada")
                self.settled = False

    @precondition(lambda self: self.test is None)
    @rule()
    def test_of_the_page_begins(self) -> None:
        """Of another campaign; nothing of it needs to be out there for the page to be its."""
        begun = values.experiment(
            f"exp_{self.company.tenant}_{next(self.numbers)}", tenant=self.company.tenant, subject=PATH,
            campaign=f"{self.company.tenant}:other",
        )  # fmt: skip
        self.test = self.company.store.experiments.add(begun).id
        self.settled = False

    @precondition(lambda self: self.test is not None)
    @rule()
    def test_of_the_page_ends(self) -> None:
        decision = values.decision("control")
        self.company.store.experiments.decide(str(self.test), decision, ExperimentState.INCONCLUSIVE)
        self.test = None
        self.settled = False

    # What holds after every rule

    @invariant()
    def no_question_about_what_is_gone(self) -> None:
        for question in self.company.questions():
            if question.subject.startswith("pub_"):
                row = self.company.store.publications.get(question.subject)
                head = self.company.store.artefacts.get(row.artefact)
                assert row.state not in FINAL, f"a question about what is {row.state.value}"
                assert head.version == row.version, "a question about an old version"
                assert head.status is not ArtefactStatus.REJECTED, "a question about what was rejected"
                assert (row.artefact, row.target) not in self.refused, "asked again after a no for good"
            elif "@" in question.subject:
                head = self.company.store.artefacts.get(question.subject.partition("@")[0])
                assert artefact_subject(head) == question.subject, "a question about an old version"
                assert head.status is ArtefactStatus.ESCALATED
                assert (head.id, "") not in self.refused, "asked again after a no for good"

    @invariant()
    def held_work_names_what_it_waits_for(self) -> None:
        for row in self.company.rows():
            if row.state is State.HELD:
                assert row.held_by
                free = row.held_by != self.test
                assert not (self.settled and free and self.company.campaign().status not in OPEN), "held for nothing"

    @invariant()
    def status_agrees_with_its_parts(self) -> None:
        status = self.company.campaign().status
        if not self.settled or status in OPEN or self.company.due():
            return
        states = {row.state for row in self.company.rows()}
        questions = self.company.questions()
        if status in (CampaignStatus.WAITING, CampaignStatus.ESCALATED):
            assert questions, "it waits for a person whom nobody asked"
        if status is CampaignStatus.PUBLISHED:
            assert not questions
            assert states <= {*LIVE, State.REJECTED, State.WITHDRAWN}, f"published, with {states}"
            assert not states or states & set(LIVE), "published, with nothing out there"
        if status is CampaignStatus.HELD:
            assert State.HELD in states and not questions

    def teardown(self) -> None:
        """Once everybody is kind and says yes, everything that was not refused is out there, once."""
        if not hasattr(self, "company") or int(self.company.tenant[1:]) % WHOLE:
            return
        company = self.company
        company.vendor.mood = Mood.POLITE
        company.policy(Autonomy.APPROVE)
        if self.test is not None:
            self.test_of_the_page_ends()
        for _ in range(12):
            if company.campaign().status in OPEN:
                for skill in (EMAILS, PAGE):
                    head = company.store.artefacts.head(company.key, skill)
                    if head is None or head.status is not ArtefactStatus.APPROVED:
                        company.make(skill, 9, ArtefactStatus.APPROVED)
                company.run()
            company.time_passes()
            self.person_retries()
            self.tick()
            for question in company.questions():
                self.answer(question, ApprovalState.APPROVED)
            quiet = not company.questions() and not company.due() and company.campaign().status not in OPEN
            if quiet and all(row.state in FINAL for row in company.rows()):
                break
        self.no_question_about_what_is_gone()
        self.status_agrees_with_its_parts()
        company.vendor.watch = lambda row: None
        self.everything_is_told()

    def everything_is_told(self) -> None:
        company = self.company
        status, rows = company.campaign().status, company.rows()
        assert not company.questions(), "asked for ever"
        assert all(row.state in FINAL for row in rows), Counter(row.state.value for row in rows)
        assert status in (CampaignStatus.PUBLISHED, CampaignStatus.FAILED)
        heads = {head.skill: head for head in company.heads()}
        if any(head.status is not ArtefactStatus.APPROVED for head in heads.values()):
            return  # rejected as a whole: its campaign stands still
        wanted = {(heads[EMAILS].id, f"list/spring/{n}") for n in (1, 2)} | {(heads[PAGE].id, PATH)}
        out = {target for _, target, _ in company.vendor.public}
        lost = {target for artefact, target in wanted - self.refused if target not in out}
        assert not lost, f"never went out, and nobody was told: {lost}"


@pytest.fixture(scope="module")
def shared_store() -> Iterator[Path]:
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    file = folder / "store.db"
    with open_store(file) as store:
        store.migrate()
    yield file
    shutil.rmtree(folder)


def test_any_sequence_of_events_keeps_its_promises(shared_store: Path) -> None:
    Sequences.file, Sequences.catalog = shared_store, Catalog.load()
    Sequences.shared = open_store(shared_store)
    run_state_machine_as_test(
        Sequences,
        settings=settings(
            max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    Sequences.shared.close()
