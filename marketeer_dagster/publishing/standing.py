"""How a publication stands: the facts that decide about it, gathered from the store, and what follows, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.model.experiment import Experiment, ExperimentState
from marketeer_dagster.model.pages import page_of
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.publishing.lifecycle import ENDINGS, FINAL, Facts, Place, Step, next_step
from marketeer_dagster.publishing.pages import PAGE_VARIANT
from marketeer_dagster.publishing.policy import takes_the_place
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.store import Store

QUESTION: Final = "apr_"
"""Beginning of what holds a publication where a person must act before its test can begin."""


@dataclass(frozen=True)
class Standing:
    """One publication with the facts about it, the step that follows, and why."""

    publication: Publication
    facts: Facts
    step: Step
    why: str
    held_by: str
    question: Approval | None
    """The newest question whether it may go out, open or answered."""
    refused_by: str
    """The person whose no for good it follows, where that is what ends it."""


def standing_of(store: Store, row: Publication, *, let_go: bool = False, reading: Reading | None = None) -> Standing:
    """How `row` stands now. `let_go` says that its campaign has just looked whether what held it is over.

    Who looks at several at once hands in a `reading` that they share.
    """
    with store.snapshot():
        return _standing_of(reading or Reading(store), row, let_go)


def _standing_of(reading: Reading, row: Publication, let_go: bool) -> Standing:
    store = reading.store
    head, version, there = reading.head(row), reading.version(row), reading.there(row)
    tests = reading.tests(row.tenant) if takes_the_place(row.kind) else ()
    own = next((test for test in tests if test.id == row.experiment), None)
    question = _release_question(reading.asked(row))
    place, occupant = _place(row, there)
    refusal = _refusal(row, there)
    held_by = _held_by(store, row, tests, there)
    given_up = held_by.startswith(QUESTION) and store.approvals.get(held_by).state is ApprovalState.REJECTED
    facts = Facts(
        state=row.state,
        version=version.status,
        current=puts_a_winner(row) or head.version == row.version,
        autonomy=reading.tenant(row.tenant).autonomy_for(row.tool),
        answer=question.state if question else None,
        refused=refusal is not None or given_up,
        place=place,
        held=bool(held_by) and not given_up,
        test_over=row.kind == PAGE_VARIANT and own is not None and not _still_tests(own, row),
        let_go=let_go,
    )
    step = next_step(facts)
    why = _why(step, row, facts, head, occupant, refusal, question, held_by)
    return Standing(row, facts, step, why, held_by, question, _refused_by(store, facts, question, refusal, held_by))


def _release_question(asked: Sequence[Approval]) -> Approval | None:
    """The newest question whether a publication may go out that was not closed."""
    ours = [a for a in asked if a.reason is ApprovalReason.APPROVAL_REQUIRED and a.state is not ApprovalState.CLOSED]
    return ours[-1] if ours else None


def is_due(store: Store, row: Publication, now: datetime, reading: Reading | None = None) -> bool:
    """Whether something happens when `row` is delivered at `now`, on the clock on the wall."""
    if row.state in FINAL or (row.retry_at is not None and row.retry_at > now and row.error):
        return False
    standing = standing_of(store, row, reading=reading)
    if standing.step is Step.ASK:
        return standing.question is None or row.state not in (PublicationState.PENDING, PublicationState.DRAFT)
    if standing.step is Step.HOLD:
        return row.state is not PublicationState.HELD or standing.held_by not in ("", row.held_by)
    return standing.step not in (Step.NOTHING, Step.WAIT)


def is_free(store: Store, row: Publication, reading: Reading | None = None) -> bool:
    """Whether what held `row` is over: its campaign looks again, and it goes on.

    Also where a test of its own campaign has nothing out there and nothing on its way: `row` may take part in it.
    """
    if row.state is not PublicationState.HELD:
        return False
    held_by = standing_of(store, row, reading=reading).held_by
    parts = [p for p in store.publications.list(campaign=row.campaign) if held_by and p.experiment == held_by]
    return not held_by or (bool(parts) and all(p.state in FINAL and p.published_at is None for p in parts))


def puts_a_winner(row: Publication) -> bool:
    """Whether it gives a page back after a test: to a version that need not be its artefact's present one."""
    return bool(row.experiment) and row.kind != PAGE_VARIANT


def in_order(row: Publication, there: Sequence[Publication]) -> tuple[list[Publication], list[Publication]]:
    """Publications of the same target before and after `row`: by intent, but what was held comes after its test."""
    at = [other.id for other in there].index(row.id)
    earlier: list[Publication] = []
    later: list[Publication] = []
    for number, other in enumerate(there):
        if other.id == row.id:
            continue
        before = number < at
        if other.experiment and other.experiment in (*row.after, row.held_by):
            before = True
        elif row.experiment and row.experiment in (*other.after, other.held_by):
            before = False
        (earlier if before else later).append(other)
    return earlier, later


def was_begun(row: Publication) -> bool:
    """Whether the tool may have made it public, although no receipt says so."""
    return row.attempts > 0 and row.state not in FINAL and row.state is not PublicationState.DRAFT


