"""The outbox: the one door through which anything is written to the world.

Intent row, `next_step`, look-up, write, receipt. Each step is recorded before the next begins, so a process that dies
anywhere leaves a row from which the next delivery goes on; the look-up by the publication's own key keeps it from
writing twice. A publication's id is its key: the comment in a page's source names the row it came from. What may
follow what is in lifecycle.py, and nowhere else.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from traceback import format_exception
from typing import Final

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import BadInput, Conflict, Paused, ToolError, WaitsForPerson
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.ids import PublicationId, derived
from marketeer_dagster.model.pausing import refuse_paused
from marketeer_dagster.model.publication import Publication, PublicationState, Receipt
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.publishing import policy
from marketeer_dagster.publishing.exclusive import Exclusive, exclusive_in
from marketeer_dagster.publishing.lifecycle import ENDINGS, FINAL, MOVES, Event, Step
from marketeer_dagster.publishing.protocols import Draft, Publisher, Trial
from marketeer_dagster.publishing.questions import ask_release, close_questions
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.publishing.retrying import WALL, ask_to_mend, next_try
from marketeer_dagster.publishing.standing import Standing, in_order, is_due, puts_a_winner, standing_of, was_begun
from marketeer_dagster.store import Store

_log = logging.getLogger(__name__)
_FAULTS: Final = 3
"""Attempts after which a fault of ours, which no tool explains, is a person's."""
_OPEN: Final = MOVES[Event.REFUSE][0]


@dataclass(frozen=True)
class Delivery:
    """What became of one publication that was due. `error` is a tool's passing failure: it stays due.

    A fault of ours is told by the publication alone, in its `error`.
    """

    publication: Publication
    error: ToolError | None = None


