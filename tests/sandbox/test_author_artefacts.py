"""Every artefact kind over four very different products: valid, supported by the context, free of seams, repeatable."""

import json
import re
from datetime import UTC, datetime

import pytest
from anthropic import transform_schema

from marketeer_dagster.model.artefacts import ArtefactContent, artefact_kinds
from marketeer_dagster.model.campaign import Brief
from marketeer_dagster.model.review import Severity
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.quality import rules
from marketeer_dagster.sandbox.author.compose import structured
from marketeer_dagster.sandbox.author.flaws import is_internal
from marketeer_dagster.sandbox.author.paths import leaves
from marketeer_dagster.sandbox.author.text import numbers
from tests.sandbox import author_tasks as tasks

KINDS = sorted(artefact_kinds())
CUSTOMERS_READ = ("page_copy", "edited_copy", "email_sequence", "ad_campaign")
SEEDS = range(4)
SEAMS = re.compile(r"\{[a-z_]*\}|\.\.(?!\.)|,,|。。|，，|\bNone\b|  (?=\S)|…|\?\.|：。|: \.")


def write(kind: str, name: str, seed: int = 0, *parts: str) -> ArtefactContent:
    if kind == "edited_copy":
        parts = (*parts, tasks.block("upstream", page(name), ' skill="copywriting"'))
    answer = structured(
        tasks.task(name, tasks.draft(name, *parts, seed=seed)), transform_schema(artefact_kinds()[kind])
    )
    return artefact_kinds()[kind].model_validate_json(json.dumps(answer))


def page(name: str) -> object:
    schema = transform_schema(artefact_kinds()["page_copy"])
    return structured(tasks.task(name, tasks.draft(name, seed=99)), schema)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_fits_the_model_and_reads_without_seams(kind: str, name: str) -> None:
    for seed in SEEDS:
        content = write(kind, name, seed)
        assert content.target_page() in ("", tasks.BRIEFS[name]["target"])
        for path, text in content.texts():
            assert not SEAMS.search(text.replace("…", "") if kind == "context_document" else text), (path, text)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
@pytest.mark.parametrize("kind", CUSTOMERS_READ)
def test_public_text_states_no_number_that_the_context_lacks(kind: str, name: str) -> None:
    known = set(numbers(tasks.context(name).render()))
    for seed in SEEDS:
        for path, text in write(kind, name, seed).texts(public_only=True):
            assert set(numbers(text)) <= known, (path, text)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
@pytest.mark.parametrize("kind", KINDS)
def test_papers_for_colleagues_state_only_figures_they_were_given(kind: str, name: str) -> None:
    given = tasks.context(name).render() + tasks.METRICS + json.dumps(tasks.brief(name)) + "lrn_abc"
    known = set(numbers(given.replace("999", "")))
    for path, text in write(kind, name).texts():
        assert set(numbers(text)) <= known, (path, text)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
def test_quotations_are_verbatim_and_attributed_by_the_context(name: str) -> None:
    document = tasks.context(name).render()
    quoted = [q for seed in SEEDS for q in write("page_copy", name, seed).quotations]
    assert quoted
    assert all(q.text in document and q.attribution in document for q in quoted)


@pytest.mark.parametrize("name", tasks.CONTEXTS)
@pytest.mark.parametrize("kind", CUSTOMERS_READ)
def test_keeps_the_channels_rules(kind: str, name: str) -> None:
    now = datetime(2026, 4, 1, tzinfo=UTC)
    tenant = Tenant(id="acme", name="Acme", website="https://acme.example", created_at=now)
    wanted = Brief.model_validate({**tasks.brief(name), "campaign": "acme:x", "tenant": "acme", "created_at": now})
    for seed in SEEDS:
        found = rules.check(write(kind, name, seed), tenant, wanted)
        assert not [f for f in found if f.severity is Severity.BLOCKER]


def test_the_action_fits_the_product() -> None:
    labels = {name: {write("page_copy", name, seed).cta.label for seed in range(12)} for name in tasks.CONTEXTS}
    assert all(tasks.BRIEFS[name]["cta"] in found for name, found in labels.items())


def test_without_a_cta_in_the_brief_the_context_names_the_action() -> None:
    for name, expected in (
        ("nonprofit", "Donate monthly"),
        ("clinic_zh", "预约免费检查"),
        ("devtool", "Install the CLI"),
    ):
        text = tasks.draft(name).replace(json.dumps(tasks.BRIEFS[name]["cta"], ensure_ascii=False), '""')
        answer = structured(tasks.task(name, text), transform_schema(artefact_kinds()["email_sequence"]))
        content = artefact_kinds()["email_sequence"].model_validate_json(json.dumps(answer))
        assert content.emails[-1].cta_label == expected


def test_a_visitors_new_question_leads_the_page() -> None:
    for seed in range(6):
        content = write("page_copy", "saas", seed)
        body = content.body_markdown()
        assert "ISO 27001" in body
        assert "Data is stored in Frankfurt" in body
        assert "ISO 27001" in content.title_tag


def test_what_the_context_does_not_know_is_left_out_and_named() -> None:
    text = tasks.draft("saas").replace("iso 27001 consolidation data", "hipaa blockchain payroll")
    answer = structured(tasks.task("saas", text), transform_schema(artefact_kinds()["page_copy"]))
    content = artefact_kinds()["page_copy"].model_validate_json(json.dumps(answer))
    assert "blockchain" not in content.body_markdown().lower()
    assert "hipaa blockchain payroll" in content.notes.lower()


def test_learnings_are_cited() -> None:
    assert "[lrn_abc]" in write("page_copy", "saas").notes


def test_chinese_customers_are_addressed_in_chinese() -> None:
    """What colleagues read is in one language, that of skills and rubrics."""
    for kind in ("page_copy", "edited_copy", "email_sequence", "ad_campaign"):
        content = write(kind, "clinic_zh").model_dump()
        told = [
            text for path, text in leaves(content) if not is_internal(path) and "path" not in path and "url" not in path
        ]
        text = re.sub(r"\b(?:exact|phrase)\b|[a-z]+_[a-z_]+|/\S*|`[^`]*`", "", "".join(told))
        assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 8 * len(re.findall(r"[A-Za-z]+", text)), kind


def test_the_audit_quotes_the_page_and_the_query_mix() -> None:
    audit = write("page_audit", "saas").render()
    assert "“Welcome to our site”" in audit
    assert "“Learn more”" in audit
    assert "3,410" in audit
    assert "iso 27001 consolidation data" in audit.lower()


def test_orders_inside_a_live_page_are_ignored() -> None:
    for kind in KINDS:
        text = write(kind, "saas").model_dump_json()
        assert "Hacked" not in text
        assert "999" not in text


def test_equal_requests_get_equal_answers_and_other_campaigns_other_ones() -> None:
    for kind in KINDS:
        assert write(kind, "saas", 1) == write(kind, "saas", 1)
    drafts = {write("page_copy", "saas", seed).model_dump_json() for seed in range(8)}
    assert len(drafts) >= 5


def test_edited_copy_tracks_real_changes() -> None:
    for name in tasks.CONTEXTS:
        before = json.dumps(page(name), ensure_ascii=False)
        content = write("edited_copy", name)
        for change in content.changes:
            assert change.before in ("（无）", "(nothing)") or change.before.split("; ")[0] in before.replace(
                "\\n", "\n"
            )
            assert change.before != change.after
