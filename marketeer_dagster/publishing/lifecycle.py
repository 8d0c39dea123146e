"""What becomes of a publication: its states, the events between them, and the one rule that says what comes next.

Approval, version, publication and experiment each have states of their own; what may happen to a publication follows
from all four together. `next_step` is that rule, pure, over the `Facts` of one publication; `MOVES` are the only ways
from state to state. The outbox, the inbox, the sensors and a campaign's status all ask here, so that none of them can
hold another opinion. Drawn in docs/approvals.md, which a test holds against these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.publication import PublicationState as State
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy

FINAL: Final = frozenset({State.PUBLISHED, State.REJECTED, State.WITHDRAWN, State.SUPERSEDED})
UNPUBLISHED: Final = frozenset({*State} - FINAL)


class Event(StrEnum):
    """What moves a publication from one state to another."""

    ASK = "ask"
    """The policy wants a person's word first."""
    RELEASE = "release"
    """A person said yes, or the policy asks nobody."""
    HOLD = "hold"
    """Its page is under test, or its test cannot be measured yet."""
    BEGIN = "begin"
    """The tool is about to be asked."""
    KEEP = "keep"
    """The tool has it, and it is not public."""
    ARRIVE = "arrive"
    """It is public: written now, or found where an interrupted write had put it."""
    REFUSE = "refuse"
    """The tool will not take it as it is."""
    RETRY = "retry"
    """A person, or a new connection, has it tried again."""
    REJECT = "reject"
    """A person's no, or an email that has gone out already: never again."""
    WITHDRAW = "withdraw"
    """Its version was sent back or replaced, or its test ended, before it went out."""
    SUPERSEDE = "supersede"
    """A newer publication stands in its place."""


MOVES: Final[Mapping[Event, tuple[frozenset[State], State]]] = {
    Event.ASK: (frozenset({State.APPROVED, State.WRITING, State.HELD}), State.PENDING),
    Event.RELEASE: (frozenset({State.PENDING, State.HELD}), State.APPROVED),
    Event.HOLD: (frozenset({State.PENDING, State.APPROVED, State.WRITING, State.DRAFT}), State.HELD),
    Event.BEGIN: (frozenset({State.APPROVED, State.WRITING, State.DRAFT}), State.WRITING),
    Event.KEEP: (frozenset({State.WRITING}), State.DRAFT),
    Event.ARRIVE: (UNPUBLISHED, State.PUBLISHED),
    Event.REFUSE: (frozenset({State.PENDING, State.APPROVED, State.WRITING, State.DRAFT}), State.FAILED),
    Event.RETRY: (frozenset({State.FAILED}), State.APPROVED),
    Event.REJECT: (UNPUBLISHED, State.REJECTED),
    Event.WITHDRAW: (UNPUBLISHED, State.WITHDRAWN),
    Event.SUPERSEDE: (UNPUBLISHED | {State.PUBLISHED}, State.SUPERSEDED),
}
"""From which states an event may move a publication, and to which. Anything else is a Conflict."""

ANSWERS: Final[Mapping[ApprovalState, frozenset[ApprovalState]]] = {
    ApprovalState.PENDING: frozenset({*ApprovalState} - {ApprovalState.PENDING}),
}
"""What a question may become: it is answered once, or closed because what it asked about is gone."""
ENDS: Final[Mapping[ExperimentState, frozenset[ExperimentState]]] = {
    ExperimentState.RUNNING: frozenset({*ExperimentState} - {ExperimentState.RUNNING}),
}
"""How a test ends: once. STOPPED also where its challenger was rejected before anybody saw it."""


class Place(StrEnum):
    """What is at the target already."""

    FREE = "free"
    SENT = "sent"
    """This email, of whatever version, has gone out."""
    NEWER = "newer"
    """A page that was intended later stands there."""


class Step(StrEnum):
    """What comes next for a publication."""

    NOTHING = "nothing"
    """It is done, or a person must mend what the tool refused."""
    WAIT = "wait"
    """A person is asked about its version."""
    ASK = "ask"
    HOLD = "hold"
    SEND = "send"
    DRAFT = "draft"
    """Write it, without making it public."""
    REJECT = "reject"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


ENDINGS: Final[Mapping[Step, Event]] = {
    Step.REJECT: Event.REJECT,
    Step.WITHDRAW: Event.WITHDRAW,
    Step.SUPERSEDE: Event.SUPERSEDE,
}
"""Steps after which nothing of it goes out."""


@dataclass(frozen=True)
class Facts:
    """All that decides about one publication."""

    state: State
    version: ArtefactStatus
    """Of the very version it holds."""
    current: bool
    """Whether that version is its artefact's present one; what a test's end puts in place need not be."""
    autonomy: Autonomy
    answer: ApprovalState | None = None
    """The newest question about this publication; None when none stands. A closed one is no answer."""
    refused: bool = False
    """Whether a person said no for good to it, or to an earlier version of it in the same place."""
    place: Place = Place.FREE
    held: bool = False
    """Whether a test, or a question about one, keeps its page."""
    test_over: bool = False
    """Whether it holds the arms of a test that has ended, or that has another challenger now."""
    let_go: bool = False
    """Whether its campaign has looked again at what was held, and found it free."""


def next_step(facts: Facts) -> Step:
    """What comes next. Read from top to bottom: the first line that fits decides."""
    if facts.state in FINAL:
        return Step.NOTHING
    if facts.place is Place.SENT:
        return Step.REJECT
    if facts.place is Place.NEWER:
        return Step.SUPERSEDE
    if facts.refused or ApprovalState.REJECTED is facts.answer or facts.version is ArtefactStatus.REJECTED:
        return Step.REJECT
    if not facts.current or facts.test_over or facts.version is ArtefactStatus.DRAFT:
        return Step.WITHDRAW
    if facts.answer is ApprovalState.REVISE:
        return Step.WITHDRAW
    if facts.version is not ArtefactStatus.APPROVED:
        return Step.WAIT
    if facts.state is State.FAILED:
        return Step.NOTHING
    if facts.held or (facts.state is State.HELD and not facts.let_go):
        return Step.HOLD
    if facts.autonomy is Autonomy.DRAFT_ONLY:
        return Step.NOTHING if facts.state is State.DRAFT else Step.DRAFT
    if facts.autonomy is Autonomy.APPROVE and facts.answer is not ApprovalState.APPROVED:
        return Step.ASK
    return Step.SEND
