"""One tenant's store and outbox over the sandbox, for the tests of publishing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from marketeer_dagster.model.artefacts import Artefact, ArtefactContent
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.publishing.protocols import Publisher
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from resources.mailchimp import MailchimpPublisher
from resources.wordpress import WordPressPublisher
from tests.support.publishing import a_store, a_tenant, an_artefact, approved
from tests.support.sites import sandbox_connection


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with run_in_thread() as running:
        yield running


@dataclass(frozen=True)
class Desk:
    """One tenant's store and outbox over the sandbox, in a tenant of the test's own."""

    sandbox: Running
    store: Store
    outbox: Outbox
    tenant: str

    def policy(self, autonomy: Autonomy, **by_tool: Autonomy) -> None:
        changed = self.store.tenants.get(self.tenant).model_copy(
            update={"autonomy": autonomy, "autonomy_by_tool": by_tool}
        )
        self.store.tenants.save(changed)

    def approve(self, content: ArtefactContent, campaign: str = "spring", skill: str = "copywriting") -> Artefact:
        return approved(self.store, an_artefact(content, tenant=self.tenant, campaign=campaign, skill=skill))

    def intend(self, artefact: Artefact, experiment: Experiment | None = None) -> Publication:
        (publication,) = self.outbox.intend(self.store.tenants.get(self.tenant), artefact, experiment)
        return publication

    def publish(self, content: ArtefactContent, **names: str) -> Publication:
        return self.outbox.deliver(self.intend(self.approve(content, **names)).id)

    def state(self, publication: Publication) -> PublicationState:
        return self.store.publications.get(publication.id).state

    def decide(self, publication: Publication, state: ApprovalState, note: str = "") -> None:
        now = self.sandbox.world.now()
        self.store.approvals.decide(publication.id, state, "ada", note, now)

    def page(self, path: str) -> str | None:
        found = self.sandbox.world.site(self.tenant).pages.by_path(path)
        return found.content if found else None

    def writes(self) -> list[tuple[str, str]]:
        return [(e.action, e.key) for e in self.sandbox.admin.ledger(tenant=self.tenant)]


def its_time_comes(desk: Desk, waiting: Publication) -> None:
    """Let the moment pass until which a publication waits."""
    row = desk.store.publications.get(waiting.id)
    past = SystemClock().now() - timedelta(seconds=1)
    desk.store.publications.transition(row.id, {row.state}, row.state, at=row.updated_at, retry_at=past)


@pytest.fixture
def desk(sandbox: Running, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    tenant = f"t{abs(hash(request.node.nodeid)) % 10**9}"
    store = a_store(tmp_path, a_tenant(tenant))
    publishers: dict[str, Publisher] = {
        "wordpress": WordPressPublisher(sandbox_connection(sandbox, "wordpress", tenant)),
        "mailchimp": MailchimpPublisher(sandbox_connection(sandbox, "mailchimp", tenant)),
    }
    yield Desk(sandbox, store, Outbox(store, publishers, sandbox.world.clock), tenant)
    sandbox.world.faults.clear()
    store.close()