class Outbox:
    """One tenant's outbox: `publishers` are its connected channels by tool."""

    def __init__(
        self, store: Store, publishers: Mapping[str, Publisher], clock: Clock, *, exclusive: Exclusive | None = None
    ) -> None:
        """`exclusive` holds a target for one writer at a time; by default among all that use the store."""
        self._store, self._publishers, self._clock = store, publishers, clock
        self._exclusive = exclusive or exclusive_in(store)

    def intend(
        self, tenant: Tenant, artefact: Artefact, experiment: Experiment | None = None, *, held_by: str = ""
    ) -> tuple[Publication, ...]:
        """Record what shall be published of an approved artefact, in every connected channel that takes its kind.

        With a running experiment, the page holds its arms, the control and `artefact`; with an ended one, `artefact`
        (the winner) alone takes the page back. `held_by` (an experiment or a question) keeps it until an intent without
        it. Repeating an intent returns the rows that are there, whatever became of them, except that a version which
        was sent back and came back is intended anew. What a person refused for good in the same place is refused here
        too. Under the policy `approve` a question waits in the inbox. Nothing is sent. Raises Conflict for an artefact
        that is not approved or not what the experiment tests, BadInput for one that cannot be published.
        """
        stored = self._store.artefacts.get(artefact.id, artefact.version)
        if stored.status is not ArtefactStatus.APPROVED:
            raise Conflict(
                f"{stored.skill} version {stored.version} is {stored.status.value} and must not be published",
                hint="only approved versions are published: marketeer inbox",
            )
        trial = self._trial(experiment, stored) if experiment else None
        intents = [
            self._intent(tenant, stored, trial, publisher, draft, held_by)
            for publisher in self._accepting(tenant, stored.kind)
            for draft in publisher.prepare(tenant, stored, trial)
        ]
        return tuple(self._record(intent, held_by) for intent in intents)

    def deliver(self, publication_id: str) -> Publication:
        """Bring one publication as far as it may go: published, a draft, held, failed, or to its end without a write.

        Safe to repeat after any crash. Raises WaitsForPerson when nobody has approved it yet; Paused while the
        tenant is; ToolError when the tool may work later (the publication stays in `writing`); what the tool refuses
        for good ends in `failed`.
        """
        publication = self._store.publications.get(publication_id)
        with self._exclusive(f"{publication.tenant}/{publication.tool}/{publication.target}"):
            return self._deliver(self._store.publications.get(publication_id))

    def deliver_due(self, tenant: str) -> tuple[Delivery, ...]:
        """Deliver everything of this tenant that may go on now, in order of intent; one's failure stops no other.

        What went wrong before waits for its time; `deliver` goes at once.
        """
        delivered: list[Delivery] = []
        reading, now = Reading(self._store), WALL.now()
        rows = [row for row in self._store.publications.list(tenant=tenant) if row.tool in self._publishers]
        for publication in [row for row in rows if is_due(self._store, row, now, reading)]:
            try:
                delivered.append(Delivery(self.deliver(publication.id)))
            except (WaitsForPerson, Paused):
                continue
            except ToolError as error:
                delivered.append(Delivery(self._store.publications.get(publication.id), error))
            except Exception as fault:  # unforeseen; never a kill, an interrupt or a cancellation
                delivered.append(Delivery(self._note_fault(publication, fault)))
        return tuple(delivered)

    def _note_fault(self, before: Publication, fault: Exception) -> Publication:
        """Keep it for a later try, with the fault noted; after `_FAULTS` attempts it fails, and a person is asked."""
        _log.error("publication %s: %s", before.id, redact("".join(format_exception(fault))))
        with self._exclusive(f"{before.tenant}/{before.tool}/{before.target}"):
            row = self._store.publications.get(before.id)
            if row.state not in _OPEN:
                return row  # settled before the fault, or by somebody else since
            attempts = max(row.attempts, before.attempts + 1)  # counted already where the tool was asked
            error = redact(f"{type(fault).__name__}: {fault}")
            said: dict[str, object] = {"attempts": attempts, "error": error, "failure": None}
            said["retry_at"] = next_try(attempts)
            if attempts < _FAULTS:
                return self._note(row, **said)
            ask_to_mend(self._store, self._clock, row.model_copy(update=said))
            return self._move(row, Event.REFUSE, **said)

    def _accepting(self, tenant: Tenant, kind: str) -> list[Publisher]:
        return [self._own(tenant.id, tool) for tool in sorted(self._publishers) if self._publishers[tool].accepts(kind)]

    def _own(self, tenant: str, tool: str) -> Publisher:
        """The tenant's publisher for `tool`; never another tenant's."""
        publisher = self._publishers.get(tool)
        if publisher is None:
            hint = f"marketeer connect {tool} --tenant {tenant}"
            raise BadInput(f"{tool} is not connected for tenant {tenant}", hint=hint)
        if publisher.tenant != tenant:
            raise BadInput(f"the {tool} connection of {publisher.tenant} must not be used for {tenant}")
        return publisher

    def _trial(self, experiment: Experiment, artefact: Artefact) -> Trial:
        """Raises Conflict where a running test would show something else beside the control than `artefact`."""
        arms = tuple(self._store.artefacts.get(v.artefact, v.version) for v in experiment.variants)
        trial = Trial(experiment=experiment, arms=arms)
        if trial.running and not experiment.tests(artefact.id, artefact.version):
            tested = ", ".join(f"{arm.skill} version {arm.version}" for arm in arms[1:])
            raise Conflict(
                f"{experiment.id} tests {tested}, not version {artefact.version} of {artefact.skill}",
                hint=f"wait until the test of {experiment.subject} is decided",
            )
        return trial

    def _intent(
        self, tenant: Tenant, artefact: Artefact, trial: Trial | None, publisher: Publisher, draft: Draft, held_by: str
    ) -> Publication:
        stage = "" if trial is None else f"{trial.experiment.id}/{'running' if trial.running else 'ended'}"
        names = (publisher.tool, draft.kind, draft.target, artefact.id, str(artefact.version), stage)
        now = self._clock.now()
        id = self._free_id(tenant, draft, publisher.tool, *names)
        return Publication(
            id=id,
            tenant=tenant.id,
            campaign=artefact.campaign,
            artefact=artefact.id,
            version=artefact.version,
            skill=artefact.skill,
            tool=publisher.tool,
            kind=draft.kind,
            target=draft.target,
            idempotency_key=id,
            payload=draft.payload,
            state=PublicationState.HELD if held_by else policy.initial_state(tenant, publisher.tool),
            held_by=held_by,
            experiment=trial.experiment.id if trial else None,
            simulated=publisher.simulated,
            created_at=now,
            updated_at=now,
        )

    def _free_id(self, tenant: Tenant, draft: Draft, tool: str, *names: str) -> PublicationId:
        """The id of this intent: a new one where the version was withdrawn, and now comes back as it was."""
        there = self._store.publications.list(tenant=tenant.id, tool=tool, target=draft.target)
        withdrawn = {row.id for row in there if row.state is PublicationState.WITHDRAWN}
        take, id = 0, PublicationId(derived("pub", tenant.id, *names))
        while id in withdrawn:
            take += 1
            id = PublicationId(derived("pub", tenant.id, *names, f"take {take}"))
        return id

    def _record(self, intent: Publication, held_by: str) -> Publication:
        row = self._store.publications.intend(intent)
        crash_point("after_intent")
        for other in self._neighbours(row)[0]:
            same = (other.artefact, other.version) == (row.artefact, row.version)
            if same and other.state is PublicationState.HELD and not held_by:
                self._end(other, Event.WITHDRAW, f"it goes on as {row.id}")
        if row.state not in (PublicationState.PENDING, PublicationState.APPROVED, PublicationState.HELD):
            return row
        standing = standing_of(self._store, row, let_go=not held_by)
        if held_by and standing.step not in ENDINGS:
            return self._hold(row, held_by)
        return self._place(standing)

    def _place(self, standing: Standing) -> Publication:
        """What follows without asking the tool: its end, a hold, a question, or that it may go out."""
        row, step = standing.publication, standing.step
        if step in ENDINGS:
            return self._end(row, ENDINGS[step], standing.why, standing.refused_by)
        if step is Step.HOLD:
            return self._hold(row, standing.held_by or row.held_by)
        if step is Step.ASK:
            return self._ask(standing)
        if row.state in MOVES[Event.RELEASE][0] and step in (Step.SEND, Step.DRAFT):
            close_questions(self._store, self._clock, row, "it needs nobody's word now")
            return self._move(row, Event.RELEASE, held_by="", after=_after(row))
        return row

    def _ask(self, standing: Standing) -> Publication:
        row = standing.publication
        if row.state in MOVES[Event.ASK][0]:
            row = self._move(row, Event.ASK, held_by="", after=_after(row))
        ask_release(self._store, self._clock, standing, self._store.artefacts.get(row.artefact, row.version))
        return row

    def _hold(self, row: Publication, held_by: str) -> Publication:
        close_questions(self._store, self._clock, row, f"it waits for {held_by}; you are asked when it can go on")
        if row.state is not PublicationState.HELD:
            return self._move(row, Event.HOLD, held_by=held_by)
        return row if row.held_by == held_by else self._note(row, held_by=held_by, after=_after(row))

    def _end(self, row: Publication, event: Event, why: str, refused_by: str = "") -> Publication:
        """The row without a write; a person's no is kept with it, for whatever comes after it in the same place."""
        ended = self._move(row, event, error=why, refused_by=refused_by)
        close_questions(self._store, self._clock, ended, why or f"it is {ended.state.value}")
        return ended

    def _deliver(self, row: Publication) -> Publication:
        if row.state is PublicationState.PUBLISHED:
            self._retire_older(row)  # a crash may have come between the receipt and this
        if row.state in FINAL:
            return row
        if not policy.takes_the_place(row.kind) and (refused := self._learn_of_earlier(row)) is not None:
            return refused
        standing = standing_of(self._store, row)
        if standing.step not in (Step.SEND, Step.DRAFT, Step.NOTHING) and was_begun(row):
            row = self._look_up(row)
            if row.state in FINAL:
                return row
        row = self._place(standing)
        if standing.step is Step.ASK:
            question = standing_of(self._store, row).question
            raise WaitsForPerson(standing.why, hint=f"marketeer approve {question.id}" if question else None)
        if standing.step is Step.WAIT:
            raise WaitsForPerson(f"{row.tool} {row.target}: {standing.why}", hint="marketeer inbox")
        if standing.step not in (Step.SEND, Step.DRAFT):
            return row
        refuse_paused(self._store.tenants.get(row.tenant))
        return self._send(row, public=standing.step is Step.SEND)

    def _look_up(self, row: Publication) -> Publication:
        """Learn whether a begun write arrived that is not to be made again; what is not public there stays as it is.

        Raises ToolError: until the tool answers, nobody knows.
        """
        try:
            receipt = self._own(row.tenant, row.tool).find(row)
        except ToolError as error:
            self._note(row, error=str(error), failure=error.kind, retry_at=next_try(row.attempts, error.retry_after_s))
            raise
        return self._receipt(row, receipt) if receipt is not None and receipt.public else row

    def _send(self, row: Publication, *, public: bool) -> Publication:
        publisher = self._own(row.tenant, row.tool)
        attempts = row.attempts + 1
        # Written before the tool is asked: whatever ends this process, the next try waits for its time.
        begun: dict[str, object] = {"attempts": attempts, "retry_at": next_try(attempts)}
        try:
            row = self._store.publications.begin(
                row.id, MOVES[Event.BEGIN][0], at=self._clock.now(), of_head=not puts_a_winner(row), **begun
            )
        except Conflict:  # a person decided, or another version came, in this very moment
            return self._deliver(self._store.publications.get(row.id))
        crash_point("before_lookup")
        try:
            receipt = publisher.find(row)
            if receipt is None or (public and not receipt.public):
                crash_point("before_write")
                receipt = publisher.write(row, public=public)
                crash_point("after_write")
        except ToolError as error:
            said: dict[str, object] = {"error": str(error), "failure": error.kind}
            if not error.permanent:
                said["retry_at"] = next_try(attempts, error.retry_after_s)
                self._note(row, **said)
                raise
            return self._refused(row, said)
        except Exception as error:  # a fault of ours: told where the publication is looked at, and tried again later
            self._note(row, error=f"{type(error).__name__}: {error}", failure=None)
            raise
        return self._receipt(row, receipt)

    def _refused(self, row: Publication, said: dict[str, object]) -> Publication:
        # The question first: after a crash in between it is tried once more, and asked about anew.
        ask_to_mend(self._store, self._clock, row.model_copy(update=said))
        return self._move(row, Event.REFUSE, **said)

    def _receipt(self, row: Publication, receipt: Receipt) -> Publication:
        crash_point("before_receipt")
        fields: dict[str, object] = {"external_id": receipt.external_id, "url": receipt.url}
        fields |= {"error": "", "failure": None, "retry_at": None, "held_by": ""}
        row = self._move(row, Event.ARRIVE if receipt.public else Event.KEEP, **fields)
        close_questions(self._store, self._clock, row, "it was published" if receipt.public else "it is a draft there")
        crash_point("after_receipt")
        self._retire_older(row)
        return row

    def _learn_of_earlier(self, row: Publication) -> Publication | None:
        """Whether an earlier version, begun and interrupted, has gone out: an email must not follow it unknowing.

        Where the tool refuses to tell for good, `row` itself is refused and a person asked; then returns it.
        """
        try:
            for other in self._neighbours(row)[0]:
                if was_begun(other):
                    self._deliver(other)
        except ToolError as error:
            if not error.permanent or row.state not in (PublicationState.APPROVED, PublicationState.WRITING):
                raise
            attempts = row.attempts + 1
            return self._refused(row, {"error": str(error), "failure": error.kind, "attempts": attempts})
        return None

    def _retire_older(self, row: Publication) -> None:
        """What stood or waited at the same target before this publication."""
        may = set(MOVES[Event.SUPERSEDE][0])
        if row.state is not PublicationState.PUBLISHED or not policy.takes_the_place(row.kind):
            may -= {PublicationState.PUBLISHED}
        for other in self._neighbours(row)[0]:
            if other.state in may:
                retired = self._move(other, Event.SUPERSEDE, error="")
                close_questions(self._store, self._clock, retired, f"{row.id} stands in its place")

    def _neighbours(self, row: Publication) -> tuple[list[Publication], list[Publication]]:
        """Publications of the same target that come before and after this one."""
        there = self._store.publications.list(tenant=row.tenant, tool=row.tool, target=row.target)
        return in_order(row, there)

    def _note(self, row: Publication, **fields: object) -> Publication:
        return self._store.publications.transition(row.id, {row.state}, row.state, at=self._clock.now(), **fields)

    def _move(self, row: Publication, event: Event, **fields: object) -> Publication:
        allowed, to = MOVES[event]
        return self._store.publications.transition(row.id, allowed, to, at=self._clock.now(), **fields)


def _after(row: Publication) -> tuple[str, ...]:
    """The tests that a held row has waited for, with the one it waits for now."""
    return tuple(dict.fromkeys((*row.after, row.held_by))) if row.held_by.startswith("exp_") else row.after
