"""A campaign of the command line, killed at a chosen moment and started again; and what must be true afterwards."""

import json
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.crashpoints import VARIABLE
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.store.llm import CallState
from tests.support.campaign_home import SMALLEST, TENANT, CampaignHome

CREATIONS = ("page.create", "campaign.create", "campaign.send")
LOOK_S = 0.02


@dataclass(frozen=True)
class Moment:
    """When to kill: at a named crash point, or as soon as the store's ledger holds a call of `purpose` in `state`."""

    name: str
    crash_at: str = ""
    purpose: str = ""
    state: CallState = CallState.SETTLED


MOMENTS = (
    Moment("before the plan is asked for", "before_call:1"),
    Moment("the first draft's answer has arrived, unstored", "after_answer:2"),
    Moment("an answer has just been stored", "after_settle:4"),
    Moment("before a later call", "before_call:6"),
    Moment("right after the plan, between two steps", purpose="director/plan"),
    Moment("during the Director's step", purpose="email-sequence/review-director", state=CallState.RESERVED),
    Moment("intent recorded, nothing written", "after_intent"),
    Moment("before the vendor is written to", "before_write"),
    Moment("written at the vendor, no receipt", "after_write"),
    Moment("before the receipt is stored", "before_receipt"),
    Moment("receipt stored, run not ended", "after_receipt"),
)


@dataclass(frozen=True)
class Outcome:
    """What was found after the second start. All counts are of one campaign."""

    killed: bool
    exit_code: int
    status: str
    calls: int
    paid_twice: int
    open_reservations: int
    publications: int
    published_twice: int
    missing: tuple[str, ...]
    complaint: str = ""

    @property
    def good(self) -> bool:
        return (
            self.killed
            and self.exit_code == 0
            and not (self.paid_twice or self.published_twice or self.open_reservations or self.missing)
        )


def kill_and_resume(home: CampaignHome, moment: Moment, slug: str, pipeline: str = SMALLEST) -> Outcome:
    """Start the pipeline as a command, kill it at `moment`, give the very same command again, and look."""
    command = ("pipeline", pipeline, "--tenant", TENANT, "--campaign", slug, "--wait", "--json")
    key = CampaignKey(f"{TENANT}:{slug}")
    first = home.start(*command, **({VARIABLE: moment.crash_at} if moment.crash_at else {}))
    if moment.purpose:
        _kill_when_seen(home, first, key, moment)
    first.communicate()
    second = home.start(*command)
    said, complaint = second.communicate()
    status = json.loads(said)["status"] if second.returncode == 0 else ""
    return examined(home, key, first.returncode == -signal.SIGKILL, second.returncode, status, complaint)


def _kill_when_seen(home: CampaignHome, process: "subprocess.Popen[str]", key: CampaignKey, moment: Moment) -> None:
    while process.poll() is None:
        calls = home.store.llm.list(campaign=key)
        if any(call.purpose == moment.purpose and call.state in (moment.state, CallState.SETTLED) for call in calls):
            process.kill()
            return
        time.sleep(LOOK_S)


def examined(
    home: CampaignHome, key: CampaignKey, killed: bool, exit_code: int, status: str, complaint: str = ""
) -> Outcome:
    """The campaign as ledger and store show it."""
    store = home.store
    calls = store.llm.list(campaign=key)
    ledger = home.sandbox.admin.ledger(tenant=TENANT)
    billed = Counter(e.key for e in ledger if e.vendor == "anthropic" and json.loads(e.detail)["campaign"] == key)
    settled = Counter((call.fingerprint, call.attempt) for call in calls if call.state is CallState.SETTLED)
    # A request that was on its way when the process died may have been billed: it is counted, and asked once more.
    cut = sum(call.state is CallState.CUT for call in calls)
    rows = store.publications.list(campaign=key)
    keys = {row.idempotency_key for row in rows}
    made = Counter((e.action, e.key) for e in ledger if e.key in keys and e.action in CREATIONS)
    # A draft or plan asked for anew in other words is the same work paid for twice.
    once = Counter(c.purpose for c in calls if c.state is CallState.SETTLED and c.purpose.endswith(("/draft", "/plan")))
    return Outcome(
        killed=killed,
        exit_code=exit_code,
        status=status,
        calls=sum(billed.values()),
        paid_twice=max(0, _doubles(billed) - cut) + _doubles(settled) + _doubles(once),
        open_reservations=sum(call.state is CallState.RESERVED for call in calls),
        publications=len(rows),
        published_twice=sum(n - 1 for n in made.values()),
        missing=_missing(home, key),
        complaint=complaint[-2000:],
    )


def _doubles(count: Counter[Any]) -> int:
    return sum(n - 1 for n in count.values())


def _missing(home: CampaignHome, key: CampaignKey) -> tuple[str, ...]:
    campaign = home.store.campaigns.get(key)
    if campaign.plan is None:
        return ("plan",)
    heads = {artefact.skill: artefact for artefact in home.store.artefacts.heads(key)}
    lost = [skill for skill in campaign.plan.skills if skill not in heads]
    rows = home.store.publications.list(campaign=key)
    lost += [f"{row.target} {row.state.value}" for row in rows if row.state is not PublicationState.PUBLISHED]
    due = [
        artefact
        for artefact in heads.values()
        if artefact.status is ArtefactStatus.APPROVED and home.home.catalog.skill(artefact.skill).publishes_to
    ]
    if campaign.status is CampaignStatus.PUBLISHED and due and not rows:
        lost.append("publications")
    return tuple(lost)
