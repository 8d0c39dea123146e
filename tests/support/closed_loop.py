"""A small company's loop in a market of its own, without Claude: pages, emails, a test, its end, and all its figures.

Everything goes the way of the product: the outbox publishes by the vendors' clients, the market answers, metrics land
and marts are built as the assets do it. Only the writing is short: artefacts are given, with ledger rows for what they
cost.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from assets.metrics.landing import Intake, Span, land
from assets.metrics.sources import SOURCES
from marketeer_dagster.campaigns.readout import decision_of, look_at
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, ArtefactStatus, Spend
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.experiment import Experiment
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.publishing.outbox import Outbox
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from marketeer_dagster.warehouse import MARTS, Warehouse, sync_store
from resources.calling import UNLIMITED
from resources.publishers import publishers_of
from tests.sandbox.conftest import account
from tests.store import values
from tests.support.publishing import a_page, a_tenant, an_artefact, an_email_sequence, an_experiment
from tests.warehouse import frames

TENANT = "acme"
START = date(2026, 4, 6)
HISTORY_DAYS = 14
READ = ("ga4_daily", "stripe_daily", "email_daily", "experiment_daily")
"""What the marts are made of; searches are not."""


@dataclass
class ClosedLoop:
    """One company; its store, its warehouse and the market it lives in."""

    sandbox: Running
    store: Store
    warehouse: Warehouse

    @property
    def today(self) -> date:
        return self.sandbox.admin.clock().day

    def write(self, content: ArtefactContent, campaign: str, skill: str) -> Artefact:
        """An approved second version, after a first one that was revised; both with their calls in the ledger."""
        key = f"{TENANT}:{campaign}"
        if key not in {known.key for known in self.store.campaigns.list()}:
            self.store.campaigns.add(values.campaign(key))
            self._paid(key, "director/plan", "0.3")
        drafted = self._paid(key, f"{skill}/draft", "0.2")
        first = an_artefact(content.model_copy(update=_worse(content)), campaign=campaign, skill=skill)
        draft = {"status": ArtefactStatus.DRAFT}
        self.store.artefacts.put(first.model_copy(update={**draft, "spend": drafted}))
        revised = self._paid(key, f"{skill}/revise", "0.1")
        second = an_artefact(content, campaign=campaign, skill=skill).model_copy(update={**draft, "spend": revised})
        stored = self.store.artefacts.put(second)
        reviewed = self._paid(key, f"{skill}/review-director", "0.05")
        return self.store.artefacts.finalise(
            stored.id, stored.version, status=ArtefactStatus.APPROVED, score=8.0, verdict=Verdict.APPROVE, revisions=1,
            spend=drafted + revised + reviewed, prompt_hash="",
        )  # fmt: skip

    def publish(self, artefact: Artefact, experiment: Experiment | None = None) -> None:
        """In every channel that takes it."""
        publishers = publishers_of(self.store, artefact.tenant, UNLIMITED)
        outbox = Outbox(self.store, publishers, self.sandbox.world.clock)
        outbox.intend(self.store.tenants.get(TENANT), artefact, experiment)
        assert all(delivery.error is None for delivery in outbox.deliver_due(TENANT))

    def live(self, days: int) -> None:
        """Let days pass."""
        self.sandbox.admin.advance(days)

    def read(self, *tables: str) -> None:
        """Read all days of these tables, and build the marts."""
        first, last = START - timedelta(days=HISTORY_DAYS), self.today - timedelta(days=1)
        tests = self.store.experiments.list()
        intake = Intake(
            self.warehouse, UNLIMITED, self.sandbox.world.clock, logging.getLogger("loop"), experiments=tests
        )
        for source in (source for source in SOURCES if source.table in tables):
            found = [c for c in self.store.connections.list(TENANT) if c.tool == source.tool]
            for landing in land(source, found, Span(first, last), intake):
                assert landing.error is None, landing.error
        with self.warehouse.writing() as writer:
            sync_store(self.store, writer)
            for name in MARTS:
                writer.build_mart(name)

    def conclude(self, experiment: Experiment) -> Experiment:
        """Decide a test by what is read now, and put the winner, or else the control, in place."""
        with self.warehouse.reading() as connection:
            look = look_at(connection, experiment, Catalog.load().signal("ab_test_significant"))
        assert look is not None
        ended = self.store.experiments.decide(experiment.id, *decision_of(look))
        assert ended.decision is not None
        winner = next(arm for arm in ended.variants if arm.name == ended.decision.winner)
        self.publish(self.store.artefacts.get(winner.artefact, winner.version), ended)
        return ended

    def _paid(self, campaign: str, purpose: str, usd: str) -> Spend:
        spend = Spend(calls=1, input_tokens=900, output_tokens=80, cost_usd=Decimal(usd) + Decimal("0.000000001"))
        wanted = values.reservation(f"{campaign}/{purpose}", "1", campaign=campaign, purpose=purpose)
        call = self.store.llm.reserve(wanted, Decimal(1000))
        self.store.llm.settle(
            call, body_json="{}", stop_reason="end_turn", spend=spend, latency_s=1, request_id="r", at=values.LATER
        )
        return spend


@contextmanager
def closed_loop(folder: Path, seed: int) -> Iterator[ClosedLoop]:
    """A company that has published, mailed, tested, and put the test's winner in place."""
    with run_in_thread(seed=seed, start=START) as sandbox:
        store = Store.open(f"sqlite:///{folder / 'store.db'}", secret_key=SecretStr("a key for tests, of some length"))
        store.migrate()
        store.tenants.add(a_tenant(TENANT).model_copy(update={"simulated": True, "currency": "USD"}))
        spec = account(
            TENANT, history_days=HISTORY_DAYS, monthly_sessions=15_000, subscribers=3_000, trial_days=7,
            trial_conversion=0.4, starting_mrr_usd=20_000,
        )  # fmt: skip
        for connection in sandbox.admin.open_account(spec):
            store.connections.set(connection)
        loop = ClosedLoop(sandbox, store, frames.at(folder))
        _play(loop)
        yield loop
        store.close()


def _play(loop: ClosedLoop) -> None:
    old = loop.write(a_page("/"), "spring", "copywriting")
    loop.publish(old)
    loop.live(4)
    emails = an_email_sequence(3)
    to_pages = tuple(
        email.model_copy(update={"cta_url": path}) for email, path in zip(emails.emails, ("/", "/", "/x"), strict=True)
    )
    loop.publish(loop.write(emails.model_copy(update={"emails": to_pages}), "spring", "email-sequence"))
    loop.live(8)
    new = loop.write(a_page("/", headline="Your Friday back"), "sprint", "copywriting")
    test = an_experiment(old, new, "/").model_copy(update={"started_on": loop.today})
    loop.publish(new, loop.store.experiments.add(test))
    loop.live(14)
    loop.read("experiment_daily")
    loop.conclude(test)
    loop.live(6)
    loop.read(*READ)


def _worse(content: ArtefactContent) -> dict[str, object]:
    if isinstance(content, EmailSequence):
        return {"name": f"{content.name} (first draft)"}
    return {"headline": "A first draft"}
