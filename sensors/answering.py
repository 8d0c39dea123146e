"""From a sighting to its signal, from a signal to what answers it, and how far that answer is.

A subject is muted in two ways. While its answer is under way (work, a person's decision, a release, an experiment) or
live for less than the week it is measured over, a second firing would only repeat the first. Otherwise the catalog's
cooldown alone counts: an answer that ended with nothing live has changed nothing that would be worth waiting for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from marketeer_dagster.campaigns.intake import answer_signal
from marketeer_dagster.campaigns.looking import Sighting
from marketeer_dagster.campaigns.status import UNDER_WAY as WORKED_ON
from marketeer_dagster.catalog.models import SignalSpec
from marketeer_dagster.model.clock import Clock
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.ids import ApprovalId, CampaignKey, SignalId, TenantId, derived
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, ApprovalState
from marketeer_dagster.model.signal import Signal
from marketeer_dagster.store import Store


@dataclass(frozen=True)
class Answer:
    """How far the answer to a signal is."""

    over_on: date | None
    """Day on the tenant's clock on which it was wholly live, or ended with nothing live; None while under way."""
    live: bool = False
    """Whether something of it is live."""


UNDER_WAY = Answer(None)


def answer_of(store: Store, signal: Signal) -> Answer:
    """How far the campaign that answers `signal` is; without a campaign a person is on it, or one is to come."""
    if signal.campaign is None:
        return UNDER_WAY
    campaign = store.campaigns.get(signal.campaign)
    experiments = store.experiments.list(campaign=campaign.key)
    if campaign.status in WORKED_ON or any(e.state is ExperimentState.RUNNING for e in experiments):
        return UNDER_WAY
    zone = store.tenants.get(signal.tenant).zone
    published = store.publications.list(campaign=campaign.key, state=PublicationState.PUBLISHED)
    days = [e.decision.decided_on for e in experiments if e.decision]
    days += [p.published_at.astimezone(zone).date() for p in published if p.published_at]
    if days:
        return Answer(max(days), live=True)
    return Answer(campaign.updated_at.astimezone(zone).date())


def is_being_answered(
    store: Store, tenant: TenantId, name: str, subject: str, day: date, measured_over: timedelta
) -> bool:
    """Whether an earlier firing on this subject is still being answered, or its answer is too young to be judged."""
    return any(
        _holds(answer_of(store, signal), day, measured_over)
        for signal in store.signals.list(tenant=tenant, name=name, unmeasured=True)
        if signal.subject == subject
    )


def _holds(answer: Answer, day: date, measured_over: timedelta) -> bool:
    return answer.over_on is None or (answer.live and day < answer.over_on + measured_over)


def open_signal(store: Store, clock: Clock, spec: SignalSpec, sighting: Sighting) -> Signal | None:
    """Store the firing; None while (tenant, signal, subject) cools down. The id is made of the evidence."""
    evidence = sighting.evidence()
    id_ = SignalId(derived("sig", sighting.tenant, spec.name, sighting.subject, evidence.until.isoformat()))
    signal = Signal(
        id=id_,
        tenant=sighting.tenant,
        name=spec.name,
        subject=sighting.subject,
        evidence=evidence,
        created_at=clock.now(),
    )
    return store.signals.open(signal, spec.cooldown)


def answer_all(store: Store, clock: Clock, spec: SignalSpec, tenants: Collection[TenantId]) -> int:
    """Answer these tenants' firings that have no answer yet, by the catalog's pipeline or by asking a person.

    Says how many.
    """
    if spec.pipeline is None:
        told = [signal for signal in store.signals.list(name=spec.name, unmeasured=True) if signal.tenant in tenants]
        return sum(_tell(store, clock, spec, signal) for signal in told)
    waiting = [signal for signal in store.signals.list(name=spec.name, unanswered=True) if signal.tenant in tenants]
    for signal in waiting:
        answer_signal(store, clock, signal, pipeline=spec.pipeline, priority=spec.priority)
    return len(waiting)


def _tell(store: Store, clock: Clock, spec: SignalSpec, signal: Signal) -> bool:
    """Put what only a person can mend into the inbox, once; whether it was not there before."""
    id_ = ApprovalId(derived("apr", signal.id))
    if store.approvals.list(tenant=signal.tenant, subject=signal.id):
        return False
    store.approvals.open(
        Approval(
            id=id_,
            tenant=signal.tenant,
            campaign=CampaignKey(""),
            subject=signal.id,
            reason=ApprovalReason.SOURCE_BROKEN,
            title=f"{signal.name.replace('_', ' ')}: {signal.subject} of {signal.tenant} since {signal.evidence.since}",
            detail=f"{signal.evidence.detail}\n\n{spec.answer}\n\nApprove once it is seen to; it also closes by itself "
            "when the figures can be believed again."[:4000],
            created_at=clock.now(),
        )
    )
    return True


def close_question(store: Store, clock: Clock, signal: Signal) -> None:
    """Take a signal's question out of the inbox: what it asked for has happened."""
    for approval in store.approvals.list(tenant=signal.tenant, subject=signal.id, state=ApprovalState.PENDING):
        note = "The figures can be believed again."
        store.approvals.decide(approval.id, ApprovalState.APPROVED, "signal_recovery", note, clock.now())
