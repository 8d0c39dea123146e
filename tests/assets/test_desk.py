"""What a skill is shown of the web follows from its tools and from what it makes, never from its name."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from assets.desk import Desk
from marketeer_dagster.agents.assignment import Assignment
from marketeer_dagster.agents.prompt import draft_prompt
from marketeer_dagster.campaigns.sources import sources_of
from marketeer_dagster.sandbox.author.compose import structured
from marketeer_dagster.sandbox.author.request import read_task
from resources.publishers import PublishersResource
from resources.store import StoreResource
from tests.support import marketing
from tests.support.campaign_home import CampaignHome, campaign_home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignHome]:
    with campaign_home(tmp_path_factory.mktemp("desk") / "home") as made:
        made.add_tenant()
        yield made


@pytest.fixture(scope="module")
def desk(home: CampaignHome) -> Desk:
    publishers = PublishersResource(store=StoreResource(home=str(home.path)))
    return Desk(home.store, home.home.warehouse, home.home.catalog, home.home.clock, publishers)


def work(home: CampaignHome, skill: str, target: str = "/") -> Assignment:
    brief = marketing.brief(skill, target=target)
    tenant = home.store.tenants.get("lumen")
    return marketing.assignment(home.home.catalog, skill, tenant=tenant, brief=brief)


@pytest.mark.parametrize("skill", ["page-cro", "copywriting", "seo-audit"])
def test_every_skill_that_may_read_the_web_sees_the_page_of_its_brief(
    home: CampaignHome, desk: Desk, skill: str
) -> None:
    seen = desk.with_pages(work(home, skill))
    assert seen.live_page is not None
    assert "Lumen" in seen.live_page.text


def test_a_skill_without_the_tool_sees_no_page_whatever_its_name(home: CampaignHome, desk: Desk) -> None:
    blind = work(home, "page-cro")
    blind = replace(blind, skill=blind.skill.model_copy(update={"tools": ()}))
    assert desk.with_pages(blind).live_page is None


def test_a_page_that_does_not_exist_or_no_page_at_all_is_no_error(home: CampaignHome, desk: Desk) -> None:
    assert desk.with_pages(work(home, "copywriting", "/not-there-yet")).live_page is None
    assert desk.with_pages(work(home, "content-strategy", "")).live_page is None


def test_an_audit_of_the_site_rests_on_a_crawl_of_it(home: CampaignHome, desk: Desk) -> None:
    assert desk.with_pages(work(home, "page-cro")).crawl is None
    seen = desk.with_pages(work(home, "seo-audit"))
    assert seen.crawl is not None
    assert {page.path: page.status for page in seen.crawl.pages}["/"] == 200
    assert len(seen.crawl.pages) > 1
    prompt = draft_prompt(seen)
    (turn,) = prompt.turns
    block = turn.whole.partition("<site_crawl ")[2].partition("</site_crawl>")[0]
    assert seen.crawl.root in block
    assert all(f"| {page.path} | {page.status} |" in block for page in seen.crawl.pages)
    assert seen.crawl.render() in sources_of(seen).texts


def test_the_offline_auditor_reports_what_the_crawl_shows(home: CampaignHome, desk: Desk) -> None:
    seen = desk.with_pages(work(home, "seo-audit"))
    assert seen.crawl is not None
    first, *others = seen.crawl.pages
    flawed = first.model_copy(update={"title": "", "links": ("/gone",)})
    gone = first.model_copy(update={"path": "/gone", "status": 404})
    crawl = seen.crawl.model_copy(update={"pages": (flawed, gone, *others)})
    prompt = draft_prompt(replace(seen, crawl=crawl))
    system = "\n\n".join(block.text for block in prompt.system)
    task = read_task(system, [(turn.role, turn.whole) for turn in prompt.turns])
    audit = structured(task, seen.content_type.model_json_schema())
    technical = [f for f in seen.content_type.model_validate(audit).findings if f.area == "technical"]  # type: ignore[attr-defined]
    assert ("/", "A link leads nowhere") in {(f.page, f.problem) for f in technical}
    assert ("/", "The page has no title tag") in {(f.page, f.problem) for f in technical}
