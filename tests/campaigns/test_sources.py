"""What an author read is kept with the version: its reviewers and revisers are asked over the very same material."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.prompt import draft_prompt, review_prompt, revise_prompt
from marketeer_dagster.agents.web import CrawledPage, SiteCrawl
from marketeer_dagster.campaigns.sources import as_read, inputs_of, keep_material, material_of
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefact_sources import ArtefactSources
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.store import Store
from tests.agents.test_prompt import audit, copy, finding
from tests.support import marketing


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        opened.migrate()
        opened.tenants.add(marketing.tenant())
        opened.contexts.add(marketing.TENANT, marketing.context().context, at=marketing.NOW)
        yield opened


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.load()


def work(catalog: Catalog, upstream: Artefact) -> Assignment:
    return marketing.assignment(
        catalog, "copywriting", upstream=(upstream,), learnings=(marketing.learning(),),
        live_page=marketing.live_page("Old headline"),
        crawl=SiteCrawl(root="https://lumen.example", pages=(CrawledPage(path="/gone", status=404, links=("/x",)),)),
    )  # fmt: skip


def prompts(catalog: Catalog, assignment: Assignment) -> list[str]:
    """Every question that is asked over the material, word for word."""
    skill = catalog.skill("copywriting")
    made = [
        draft_prompt(assignment),
        revise_prompt(assignment, copy(), (finding(),)),
        review_prompt(assignment, copy(), reviewer="page-cro", lens="l", rubric=skill.rubric, round=1),
    ]
    return [prompt.model_dump_json() for prompt in made]


def test_later_steps_read_what_the_author_read_though_all_of_it_moved_on(store: Store, catalog: Catalog) -> None:
    upstream = store.artefacts.put(marketing.artefact("page-cro", audit()))
    read = work(catalog, upstream)
    draft = store.artefacts.put(marketing.artefact("copywriting", copy()))
    keep_material(store, draft, material_of(read), read)

    newer = store.artefacts.put(marketing.artefact("page-cro", audit(summary="Quite another finding.")))
    moved_on = replace(
        read, upstream=(newer,), metrics="| other | figures |", learnings=(), live_page=None, crawl=None,
        context=store.contexts.add(read.tenant.id, marketing.context(voice="Loud.").context, at=marketing.NOW),
    )  # fmt: skip
    again = as_read(store, draft, moved_on)
    assert prompts(catalog, again) == prompts(catalog, read)
    assert inputs_of(again) == inputs_of(read)


def test_an_author_who_read_nothing_is_reviewed_over_nothing(store: Store, catalog: Catalog) -> None:
    read = marketing.assignment(catalog, "copywriting", metrics="")
    draft = store.artefacts.put(marketing.artefact("copywriting", copy()))
    keep_material(store, draft, material_of(read), read)
    moved_on = replace(read, live_page=marketing.live_page("new"), learnings=(marketing.learning(),), metrics="| m |")
    assert prompts(catalog, as_read(store, draft, moved_on)) == prompts(catalog, read)


def test_versions_from_before_are_reviewed_over_what_there_is_now(store: Store, catalog: Catalog) -> None:
    now = marketing.assignment(catalog, "copywriting")
    draft = store.artefacts.put(marketing.artefact("copywriting", copy()))
    assert as_read(store, draft, now) is now
    store.artefact_sources.put(ArtefactSources(artefact=draft.id, tenant=draft.tenant, version=1, metrics="| old |"))
    assert as_read(store, draft, now) is now
