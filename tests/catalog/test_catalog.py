"""The shipped catalog loads, and answers by name, alias and order."""

import subprocess
import sys
from datetime import timedelta

import pytest
import yaml

from marketeer_dagster.catalog import Catalog, validate
from marketeer_dagster.catalog.catalog import PROJECT
from marketeer_dagster.catalog.reference_docs import render
from marketeer_dagster.catalog.tables import READABLE_TABLES
from marketeer_dagster.model.artefacts import artefact_kinds
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.context import ProductContext
from marketeer_dagster.model.errors import NotFound
from marketeer_dagster.sandbox.accounts import AccountSpec
from tests.catalog.conftest import CatalogCopy


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


SKILLS = {
    "product-marketing-context", "content-strategy", "copywriting", "copy-editing", "page-cro", "email-sequence",
    "paid-ads", "ab-test-setup", "analytics-tracking", "seo-audit",
}  # fmt: skip


def test_the_shipped_catalog_has_no_problem():
    assert validate() == ()


def test_the_first_ten_skills_are_there(catalog: Catalog):
    assert set(catalog.skills) == SKILLS


def test_every_artefact_kind_is_made_by_exactly_one_shipped_skill(catalog: Catalog):
    assert sorted(skill.artefact for skill in catalog.skills.values()) == sorted(artefact_kinds())


def test_every_skill_but_the_context_reads_the_context(catalog: Catalog):
    assert catalog.skill("product-marketing-context").reads == ()
    others = SKILLS - {"product-marketing-context"}
    assert all("product-marketing-context" in catalog.skill(name).reads for name in others)


@pytest.mark.parametrize(
    ("alias", "name"),
    [("cro", "page-cro"), ("emails", "email-sequence"), ("ads", "paid-ads"), ("ab-testing", "ab-test-setup"),
     ("analytics", "analytics-tracking"), ("product-marketing", "product-marketing-context")],
)  # fmt: skip
def test_a_newer_common_name_finds_its_skill(catalog: Catalog, alias: str, name: str):
    assert catalog.skill(alias).name == name


def test_an_unknown_skill_is_answered_with_the_closest_names(catalog: Catalog):
    with pytest.raises(NotFound, match=r"no skill 'copywritting'.*did you mean copywriting"):
        catalog.skill("copywritting")


def test_unknown_pipelines_signals_tools_and_tiers_are_not_found(catalog: Catalog):
    with pytest.raises(NotFound, match=r"did you mean conversion-sprint\?"):
        catalog.pipeline("conversion-print")
    with pytest.raises(NotFound, match="traffic_drop"):
        catalog.signal("nothing_like_it")
    with pytest.raises(NotFound, match=r"did you mean wordpress\?"):
        catalog.limit("wordpres")
    with pytest.raises(NotFound, match="standard, analytics_360"):
        catalog.limit("ga4", "gold")


def test_selection_order_puts_every_skill_after_all_it_reads(catalog: Catalog):
    order = catalog.selection_order()
    assert set(order) == SKILLS
    for name in order:
        assert all(order.index(read) < order.index(name) for read in catalog.skill(name).reads)


def test_selection_order_of_a_selection_takes_aliases_and_keeps_only_what_was_selected(catalog: Catalog):
    assert catalog.selection_order(["ab-testing", "copy-editing", "cro", "copywriting"]) == (
        "page-cro", "copywriting", "ab-test-setup", "copy-editing",
    )  # fmt: skip


def test_the_audit_of_the_live_page_stands_upstream_of_copy_and_reviews_it_too(catalog: Catalog):
    assert "page-cro" in catalog.upstream("copywriting")
    assert "page-cro" in catalog.skill("copywriting").reviewers
    assert "copywriting" not in catalog.upstream("page-cro")


def test_stages_of_a_pipeline_say_who_need_not_wait(catalog: Catalog):
    sprint = catalog.pipeline("conversion-sprint")
    assert sprint.skills == ("page-cro", "copywriting", "ab-test-setup", "analytics-tracking")
    assert sprint.stages == (("page-cro",), ("copywriting",), ("ab-test-setup", "analytics-tracking"))
    assert sprint.priority is Priority.P0


def test_a_pipeline_may_name_a_skill_by_alias(copy: CatalogCopy):
    copy.replace("catalog/pipelines.yaml", "[page-cro, copywriting, ab-test-setup", "[cro, copywriting, ab-testing")
    assert Catalog.load(copy.root).pipeline("conversion-sprint").skills[:3] == (
        "page-cro",
        "copywriting",
        "ab-test-setup",
    )


