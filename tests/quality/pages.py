"""Hand-written artefacts of every kind for Threlby, true to its context, as a good writer would leave them."""

from marketeer_dagster.model.artefacts import ArtefactContent
from marketeer_dagster.model.artefacts.ad_campaign import (
    AdCampaign,
    AdGroup,
    AdSet,
    Keyword,
    MetaAd,
    ResponsiveSearchAd,
)
from marketeer_dagster.model.artefacts.content_strategy import ContentItem, ContentStrategy, Pillar
from marketeer_dagster.model.artefacts.context_document import ContextDocument, ContextSection
from marketeer_dagster.model.artefacts.edited_copy import Change, EditedCopy
from marketeer_dagster.model.artefacts.email_sequence import Email, EmailSequence
from marketeer_dagster.model.artefacts.experiment_plan import Arm, ExperimentPlan
from marketeer_dagster.model.artefacts.page_audit import AuditFinding, PageAudit, TestIdea
from marketeer_dagster.model.artefacts.page_copy import (
    Alternative,
    CallToAction,
    CopySection,
    PageCopy,
    Question,
    Quotation,
)
from marketeer_dagster.model.artefacts.seo_audit import QueryOpportunity, SeoAudit, SeoFinding
from marketeer_dagster.model.artefacts.tracking_plan import Parameter, TrackedEvent, TrackingPlan
from marketeer_dagster.model.context import Section
from marketeer_dagster.model.tenant import Tenant
from tests.support import marketing

METRICS = """| page | sessions | conversions | conversion_rate | revenue |
|---|---|---|---|---|
| /pricing | 4,310 | 138 | 0.0321 | 5382 |
| / | 12,044 | 180 | 0.0149 | 7020 |"""
TENANT = Tenant(id="threlby", name="Threlby", website="https://threlby.example", created_at=marketing.NOW)  # type: ignore[arg-type]
BRIEF = marketing.brief("copywriting", keywords=("client document portal",), offer="", audience="practice owners")


def page(**changes: object) -> PageCopy:
    """A landing page; `changes` replace its fields."""
    values: dict[str, object] = {
        "path": "/pricing",
        "title_tag": "Client document portal without logins | Threlby",
        "meta_description": "Clients upload from their phone, reminders stop by themselves. 14 days, no card.",
        "headline": "Every client's papers, before the tenth of the month",
        "subheadline": "Threlby sends one checklist and reminds your clients until it is complete. Most practices "
        "send their first request on the day they start.",
        "cta": CallToAction(label="Start the 14-day trial", url="/signup", note="No credit card. Cancel at any time."),
        "sections": (
            CopySection(
                role="problem",
                heading="The status of 200 clients lives in a spreadsheet",
                body="Staff write the same reminders by hand every month. **Half** of the invited clients never log "
                "in to a portal.",
                bullets=("Photographs called IMG_2041 are renamed by hand, 3 minutes each.",),
            ),
            CopySection(
                role="how_it_works",
                heading="Three steps, then look at the board",
                body="1. Import your client list.\n2. Choose one of 34 templates.\n3. Send the first request.",
            ),
            CopySection(
                role="proof",
                heading="What 2,150 practices see",
                body="87 % of checklists are complete before the due date, up from 52 %. Practices save 5.5 hours per "
                "staff member and month (survey of 312 customers, March 2026).",
            ),
            CopySection(
                role="offer",
                heading="Solo, Practice or Firm",
                body="Solo plan: $39 a month. Practice plan: $119 a month. Firm plan: $289 a month.",
            ),
        ),
        "quotations": (
            Quotation(
                text="I used to write forty reminders on a Monday. Now I look at the board and drink my coffee.",
                attribution="Moira Fennimore, Fennimore & Aske Bookkeeping",
            ),
        ),
        "faq": (
            Question(
                question="Is it safe enough for payslips?",
                answer="Files are encrypted and stored in Dublin and "
                "Amsterdam only. Threlby is certified to ISO 27001.",
            ),
            Question(
                question="Does it work with Xero?", answer="Yes, in Practice and Firm; it takes about 10 minutes."
            ),
        ),
        "form_fields": ("Work email", "Name of your practice"),
        "headline_alternatives": (
            Alternative(text="Nobody has to chase", reason="Shorter"),
            Alternative(text="The last reminder you write", reason="Says the gain; expect 5 to 8 % more starts"),
        ),
        "cta_alternatives": (Alternative(text="Send a first request", reason="Concrete"),),
        "notes": "The old page converts at 3.2 % of 4,310 sessions.",
    }
    return PageCopy.model_validate(values | changes)


def with_text(text: str) -> PageCopy:
    """The page with `text` in a paragraph that visitors read."""
    section = CopySection(role="solution", heading="How a month goes", body=text)
    return page(sections=(*page().sections, section))


def edited() -> EditedCopy:
    change = Change(
        sweep="clarity",
        where="headline",
        before="A portal 3x as good",
        after="Every client's papers",
        reason="The old one claimed 300 %",
    )
    return EditedCopy(page=page(), changes=(change,), summary="Seven sweeps, 11 changes.")


