"""One tenant with a campaign of two emails and a page, and what a daemon, a run and a person do with it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from marketeer_dagster.campaigns.closing import close_dead
from marketeer_dagster.campaigns.decisions import rejected_by_person
from marketeer_dagster.campaigns.escalating import escalate
from marketeer_dagster.campaigns.publishing import intend_all
from marketeer_dagster.campaigns.status import OPEN, settle
from marketeer_dagster.campaigns.tending import resettle, tend
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.campaign import Campaign
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.model.review import Approval, ApprovalState, Verdict
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.lifecycle import FINAL
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.reading import Reading
from marketeer_dagster.publishing.standing import is_due, is_free
from marketeer_dagster.store import Store
from tests.lifecycle.vendor import MAIL, SITE, Channel, MortalClock, Vendor
from tests.store import values
from tests.support.publishing import NOW, a_page, a_tenant, an_artefact, an_email_sequence

EMAILS, PAGE = "email-sequence", "copywriting"
PATH = "/pricing"


def open_store(file: Path) -> Store:
    """The store as it is, without waiting for a disk: what is tested are kills of processes, not power cuts."""
    store = Store.open(f"sqlite:///{file}")
    event.listen(store._database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return store


def emails(text: int) -> EmailSequence:
    sequence = an_email_sequence(2)
    return sequence.model_copy(
        update={"emails": tuple(e.model_copy(update={"body": f"Text {text}."}) for e in sequence.emails)}
    )


class Company:
    """The tenant and everything that works for it; `restart` drops all of it but the store's file and the vendor."""

    def __init__(self, file: Path, store: Store, catalog: Catalog, number: int, autonomy: Autonomy) -> None:
        self.file, self.store, self.catalog = file, store, catalog
        self.tenant = TenantId(f"t{number}")
        self.key = CampaignKey(f"{self.tenant}:spring")
        self.vendor = Vendor()
        self.clock = MortalClock()
        self.outbox = self._outbox()
        store.tenants.add(a_tenant(self.tenant, autonomy))
        store.campaigns.add(values.campaign(self.key))
        briefs = [
            values.brief(skill, self.key, id=an_artefact(a_page(), tenant=self.tenant, skill=skill).brief)
            for skill in (EMAILS, PAGE)
        ]
        store.campaigns.save_plan(self.key, values.plan(*briefs), NOW)

    def _outbox(self) -> Outbox:
        channels = {tool: Channel(self.vendor, self.tenant, tool) for tool in (MAIL, SITE)}
        return Outbox(self.store, channels, self.clock)

    def restart(self) -> None:
        """The next process: nothing is left of the former one in memory."""
        self.store.close()
        self.store = open_store(self.file)
        self.clock = MortalClock()
        self.outbox = self._outbox()

    def policy(self, autonomy: Autonomy) -> None:
        self.store.tenants.save(self.store.tenants.get(self.tenant).model_copy(update={"autonomy": autonomy}))

    # What is there

    def campaign(self) -> Campaign:
        return self.store.campaigns.get(self.key)

    def rows(self) -> Sequence[Publication]:
        return self.store.publications.list(tenant=self.tenant)

    def questions(self) -> Sequence[Approval]:
        return self.store.approvals.list(tenant=self.tenant, state=ApprovalState.PENDING)

    def heads(self) -> Sequence[Artefact]:
        return self.store.artefacts.heads(self.key)

    # What happens

    def make(self, skill: str, text: int, status: ArtefactStatus) -> None:
        """A version as the Director leaves it, or a person who edits: the head, and a question where it is held back.

        Equal text is the version that was there, as in the workshop; what a person rejected for good stays so.
        """
        content = emails(text) if skill == EMAILS else a_page(PATH, f"Headline {text}")
        made = self.store.artefacts.put(an_artefact(content, tenant=self.tenant, skill=skill))
        refused = rejected_by_person(self.store, made) is not None
        done = self.store.artefacts.finalise(
            made.id, made.version, status=ArtefactStatus.REJECTED if refused else status, score=8.0,
            verdict=Verdict.APPROVE, revisions=0, spend=Spend(), prompt_hash="",
        )  # fmt: skip
        if status is ArtefactStatus.ESCALATED:
            escalate(self.store, self.clock, done, (), why="REVISE at 6.1")
        close_dead(self.store, self.clock, self.key)

    def publish(self) -> None:
        """What a run of `publish_campaign` does."""
        for tool in (MAIL, SITE):
            intend_all(self.store, self.catalog, self.clock, self.outbox, self.key, tool)
            self.outbox.deliver_due(self.tenant)

    def run(self) -> None:
        """The end of a campaign's run: its blocking checks, its publications, its status."""
        statuses = {head.status for head in self.heads()}
        if statuses == {ArtefactStatus.APPROVED}:
            self.publish()
        settle(self.store, self.clock, self.key)

    def tick(self) -> None:
        """One look of the dispatcher and of `approved_publications`."""
        campaign = self.campaign()
        tend(self.store, self.clock, campaign)
        if self.due():
            self.publish()
        if not self.due():
            resettle(self.store, self.clock, self.campaign())

    def due(self) -> bool:
        if self.campaign().status in OPEN:
            return False
        now, reading = SystemClock().now(), Reading(self.store)
        return any(
            row.state not in FINAL and (is_due(self.store, row, now, reading) or is_free(self.store, row, reading))
            for row in self.rows()
        )

    def time_passes(self) -> None:
        """Whatever waits for its time may go on."""
        past = SystemClock().now() - timedelta(seconds=1)
        for row in self.rows():
            if row.retry_at is not None and row.state not in FINAL:
                self.store.publications.transition(row.id, {row.state}, row.state, at=NOW, retry_at=past)
