"""A worker killed at any named moment and started again publishes everything once, and loses nothing."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.sandbox.server import Running, run_in_thread
from marketeer_dagster.store import Store
from tests.publishing import program
from tests.support.publishing import a_page, a_store, a_tenant, an_artefact, an_email_sequence, approved
from tests.support.sites import TENANT, sandbox_connection

ROOT = Path(__file__).parents[2]
EVERY_TOOL = ["after_intent", "before_delivery", "before_lookup", "before_write", "after_write", "before_receipt"]
EVERY_TOOL += ["after_receipt"]
POINTS = [
    *(f"{name}:{passage}" for name in EVERY_TOOL for passage in (1, 2) if name != "before_delivery" or passage == 1),
    "wordpress.after_draft",
    "wordpress.after_publish",
    "mailchimp.after_create",
    "mailchimp.after_content",
    "mailchimp.before_send",
    "mailchimp.after_send",
]
"""Two publications are delivered, an email and a page: the second passage is the other one."""


@dataclass(frozen=True)
class Workplace:
    sandbox: Running
    store: Store
    url: str
    connections: Path

    def killed(self, at: str) -> bool:
        """Run the worker in a process of its own; whether it died where it was told to."""
        worker = self.start(at)
        _, complaint = worker.communicate()
        assert worker.returncode in (0, -signal.SIGKILL), complaint[-3000:]
        return worker.returncode == -signal.SIGKILL

    def start(self, crash_at: str = "") -> "subprocess.Popen[str]":
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "MARKETEER_CRASH_AT": crash_at}
        command = [sys.executable, "-m", "tests.publishing.program", self.url, str(self.connections), self.sandbox.url]
        return subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def run(self) -> None:
        """Run the worker to its end, here."""
        program.main(self.url, self.connections, self.sandbox.url)


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    with run_in_thread() as sandbox:
        store = a_store(tmp_path, a_tenant())
        found = [sandbox_connection(sandbox, tool) for tool in ("mailchimp", "wordpress")]
        rows = [
            {**c.model_dump(), "secrets": {name: s.get_secret_value() for name, s in c.secrets.items()}} for c in found
        ]
        connections = tmp_path / "connections.json"
        connections.write_text(json.dumps(rows), encoding="utf-8")
        approved(store, an_artefact(an_email_sequence(), skill="email-sequence"))
        approved(store, an_artefact(a_page("/kill-test"), skill="copywriting"))
        yield Workplace(sandbox, store, f"sqlite:///{tmp_path / 'store.db'}", connections)
        store.close()


@pytest.mark.parametrize("point", POINTS)
def test_everything_is_published_once_after_a_kill(workplace: Workplace, point: str) -> None:
    assert workplace.killed(point), f"{point} was never passed"
    workplace.run()
    rows = workplace.store.publications.list(tenant=TENANT)
    assert [row.state for row in rows] == [PublicationState.PUBLISHED] * 2
    assert all(row.external_id and row.url and row.published_at for row in rows)
    done = Counter((e.action, e.key) for e in workplace.sandbox.admin.ledger(tenant=TENANT))
    email, page = sorted(rows, key=lambda row: row.tool)
    assert done[("campaign.create", email.idempotency_key)] == 1
    assert done[("campaign.send", email.idempotency_key)] == 1
    assert done[("page.create", page.idempotency_key)] == 1
    assert done[("page.update", page.idempotency_key)] == 1
    assert len(workplace.sandbox.world.mailing(TENANT).sent()) == 1
    assert [p.slug for p in workplace.sandbox.world.site(TENANT).pages.list() if "kill-test" in p.slug] == ["kill-test"]


def test_a_third_run_writes_nothing(workplace: Workplace) -> None:
    workplace.run()
    before = workplace.sandbox.admin.ledger()
    workplace.run()
    assert workplace.sandbox.admin.ledger() == before


def test_two_workers_at_once_publish_once(workplace: Workplace) -> None:
    workers = [workplace.start() for _ in range(3)]
    outcomes = [(worker.communicate()[1], worker.returncode) for worker in workers]
    assert [code for _, code in outcomes] == [0, 0, 0], outcomes
    done = Counter((e.action, e.key) for e in workplace.sandbox.admin.ledger(tenant=TENANT))
    for row in workplace.store.publications.list(tenant=TENANT):
        assert row.state is PublicationState.PUBLISHED
        created = "campaign.create" if row.tool == "mailchimp" else "page.create"
        assert done[(created, row.idempotency_key)] == 1
    assert len(workplace.sandbox.world.mailing(TENANT).sent()) == 1