def test_signals_carry_threshold_cooldown_and_answer(catalog: Catalog):
    drop = catalog.signal("conversion_drop")
    assert (drop.threshold, drop.pipeline, drop.priority) == (0.10, "conversion-sprint", Priority.P0)
    assert drop.cooldown == timedelta(hours=24)
    assert catalog.signal("ab_test_significant").once


def test_squads_carry_the_documented_profile(catalog: Catalog):
    measure = catalog.squads["measure"].rubric.dimensions
    assert {name: (d.weight, d.minimum) for name, d in measure.items()} == {
        "technical": (0.25, 6), "data": (0.25, 5), "completeness": (0.20, 5), "actionability": (0.15, 4),
        "clarity": (0.15, 5),
    }  # fmt: skip
    assert all(d.question.endswith("?") for squad in catalog.squads.values() for d in squad.rubric.dimensions.values())


def test_a_skill_may_refine_its_squads_rubric(copy: CatalogCopy):
    refinement = {"brand": {"weight": 0.25, "minimum": 6}, "creativity": {"weight": 0.15}}
    copy.set("copywriting", rubric=refinement)
    catalog = Catalog.load(copy.root)
    refined = catalog.skill("copywriting").rubric.dimensions
    assert (refined["brand"].weight, refined["brand"].minimum, refined["creativity"].minimum) == (0.25, 6, 5)
    assert catalog.skill("copy-editing").rubric == catalog.squads["creative"].rubric


def test_a_new_folder_is_a_new_skill(copy: CatalogCopy):
    copy.add_skill("pricing-page-copy", like="copywriting", aliases=["pricing-copy"])
    catalog = Catalog.load(copy.root)
    assert catalog.skill("pricing-copy").artefact == "page_copy"
    assert catalog.selection_order()[-1] in catalog.skills


def test_a_root_without_catalog_files_uses_the_shipped_ones(copy: CatalogCopy):
    for path in copy.path("catalog").iterdir():
        path.unlink()
    assert Catalog.load(copy.root).pipelines == Catalog.load().pipelines


def test_editing_any_file_of_a_skill_changes_its_hash_and_no_other(copy: CatalogCopy):
    before = {name: skill.hash for name, skill in Catalog.load(copy.root).skills.items()}
    assert before == {name: skill.hash for name, skill in Catalog.load().skills.items()}
    with copy.path("skills/copywriting/references/headlines.md").open("a", encoding="utf-8") as file:
        file.write("\nOne more line.\n")
    after = {name: skill.hash for name, skill in Catalog.load(copy.root).skills.items()}
    assert {name for name in after if after[name] != before[name]} == {"copywriting"}


def test_line_ends_and_editor_leftovers_do_not_change_a_hash(copy: CatalogCopy):
    before = Catalog.load(copy.root).skill("copywriting").hash
    body = copy.path("skills/copywriting/SKILL.md")
    body.write_bytes(body.read_bytes().replace(b"\n", b"\r\n"))
    copy.path("skills/copywriting/.SKILL.md.swp").write_text("x")
    copy.path("skills/copywriting/SKILL.md~").write_text("x")
    assert Catalog.load(copy.root).skill("copywriting").hash == before


def test_loading_imports_neither_dagster_nor_pandas():
    code = (
        "import sys; from marketeer_dagster.catalog import Catalog; Catalog.load();"
        "print([m for m in ('dagster', 'pandas', 'sqlalchemy', 'anthropic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.strip() == "[]"


def test_skills_read_only_tables_that_come_from_outside(catalog: Catalog):
    assert all(table in READABLE_TABLES for skill in catalog.skills.values() for table in skill.metrics)


def test_docs_skills_md_is_what_the_catalog_says(catalog: Catalog):
    written = (PROJECT / "docs" / "skills.md").read_text(encoding="utf-8")
    assert written == render(catalog), "run: python -m marketeer_dagster.catalog.reference_docs docs/skills.md"
    assert all(f"[{name}](../skills/{name}/SKILL.md)" in written for name in SKILLS)


def test_the_sample_tenant_is_a_complete_context_and_a_valid_account():
    folder = PROJECT / "examples" / "threlby"
    text = (folder / "context.md").read_text(encoding="utf-8")
    context = ProductContext.parse(text)
    assert ProductContext.parse(context.render()) == context
    assert 1200 <= len(text.split()) <= 1800
    account = AccountSpec.model_validate(yaml.safe_load((folder / "account.yaml").read_text(encoding="utf-8")))
    assert account.name == context.name
    overview = context.sections[next(iter(context.sections))]
    assert all(f"**{plan.name} plan:** ${plan.monthly_usd:g} a month" in overview for plan in account.plans)
    assert account.one_liner in overview
    assert sum(plan.share or 0 for plan in account.plans) == pytest.approx(1)
    assert sum(page.share or 0 for page in account.pages) == pytest.approx(1)
