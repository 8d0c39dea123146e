"""A home that has lived: two campaigns that a person released, traffic, emails, a signal answered, a test decided, and
a vendor that failed. Everything is made by the product's own commands on a sandbox; only the drop is asserted, since a
market takes weeks to show one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from dagster import DagsterInstance
from pydantic import SecretStr

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.intake import answer_signal
from marketeer_dagster.cli.drive import deliver_approved
from marketeer_dagster.cli.metrics import Ingested, ingest_days
from marketeer_dagster.model.campaign import Campaign, Priority
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.model.tenant import Autonomy
from tests.store import values
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home
from tests.support.publishing import an_experiment
from tests.warehouse import frames

PAGE_PIPELINE = "copywriting-review-chain"
DAYS_BEFORE, DAYS_AFTER = 28, 6
REREAD = 3
"""Days before the new ones that are read again, since Google revises them: as each night does."""
ARMS = {"control": (800, 16), "b": (790, 24)}
"""People and conversions of the test's arms, as read last."""
SILENT_TOOL = "search_console"


@dataclass(frozen=True)
class Lived:
    """The home, and what was done in it."""

    home: CampaignHome
    emails: Campaign
    answer: Campaign
    signal: Signal
    experiment: str
    first: date
    last: date
    failed: tuple[date, ...]
    """Days on which the search tool was asked with revoked credentials."""


def _released(home: CampaignHome, campaign: Campaign, *, leave: int = 0) -> Campaign:
    """What the campaign made goes out, question by question, as Ada answers; `leave` questions stay open."""
    asked = home.store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING)
    for question in asked[: len(asked) - leave]:
        decide(home.store, home.home.clock, question.id, ApprovalState.APPROVED, by="ada", note="Reads well.")
    with home.instance() as instance:
        return deliver_approved(home.home, instance, campaign.key, lambda line: None)


def _live(home: CampaignHome, days: int) -> None:
    """The market lives, and the platform's clock, which is asked once a second, has noticed it."""
    home.sandbox.admin.advance(days)
    while home.home.clock.now().date() < home.sandbox.admin.clock().day:
        time.sleep(0.05)  # no limit, no fixed wait: ends with the clock's next question to the market


def _ingest(home: CampaignHome, instance: DagsterInstance, first: date, last: date) -> Ingested:
    return ingest_days(home.home, instance, first, last, TENANT, lambda line: None)


@contextmanager
def lived_home(path: Path) -> Iterator[Lived]:
    """Two weeks of work in some seconds."""
    with campaign_home(path) as home:
        home.add_tenant(autonomy=Autonomy.APPROVE, account={"monthly_sessions": 6_000})
        store, admin = home.store, home.sandbox.admin
        first = admin.clock().day - timedelta(days=DAYS_BEFORE)
        with home.instance() as instance:
            assert _ingest(home, instance, first, admin.clock().day - timedelta(days=1)).failed == ()
        emails = _released(home, home.finish(home.take().key))
        _live(home, 1)
        seen = store.signals.open(values.signal(admin.clock().now, tenant=TENANT), timedelta(0))
        assert seen is not None
        answer_signal(store, FixedClock(admin.clock().now), seen, pipeline=PAGE_PIPELINE, priority=Priority.P1)
        key = store.signals.get(seen.id).campaign
        assert key is not None
        answer = _released(home, home.finish(CampaignKey(key)))
        _live(home, DAYS_AFTER)
        store.signals.measure(seen.id, True, values.evidence(observed=0.05, expected=0.04), admin.clock().now)
        control, challenger = (store.artefacts.heads(c.key)[-1] for c in (emails, answer))
        tested = an_experiment(control, challenger, "/features").model_copy(update={"tenant": TENANT})
        store.experiments.add(tested)
        store.experiments.decide(tested.id, values.decision(), ExperimentState.DECIDED)
        last = admin.clock().day - timedelta(days=1)
        frames.put(home.home.warehouse, TENANT, _arms(tested.id, last), "experiment_daily", simulated=True)
        failed = _with_a_failure(home, last)
        store.approvals.open(values.approval(answer.key, tenant=TENANT, campaign=answer.key, title="Go on?"))
        yield Lived(home, emails, answer, store.signals.get(seen.id), tested.id, first, last, failed)


def _arms(experiment: str, last: date) -> pd.DataFrame:
    """Two days of a test's people, each day holding everybody since the start."""
    return pd.DataFrame(
        {
            "date": [day for day in (last - timedelta(days=19), last - timedelta(days=18)) for _ in range(2)],
            "experiment": experiment, "variant": ["control", "b"] * 2, "visitors": [400, 410, 800, 790],
            "conversions": [8, 12, 16, 24], "revenue": [None] * 4,
        }
    )  # fmt: skip


def _with_a_failure(home: CampaignHome, last: date) -> tuple[date, ...]:
    """Read the days since the first ingest, all but the search tool's newest, whose credentials are revoked."""
    good = home.store.connections.get(TENANT, SILENT_TOOL)
    assert good is not None
    since = last - timedelta(days=DAYS_AFTER + REREAD)
    with home.instance() as instance:
        assert _ingest(home, instance, since, last - timedelta(days=2)).failed == ()
        home.store.connections.set(good.model_copy(update={"secrets": {"access_token": SecretStr("ya29.revoked")}}))
        failed = _ingest(home, instance, last - timedelta(days=1), last)
        assert [reason.table for reason in failed.failed] == ["gsc_daily"]
    home.store.connections.set(good)
    return (last - timedelta(days=1), last)
