"""Tenants, approved artefacts and publications for publishing tests: small, valid, and the same everywhere."""

from datetime import UTC, datetime
from pathlib import Path

from marketeer_dagster.model.artefacts import Artefact, ArtefactContent, ArtefactStatus, Spend, dump_content
from marketeer_dagster.model.artefacts.email_sequence import Email, EmailSequence
from marketeer_dagster.model.artefacts.page_copy import (
    Alternative,
    CallToAction,
    CopySection,
    PageCopy,
    Question,
    Quotation,
    SectionRole,
)
from marketeer_dagster.model.experiment import Experiment, Variant
from marketeer_dagster.model.ids import ArtefactId, BriefId, CampaignKey, ExperimentId, PublicationId, TenantId, derived
from marketeer_dagster.model.publication import Publication, PublicationState
from marketeer_dagster.model.review import Verdict
from marketeer_dagster.model.tenant import Autonomy, Tenant
from marketeer_dagster.publishing.protocols import Draft
from marketeer_dagster.store import Store

NOW = datetime(2026, 4, 6, 9, tzinfo=UTC)


def a_tenant(id: str = "acme", autonomy: Autonomy = Autonomy.AUTOPILOT) -> Tenant:
    return Tenant.model_validate(
        {"id": id, "name": "Acme", "website": "https://acme.example", "autonomy": autonomy, "created_at": NOW}
    )


def a_page(path: str = "/pricing", headline: str = "Reports that write themselves", **changes: object) -> PageCopy:
    copy = PageCopy(
        path=path,
        title_tag="Automatic weekly reports | Acme",
        meta_description="Acme turns your ticket queue into the weekly report your team lead asks for.",
        headline=headline,
        subheadline="Your Friday report, ready on Thursday & free of copy-paste.",
        cta=CallToAction(label="Start free trial", url="https://app.acme.example/signup", note="No card needed"),
        sections=(
            CopySection(role=SectionRole.PROBLEM, heading="Fridays go to copying", body="Two hours, *every* week."),
            CopySection(
                role=SectionRole.SOLUTION, heading="Acme reads the queue", body="It writes.", bullets=("Fast",)
            ),
            CopySection(
                role=SectionRole.PROOF, heading="Teams that switched", body='They "never" went back – 日本語 🎉.'
            ),
        ),
        quotations=(Quotation(text="It's the first report I read.", attribution="Dana Ray, Northwind"),),
        faq=(Question(question="Is there a contract?", answer="No."),),
        form_fields=("Work email",),
        headline_alternatives=(
            Alternative(text="Friday is free", reason="r"),
            Alternative(text="No report", reason="r"),
        ),
        cta_alternatives=(Alternative(text="Try it", reason="r"),),
    )
    return copy.model_copy(update=changes)


def an_email_sequence(emails: int = 1) -> EmailSequence:
    return EmailSequence(
        name="Trial welcome",
        audience="New trials",
        trigger="signs up",
        goal="first report",
        exit_rule="report made",
        emails=tuple(
            Email(
                purpose=f"Step {number}",
                delay_days=0 if number == 1 else 3,
                subjects=(f"Your first report, step {number}", "Start here"),
                preheader="It takes four minutes",
                body=f"Hello,\n\nthis is **email {number}** & it asks one thing.\n\n- connect the queue",
                cta_label="Connect your queue",
                cta_url="https://app.acme.example/connect",
            )
            for number in range(1, emails + 1)
        ),
    )


def an_artefact(
    content: ArtefactContent,
    *,
    tenant: str = "acme",
    campaign: str = "spring",
    skill: str = "copywriting",
    version: int = 1,
    status: ArtefactStatus = ArtefactStatus.APPROVED,
) -> Artefact:
    text, digest = dump_content(content)
    return Artefact(
        id=ArtefactId(derived("art", f"{tenant}:{campaign}", skill)),
        tenant=TenantId(tenant),
        campaign=CampaignKey(f"{tenant}:{campaign}"),
        brief=BriefId(derived("brf", campaign, skill)),
        skill=skill,
        kind=content.kind,
        version=version,
        title=content.title_of_kind,
        content=text,
        content_hash=digest,
        status=status,
        context_version=1,
        created_at=NOW,
    )


def a_publication(draft: Draft, artefact: Artefact, *, tool: str = "wordpress", key: str = "") -> Publication:
    """What the outbox would hold for `draft`, on its way out."""
    id = PublicationId(key or derived("pub", artefact.tenant, draft.target, artefact.id, str(artefact.version)))
    return Publication(
        id=id,
        tenant=artefact.tenant,
        campaign=artefact.campaign,
        artefact=artefact.id,
        version=artefact.version,
        skill=artefact.skill,
        tool=tool,
        kind=draft.kind,
        target=draft.target,
        idempotency_key=id,
        payload=draft.payload,
        state=PublicationState.WRITING,
        created_at=NOW,
        updated_at=NOW,
    )


def an_experiment(control: Artefact, challenger: Artefact, path: str) -> Experiment:
    return Experiment(
        id=ExperimentId(derived("exp", control.tenant, path, str(control.version), str(challenger.version))),
        tenant=control.tenant,
        campaign=challenger.campaign,
        subject=path,
        hypothesis="The challenger answers the question visitors arrive with.",
        variants=(
            Variant(name="control", artefact=control.id, version=control.version, share=0.5),
            Variant(name="b", artefact=challenger.id, version=challenger.version, share=0.5),
        ),
        max_days=28,
        sample_per_arm=400,
        started_on=NOW.date(),
        created_at=NOW,
    )


def a_store(folder: Path, tenant: Tenant) -> Store:
    """A fresh SQLite store that knows `tenant`."""
    store = Store.open(f"sqlite:///{folder / 'store.db'}")
    store.migrate()
    store.tenants.add(tenant)
    return store


def approved(store: Store, artefact: Artefact) -> Artefact:
    """`artefact` as the store's next version, finished with its status."""
    stored = store.artefacts.put(artefact)
    return store.artefacts.finalise(
        stored.id,
        stored.version,
        status=artefact.status,
        score=8.0,
        verdict=Verdict.APPROVE,
        revisions=0,
        spend=Spend(),
        prompt_hash="",
    )