def emails(**changes: object) -> EmailSequence:
    values: dict[str, object] = {
        "name": "Trial, 5 emails in 14 days",
        "audience": "Practice owners in their trial",
        "trigger": "Trial started",
        "goal": "First request sent",
        "exit_rule": "Leaves when the first paid month begins",
        "emails": (
            Email(
                purpose="Day 0: send a request",
                delay_days=0,
                subjects=("Your first request", "Start with your list"),
                preheader="Import, template, request: the same day.",
                body="Hi *|IF:FNAME|**|FNAME|**|ELSE:|*there*|END:IF|*,\n\nimport your list and choose a "
                "template. Two things help: a small list and a "
                "friendly client.\n\nQuestions? Reply to this email.\n\nThe team at Threlby",
                cta_label="Send the first request",
                cta_url="/signup?utm_source=email",
            ),
            Email(
                purpose="Proof after 3 days",
                delay_days=3,
                subjects=("What happens by the tenth", "212 clients in a week"),
                preheader="Carrow Vale cut late closings from 31 % to 9 %.",
                body="Carrow Vale Accountants cut the share of late closings from 31 % to 9 % in two quarters.",
                cta_label="Start your trial board",
                cta_url="https://www.threlby.example/signup",
            ),
        ),
    }
    return EmailSequence.model_validate(values | changes)


def ads(**changes: object) -> AdCampaign:
    values: dict[str, object] = {
        "name": "Portals Q3",
        "objective": "Trials at USD 45",
        "daily_budget_usd": 60,
        "search_share": 0.7,
        "ad_groups": (
            AdGroup(
                name="Portal refugees 2",
                keywords=(Keyword(text="taxdome alternative", match="phrase"),),
                negative_keywords=("jobs 2026",),
                ad=ResponsiveSearchAd(
                    headlines=("Client Papers Without Chasing", "No Login for Clients", "Try It for 14 Days"),
                    descriptions=(
                        "One checklist, reminders that stop by themselves.",
                        "91 % of invited clients upload.",
                    ),
                    paths=("documents", "clients"),
                    final_url="/signup",
                ),
            ),
        ),
        "ad_sets": (
            AdSet(
                name="Owners 35+",
                audience="Owners of practices, 35 to 60",
                ads=(
                    MetaAd(
                        angle="January, 60 clients missing",
                        primary_text="Closings done by the tenth, without reminders.",
                        headline="Nobody has to chase",
                        link="/signup",
                    ),
                ),
            ),
        ),
        "rationale": "Search earns more; a click should cost about $4.",
    }
    return AdCampaign.model_validate(values | changes)


def audit() -> PageAudit:
    return PageAudit(
        path="/pricing",
        summary="138 of 4,310 sessions convert (3.2 %).",
        findings=(
            AuditFinding(
                area="headline",
                impact="high",
                evidence="“Welcome to our platform, loved by everybody”",
                problem="Says nothing about setup",
                recommendation="Name the day of the first request",
            ),
        ),
        quick_wins=("Move the trial above the fold",),
        test_ideas=(
            TestIdea(hypothesis="Naming the price lifts starts", change="headline", expected_effect="unknown"),
        ),
    )


def experiment(**changes: object) -> ExperimentPlan:
    values: dict[str, object] = {
        "path": "/pricing",
        "hypothesis": "Naming setup time lifts trials.",
        "primary_metric": "sign_up",
        "arms": (Arm(name="control", description="as it is", share=0.5), Arm(name="b", description="setup", share=0.5)),
        "baseline_rate": 0.0321,
        "minimum_effect": 0.2,
        "sample_per_arm": 12100,
        "max_days": 60,
        "stopping_rule": "Stop when the interval excludes zero at 95 %.",
        "analysis": "Always-valid interval, 80 % power.",
    }
    return ExperimentPlan.model_validate(values | changes)


def strategy(**changes: object) -> ContentStrategy:
    item = {
        "pillar": "Closings",
        "stage": "awareness",
        "format": "article",
        "impact": 4,
        "effort": 2,
        "why_now": "Season",
    }
    values: dict[str, object] = {
        "summary": "Own the closing.",
        "pillars": (
            Pillar(name="Closings", why="It hurts monthly", topics=("a", "b")),
            Pillar(name="Security", why="Asked before signing", topics=("c", "d")),
        ),
        "roadmap": tuple(
            ContentItem.model_validate({**item, "title": title, "query": title})
            for title in ("Close by the tenth", "Send payslips safely", "Leave a portal")
        ),
        "measures": ("Trials from articles",),
    }
    return ContentStrategy.model_validate(values | changes)


def tracking(**changes: object) -> TrackingPlan:
    event = TrackedEvent(
        name="sign_up",
        trigger="Trial form sent",
        key_event=True,
        answers="Who starts?",
        parameters=(Parameter(name="plan", description="Chosen plan", example="practice"),),
    )
    values: dict[str, object] = {
        "summary": "One conversion.",
        "events": (event,),
        "utm_rules": ("utm_campaign={campaign}",),
        "checks": ("DebugView shows sign_up",),
    }
    return TrackingPlan.model_validate(values | changes)


def seo() -> SeoAudit:
    return SeoAudit(
        summary="Two queries below position 4.",
        findings=(
            SeoFinding(
                area="content",
                impact="high",
                page="/pricing",
                evidence="position 8.4",
                problem="No answer to setup",
                fix="Write it",
            ),
        ),
        opportunities=(
            QueryOpportunity(query="client portal", page="/", clicks=3, impressions=90, position=8.4, action="x"),
        ),
        next_steps=("Write it",),
    )


def document() -> ContextDocument:
    return ContextDocument(
        name="Threlby", sections=tuple(ContextSection(section=section, body="As it is.") for section in Section)
    )


ALL: dict[str, ArtefactContent] = {
    made.kind: made
    for made in (page(), edited(), emails(), ads(), audit(), experiment(), strategy(), tracking(), seo(), document())
}
