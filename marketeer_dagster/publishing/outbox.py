"""The outbox: the one door through which anything is written to the world.

Intent row, policy, look-up, write, receipt. Each step is recorded before the next begins, so a process that dies
anywhere leaves a row from which the next delivery goes on; the look-up by the publication's own key keeps it from
writing twice. A publication's id is its key: the comment in a page's source names the row it came from.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from traceback import format_exception

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.crashpoints import crash_point
from marketeer_dagster.model.errors import BadInput, Conflict, ToolError, WaitsForPerson
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.ids import ApprovalId, PublicationId, derived
from marketeer_dagster.model.publication import Publication, PublicationState, Receipt
from marketeer_dagster.model.redaction import redact
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.publishing import policy
from marketeer_dagster.publishing.exclusive import Exclusive, exclusive_in
from marketeer_dagster.publishing.protocols import Draft, Publisher, Trial
from marketeer_dagster.publishing.retrying import WALL, ask_to_mend, close_questions, next_try, waits
from marketeer_dagster.store import Store

_log = logging.getLogger(__name__)
_DETAIL_LIMIT = 3900
_FAULTS = 3
"""Attempts after which a fault of ours, which no tool explains, is a person's."""
_STARTABLE = frozenset({PublicationState.APPROVED, PublicationState.WRITING, PublicationState.DRAFT})
_OPEN = _STARTABLE | {PublicationState.PENDING}


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
        self, tenant: Tenant, artefact: Artefact, experiment: Experiment | None = None
    ) -> tuple[Publication, ...]:
        """Record what shall be published of an approved artefact, in every connected channel that takes its kind.

        With a running experiment, the page holds its arms, the control and `artefact`; with an ended one, `artefact`
        (the winner) alone takes the page back. Repeating an intent returns the rows that are there, whatever became of
        them. Under the policy `approve` a question waits in the inbox. Nothing is sent. Raises Conflict for an artefact
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
            self._intent(tenant, stored, trial, publisher, draft)
            for publisher in self._accepting(tenant, stored.kind)
            for draft in publisher.prepare(tenant, stored, trial)
        ]
        return tuple(self._record(intent, stored) for intent in intents)

    def deliver(self, publication_id: str) -> Publication:
        """Bring one publication as far as policy allows: published, a draft, failed, rejected or superseded.

        Safe to repeat after any crash. Raises WaitsForPerson when nobody has approved it yet; ToolError when the tool
        may work later (the publication stays in `writing`); what the tool refuses for good ends in `failed`.
        """
        publication = self._store.publications.get(publication_id)
        with self._exclusive(f"{publication.tenant}/{publication.tool}/{publication.target}"):
            return self._deliver(self._store.publications.get(publication_id))

    def deliver_due(self, tenant: str) -> tuple[Delivery, ...]:
        """Deliver everything of this tenant that may go on now, in order of intent; one's failure stops no other.

        What went wrong before waits for its time; `deliver` goes at once.
        """
        workspace = self._store.tenants.get(tenant)
        delivered: list[Delivery] = []
        for publication in self._store.publications.list(tenant=tenant):
            if publication.tool not in self._publishers or not _due(publication, workspace):
                continue
            try:
                delivered.append(Delivery(self.deliver(publication.id)))
            except WaitsForPerson:
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
                return self._move(row, row.state, {row.state}, **said)
            ask_to_mend(self._store, self._clock, row.model_copy(update=said))
            return self._move(row, PublicationState.FAILED, {row.state}, **said)

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
        self, tenant: Tenant, artefact: Artefact, trial: Trial | None, publisher: Publisher, draft: Draft
    ) -> Publication:
        stage = "" if trial is None else f"{trial.experiment.id}/{'running' if trial.running else 'ended'}"
        names = (publisher.tool, draft.kind, draft.target, artefact.id, str(artefact.version), stage)
        id = PublicationId(derived("pub", tenant.id, *names))
        now = self._clock.now()
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
            state=policy.initial_state(tenant, publisher.tool),
            experiment=trial.experiment.id if trial else None,
            simulated=publisher.simulated,
            created_at=now,
            updated_at=now,
        )

    def _record(self, intent: Publication, artefact: Artefact) -> Publication:
        publication = self._store.publications.intend(intent)
        crash_point("after_intent")
        if publication.state is PublicationState.PENDING:
            self._ask(publication, artefact)
        return publication

    def _deliver(self, publication: Publication) -> Publication:
        if publication.state is PublicationState.PUBLISHED:
            self._retire_older(publication)  # a crash may have come between the receipt and this
        if publication.state in policy.FINAL:
            return publication
        if publication.state is PublicationState.FAILED:
            return publication  # until a person or a new connection has it tried again, see retrying.py
        if (settled := self._overtaken(publication)) is not None:
            return settled
        if publication.state is not PublicationState.WRITING and (held := self._withdrawn(publication)) is not None:
            return held
        tenant = self._store.tenants.get(publication.tenant)
        publication = self._cleared(publication, tenant)
        public = policy.may_be_public(tenant, publication.tool)
        if publication.state is PublicationState.REJECTED or (
            publication.state is PublicationState.DRAFT and not public
        ):
            return publication
        return self._send(publication, public)

    def _send(self, publication: Publication, public: bool) -> Publication:
        publisher = self._own(publication.tenant, publication.tool)
        attempts = publication.attempts + 1
        # Written before the tool is asked: whatever ends this process, the next try waits for its time.
        begun: dict[str, object] = {"attempts": attempts, "retry_at": next_try(attempts)}
        publication = self._move(publication, PublicationState.WRITING, _STARTABLE, **begun)
        crash_point("before_lookup")
        try:
            receipt = publisher.find(publication)
            if receipt is None or (public and not receipt.public):
                crash_point("before_write")
                receipt = publisher.write(publication, public=public)
                crash_point("after_write")
        except ToolError as error:
            said: dict[str, object] = {"error": str(error), "failure": error.kind}
            if not error.permanent:
                said["retry_at"] = next_try(attempts, error.retry_after_s)
                self._move(publication, PublicationState.WRITING, {PublicationState.WRITING}, **said)
                raise
            # The question first: after a crash in between it is tried once more, and asked about anew.
            ask_to_mend(self._store, self._clock, publication.model_copy(update=said))
            return self._move(publication, PublicationState.FAILED, {PublicationState.WRITING}, **said)
        except Exception as error:  # a fault of ours: told where the publication is looked at, and tried again later
            said = {"error": f"{type(error).__name__}: {error}", "failure": None}
            self._move(publication, PublicationState.WRITING, {PublicationState.WRITING}, **said)
            raise
        return self._receipt(publication, receipt)

    def _receipt(self, publication: Publication, receipt: Receipt) -> Publication:
        crash_point("before_receipt")
        to = PublicationState.PUBLISHED if receipt.public else PublicationState.DRAFT
        fields: dict[str, object] = {"external_id": receipt.external_id, "url": receipt.url}
        fields |= {"error": "", "failure": None, "retry_at": None}
        publication = self._move(publication, to, {PublicationState.WRITING}, **fields)
        close_questions(self._store, self._clock, publication, ApprovalState.APPROVED, "outbox", "it was published")
        crash_point("after_receipt")
        self._retire_older(publication)
        return publication

    def _cleared(self, publication: Publication, tenant: Tenant) -> Publication:
        """The publication as a person's answer leaves it; raises WaitsForPerson while there is none."""
        if not policy.needs_person(tenant, publication.tool, publication.state):
            return publication
        artefact = self._store.artefacts.get(publication.artefact, publication.version)
        approval = self._ask(publication, artefact)
        if approval.state is ApprovalState.APPROVED:
            if publication.state is PublicationState.PENDING:
                return self._move(publication, PublicationState.APPROVED, {PublicationState.PENDING})
            return publication
        if approval.state is not ApprovalState.PENDING:
            reason = f"{approval.state.value} by {approval.decided_by}: {approval.note}".rstrip(": ")
            return self._move(publication, PublicationState.REJECTED, policy.UNPUBLISHED, error=reason)
        if publication.state is PublicationState.APPROVED:
            self._move(publication, PublicationState.PENDING, {publication.state})
        raise WaitsForPerson(
            f"{publication.tool} {publication.target} of {publication.campaign} waits for approval",
            hint=f"marketeer approve {approval.id}",
        )

    def _withdrawn(self, publication: Publication) -> Publication | None:
        """The publication, rejected, when a person has rejected its version since it was intended; None if it stands.

        Raises WaitsForPerson while the version is held back or sent back.
        """
        artefact = self._store.artefacts.get(publication.artefact, publication.version)
        if artefact.status is ArtefactStatus.APPROVED:
            return None
        why = f"{artefact.skill} version {artefact.version} is {artefact.status.value}"
        if artefact.status is not ArtefactStatus.REJECTED:
            raise WaitsForPerson(f"{publication.tool} {publication.target}: {why}", hint="marketeer inbox")
        return self._move(publication, PublicationState.REJECTED, policy.UNPUBLISHED, error=why)

    def _ask(self, publication: Publication, artefact: Artefact) -> Approval:
        """The question in the inbox, opened once; with its answer when there is one."""
        what = f"Publish {artefact.title} (version {artefact.version}) in {publication.tool}: {publication.target}"
        return self._store.approvals.open(
            Approval(
                id=ApprovalId(derived("apr", publication.id)),
                tenant=publication.tenant,
                campaign=publication.campaign,
                subject=publication.id,
                reason=ApprovalReason.APPROVAL_REQUIRED,
                title=what[:300],
                detail=artefact.parsed().render()[:_DETAIL_LIMIT],
                created_at=self._clock.now(),
            )
        )

    def _overtaken(self, publication: Publication) -> Publication | None:
        """The publication, settled without a write, when its target shows something newer or has had its email."""
        if not policy.takes_the_place(publication.kind):
            self._finish_begun(publication)
        earlier, later = self._neighbours(publication)
        if not policy.takes_the_place(publication.kind):
            if sent := [other for other in (*earlier, *later) if other.state is PublicationState.PUBLISHED]:
                reason = f"sent already as {sent[0].id} (version {sent[0].version}); no email goes out twice"
                return self._move(publication, PublicationState.REJECTED, policy.UNPUBLISHED, error=reason)
            return None
        if newer := [other for other in later if other.state is PublicationState.PUBLISHED]:
            return self._retire(publication, newer[-1])
        return None

    def _finish_begun(self, publication: Publication) -> None:
        """Learn first whether an earlier version, begun and interrupted, has gone out."""
        for other in self._neighbours(publication)[0]:
            if other.state is PublicationState.WRITING:
                self._deliver(other)

    def _retire_older(self, publication: Publication) -> None:
        """What stood or waited at the same target before this publication."""
        retired = set(policy.UNPUBLISHED)
        if publication.state is PublicationState.PUBLISHED and policy.takes_the_place(publication.kind):
            retired.add(PublicationState.PUBLISHED)
        for other in self._neighbours(publication)[0]:
            if other.state in retired:
                self._retire(other, publication)

    def _retire(self, publication: Publication, newer: Publication) -> Publication:
        allowed = {*policy.UNPUBLISHED, PublicationState.PUBLISHED}
        retired = self._move(publication, PublicationState.SUPERSEDED, allowed, error="")
        for approval in self._store.approvals.list(subject=publication.id, state=ApprovalState.PENDING):
            note = f"superseded by {newer.id}"
            self._store.approvals.decide(approval.id, ApprovalState.REJECTED, "outbox", note, self._clock.now())
        return retired

    def _neighbours(self, publication: Publication) -> tuple[list[Publication], list[Publication]]:
        """Publications of the same target intended before and after this one."""
        there = self._store.publications.list(
            tenant=publication.tenant, tool=publication.tool, target=publication.target
        )
        place = [other.id for other in there].index(publication.id)
        return list(there[:place]), list(there[place + 1 :])

    def _move(
        self, publication: Publication, to: PublicationState, allowed: Collection[PublicationState], **fields: object
    ) -> Publication:
        return self._store.publications.transition(publication.id, allowed, to, at=self._clock.now(), **fields)


def _due(publication: Publication, tenant: Tenant) -> bool:
    if waits(publication, WALL.now()):
        return False
    if publication.state is PublicationState.DRAFT:
        return tenant.autonomy_for(publication.tool) is not Autonomy.DRAFT_ONLY
    return publication.state in (
        PublicationState.PENDING,
        PublicationState.APPROVED,
        PublicationState.WRITING,
    )
