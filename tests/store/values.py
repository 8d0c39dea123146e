"""Small valid values of the vocabulary, with the fields a test cares about as arguments."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from marketeer_dagster.model.artefacts import Artefact, Spend
from marketeer_dagster.model.campaign import Brief, Campaign, Plan
from marketeer_dagster.model.context import ProductContext, Section
from marketeer_dagster.model.experiment import Decision, Experiment, Variant
from marketeer_dagster.model.goal import Goal, Kpi, Metric
from marketeer_dagster.model.ids import content_hash, derived
from marketeer_dagster.model.learning import Learning, LearningState
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Approval, ApprovalReason, Review, Verdict
from marketeer_dagster.model.signal import Evidence, Signal
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.store import LlmReservation

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def tenant(id: str = "acme", **fields: Any) -> Tenant:
    return Tenant(**({"id": id, "name": id.title(), "website": f"https://{id}.example", "created_at": NOW} | fields))


def context(name: str = "Acme", proof: str = "1,200 teams use it") -> ProductContext:
    sections = {section: f"About {section.value.lower()}." for section in Section}
    return ProductContext(name=name, sections=sections | {Section.PROOF: proof})


def goal(text: str = "More trials", tenant: str = "acme") -> Goal:
    return Goal(id=derived("gol", tenant, text), tenant=tenant, text=text, budget_usd=Decimal("12.50"), created_at=NOW)


def campaign(key: str = "acme:launch", **fields: Any) -> Campaign:
    tenant = key.split(":")[0]
    base = {"key": key, "tenant": tenant, "title": "Launch", "created_at": NOW, "updated_at": NOW}
    return Campaign(**(base | fields))


def brief(skill: str = "copywriting", campaign: str = "acme:launch", **fields: Any) -> Brief:
    base = {
        "id": derived("brf", campaign, skill), "campaign": campaign, "tenant": campaign.split(":")[0], "skill": skill,
        "objective": "Sell", "audience": "Everyone", "key_message": "It works", "created_at": NOW,
    }  # fmt: skip
    return Brief(**(base | fields))


def plan(*briefs: Brief, **fields: Any) -> Plan:
    kpi = Kpi(metric=Metric.CONVERSIONS, baseline=10, target=12)
    base = {"summary": "Do it", "kpi": kpi, "deadline": date(2026, 6, 1), "budget_usd": Decimal(100)}
    return Plan(**(base | {"briefs": briefs or (brief(),)} | fields))


def artefact(
    content: str = '{"a":1}', skill: str = "copywriting", campaign: str = "acme:launch", **fields: Any
) -> Artefact:
    base = {
        "id": derived("art", campaign, skill), "tenant": campaign.split(":")[0], "campaign": campaign,
        "brief": derived("brf", campaign, skill), "skill": skill, "kind": "page_copy", "version": 1, "title": "Page",
        "content": content, "content_hash": content_hash(content), "context_version": 1, "created_at": NOW,
    }  # fmt: skip
    return Artefact(**(base | fields))


def review(artefact: Artefact, reviewer: str = "director", **fields: Any) -> Review:
    base = {
        "id": derived("rev", artefact.id, str(artefact.version), reviewer), "tenant": artefact.tenant,
        "campaign": artefact.campaign, "artefact": artefact.id, "version": artefact.version, "reviewer": reviewer,
        "round": 1, "verdict": Verdict.APPROVE, "score": 7.5, "created_at": NOW,
    }  # fmt: skip
    return Review(**(base | fields))


def approval(subject: str = "art_1", **fields: Any) -> Approval:
    base = {
        "id": derived("apr", subject), "tenant": "acme", "campaign": "acme:launch", "subject": subject,
        "reason": ApprovalReason.APPROVAL_REQUIRED, "title": "Publish?", "created_at": NOW,
    }  # fmt: skip
    return Approval(**(base | fields))


def publication(key: str = "key-1", **fields: Any) -> Publication:
    base = {
        "id": derived("pub", fields.get("tenant", "acme"), key), "tenant": "acme", "campaign": "acme:launch",
        "artefact": "art_1", "version": 1, "skill": "copywriting", "tool": "wordpress", "kind": "page",
        "target": "/pricing", "idempotency_key": key, "payload": "{}", "state": PublicationState.PENDING,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return Publication(**(base | fields))


def evidence(**fields: Any) -> Evidence:
    base = {
        "metric": "conversion_rate", "observed": 0.02, "expected": 0.04, "low": 0.03, "high": 0.05,
        "since": date(2026, 2, 20), "until": date(2026, 3, 1), "relative_change": -0.5,
    }  # fmt: skip
    return Evidence(**(base | fields))


def signal(at: datetime = NOW, subject: str = "/pricing", name: str = "conversion_drop", **fields: Any) -> Signal:
    base = {
        "id": derived("sig", name, subject, at.isoformat(), fields.get("tenant", "acme")), "tenant": "acme",
        "name": name, "subject": subject, "evidence": evidence(), "created_at": at,
    }  # fmt: skip
    return Signal(**(base | fields))


def experiment(id: str = "exp_1", **fields: Any) -> Experiment:
    arms = tuple(
        Variant(name=name, artefact="art_1", version=n, share=0.5) for n, name in enumerate(["control", "b"], 1)
    )
    base = {
        "id": id, "tenant": "acme", "campaign": "acme:launch", "subject": "/pricing", "hypothesis": "Shorter sells",
        "variants": arms, "max_days": 28, "sample_per_arm": 1000, "started_on": date(2026, 3, 2), "created_at": NOW,
    }  # fmt: skip
    return Experiment(**(base | fields))


def decision(winner: str = "b", lift: float = 0.2) -> Decision:
    return Decision(
        winner=winner,
        lift=lift,
        low=0.05,
        high=0.35,
        confidence=0.95,
        looks=9,
        summary="b won",
        decided_on=date(2026, 3, 20),
    )


def learning(id: str = "lrn_1", **fields: Any) -> Learning:
    base = {
        "id": id, "tenant": "acme", "statement": "Short headlines sell", "skill": "copywriting",
        "lift": 0.2, "low": 0.1, "high": 0.3, "state": LearningState.CANDIDATE,
        "expires_on": date(2026, 9, 1), "created_at": NOW,
    }  # fmt: skip
    return Learning(**(base | fields))


def spend(cost: str = "0.25") -> Spend:
    return Spend(calls=1, input_tokens=900, output_tokens=80, cost_usd=Decimal(cost))


def reservation(fingerprint: str = "f1", worst: str = "1", **fields: Any) -> LlmReservation:
    base = {
        "tenant": "acme", "campaign": "acme:launch", "purpose": "copywriting/draft", "run_id": "run-1",
        "model": "claude-sonnet-5-5", "fingerprint": fingerprint, "month": "2026-03", "worst_case_usd": Decimal(worst),
        "at": NOW,
    }  # fmt: skip
    return LlmReservation(**(base | fields))