def occupies(store: Store, test: Experiment, there: Sequence[Publication]) -> bool:
    """Whether a test keeps its page: while it runs, and until its end has been put in place (or cannot be)."""
    if test.state is ExperimentState.RUNNING:
        return True
    parts = [row for row in there if row.experiment == test.id]
    shown = any(row.kind == PAGE_VARIANT and row.published_at for row in parts)
    if test.decision is None or not shown or any(row.kind != PAGE_VARIANT for row in parts):
        return False
    winner = next(arm for arm in test.variants if arm.name == test.decision.winner)
    return store.artefacts.get(winner.artefact, winner.version).status is ArtefactStatus.APPROVED


def _refused_by(
    store: Store, facts: Facts, question: Approval | None, refusal: Publication | None, held_by: str
) -> str:
    if facts.place is not Place.FREE:
        return ""
    if refusal is not None:
        return refusal.refused_by
    if question is not None and question.state is ApprovalState.REJECTED:
        return question.decided_by
    return store.approvals.get(held_by).decided_by if facts.refused else ""


def _still_tests(test: Experiment, row: Publication) -> bool:
    return test.state is ExperimentState.RUNNING and test.tests(row.artefact, row.version)


def _place(row: Publication, there: Sequence[Publication]) -> tuple[Place, Publication | None]:
    earlier, later = in_order(row, there)
    if takes_the_place(row.kind):
        newer = [other for other in later if other.state is PublicationState.PUBLISHED]
        return (Place.NEWER, newer[-1]) if newer else (Place.FREE, None)
    sent = [other for other in (*earlier, *later) if other.state is PublicationState.PUBLISHED]
    return (Place.SENT, sent[0]) if sent else (Place.FREE, None)


def _refusal(row: Publication, there: Sequence[Publication]) -> Publication | None:
    """What a person refused for good in this place: this very publication, or the same work in another version."""
    same = (other for other in there if other.artefact == row.artefact and other.refused_by)
    return next(same, None)


def _held_by(store: Store, row: Publication, tests: Sequence[Experiment], there: Sequence[Publication]) -> str:
    page = page_of(row.target)
    for test in tests:
        if test.id != row.experiment and page_of(test.subject) == page and occupies(store, test, there):
            return test.id
    if row.state is not PublicationState.HELD or not row.held_by:
        return ""
    if row.held_by.startswith(QUESTION):
        asked = store.approvals.get(row.held_by).state
        return row.held_by if asked in (ApprovalState.PENDING, ApprovalState.REJECTED) else ""
    running = any(t.id == row.held_by and t.state is ExperimentState.RUNNING for t in tests)
    return row.held_by if running else ""


def _why(
    step: Step,
    row: Publication,
    facts: Facts,
    head: Artefact,
    occupant: Publication | None,
    refusal: Publication | None,
    question: Approval | None,
    held_by: str,
) -> str:
    mine = f"{row.skill} version {row.version}"
    if step is Step.HOLD:
        return waiting_words(row.target, held_by or row.held_by)
    if step is Step.WAIT:
        return f"{mine} is {facts.version.value}"
    if step is Step.ASK:
        return f"{row.tool} {row.target} of {row.campaign} waits for approval"
    if step not in ENDINGS:
        return ""
    if occupant is not None:
        if facts.place is Place.SENT:
            return f"sent already as {occupant.id} (version {occupant.version}); no email goes out twice"
        return f"{occupant.id} (version {occupant.version}) stands in its place"
    if refusal is not None:
        return f"rejected for good by {refusal.refused_by} (as {refusal.id}, version {refusal.version})"
    if question is not None and question.state in (ApprovalState.REJECTED, ApprovalState.REVISE):
        word = "rejected" if question.state is ApprovalState.REJECTED else "sent back"
        return f"{word} by {question.decided_by}: {question.note}".rstrip(": ")
    if not facts.current:
        return f"{mine} is not the present version any more, {head.version} is"
    if facts.test_over:
        return "its test ended, or has another challenger, before it was shown"
    if facts.version is ArtefactStatus.DRAFT:
        return f"{mine} was sent back"
    return f"{mine} is {facts.version.value}" if facts.version is ArtefactStatus.REJECTED else "left as it was"


def waiting_words(target: str, held_by: str) -> str:
    """What a held publication waits for, for people."""
    if held_by.startswith(QUESTION):
        return f"the test of {target} cannot be measured until {held_by} is answered"
    return f"{target} is under test until {held_by} is decided"


def waits_for(store: Store, row: Publication) -> str:
    """What an open publication waits for, for people; empty when nothing keeps it, or it has come to its end."""
    if row.state in FINAL:
        return ""
    if row.state is PublicationState.HELD:
        return waiting_words(row.target, row.held_by)
    if row.state is PublicationState.FAILED:
        return "a person: the tool refused it"
    try:
        standing = standing_of(store, row)
    except NotFound:
        return ""  # its version is not in this store
    if standing.step is Step.ASK and standing.question is not None:
        return f"a person: {standing.question.id}"
    if standing.step is Step.WAIT:
        return f"a person: {standing.why}"
    if row.retry_at is not None and row.error:
        return f"the tool, until {row.retry_at:%Y-%m-%d %H:%M} UTC"
    return ""
