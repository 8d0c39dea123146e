"""An operator's day in Dagster's UI alone, in Chromium: start work, watch it, answer for it, pause, resume, add."""

from collections.abc import Iterator

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import SystemClock
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.pausing import said_of
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState
from marketeer_dagster.model.tenant import Autonomy
from tests.browser.cockpit import Cockpit, cockpit_at
from tests.support import marketing
from tests.support.campaign_home import SMALLEST, TENANT

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

KEY = CampaignKey(f"{TENANT}:spring")
JOB = "pipeline_email_refresh"
CHANNEL = "mailchimp_publication"


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cockpit]:
    with cockpit_at(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def worked(cockpit: Cockpit) -> Cockpit:
    """A pipeline was started in the Launchpad, and its run was watched from its beginning to its end."""
    cockpit.launchpad("start_pipeline", {"tenant": TENANT, "campaign": "spring"})
    cockpit.write(
        f"ops:\n  accept_pipeline:\n    config:\n      tenant: {TENANT}\n      campaign: spring\n      pipeline: "
    )
    assert SMALLEST in cockpit.completions()
    assert cockpit.launch("start_pipeline", {"tenant": TENANT, "campaign": "spring", "pipeline": SMALLEST}) == "Success"
    cockpit.until(lambda: cockpit.runs(JOB))
    (run,) = cockpit.runs(JOB)
    page = cockpit.page
    page.goto(f"{cockpit.url}/runs/{run['runId']}")
    page.get_by_text("RUN_ENQUEUED").first.wait_for()
    page.evaluate("() => { window.neverReloaded = true }")
    return cockpit


def test_a_run_page_shows_steps_and_success_while_it_is_looked_at(worked: Cockpit) -> None:
    page = worked.page
    for told in ("RUN_SUCCESS", "Finished execution of run"):
        page.get_by_text(told).last.wait_for()
    page.get_by_text("Success", exact=True).first.wait_for()
    page.get_by_text("campaign_plan").first.wait_for()
    assert page.evaluate("() => window.neverReloaded"), "the page is the one that was opened while it ran"
    page.get_by_text("No steps are executing").wait_for()
    assert worked.home.store.campaigns.get(KEY).plan is not None


def test_what_waits_for_a_person_is_seen_on_its_asset_until_it_is_answered_in_the_launchpad(worked: Cockpit) -> None:
    worked.until(lambda: worked.home.store.campaigns.get(KEY).status is CampaignStatus.WAITING)
    asked = worked.home.store.approvals.list(campaign=KEY, state=ApprovalState.PENDING)
    assert asked
    worked.open_asset(CHANNEL, view="checks")
    worked.page.get_by_text(f"waits for a person: {asked[0].id}", exact=False).first.wait_for()
    answer = {"question": asked[0].id, "answer": "approve", "by": "Ada", "note": "fine"}
    assert worked.launch("answer_inbox", answer) == "Success"
    for other in worked.home.store.approvals.list(campaign=KEY, state=ApprovalState.PENDING):
        decide(worked.home.store, SystemClock(), other.id, ApprovalState.APPROVED, by="Ada")
    worked.until(lambda: worked.home.store.campaigns.get(KEY).status is CampaignStatus.PUBLISHED)
    published = worked.home.store.publications.list(campaign=KEY)
    assert {row.state for row in published} == {PublicationState.PUBLISHED}
    assert {a.decided_by for a in worked.home.store.approvals.list(campaign=KEY)} == {"Ada"}
    worked.open_asset(CHANNEL, view="checks")
    worked.page.get_by_text("Passed", exact=True).first.wait_for()


def test_a_wrong_answer_is_refused_in_the_launchpad_and_says_what_there_is(cockpit: Cockpit) -> None:
    cockpit.launchpad("answer_inbox", {"question": "apr_no", "answer": "perhaps", "by": "Ada"})
    cockpit.page.get_by_text("perhaps").nth(1).wait_for()  # in the Launchpad's errors, before anything is launched
    assert cockpit.page.get_by_role("button", name="Launch Run").is_disabled()
    assert cockpit.launch("answer_inbox", {"question": "apr_no", "answer": "approve", "by": "Ada"}) == "Failure"
    cockpit.page.get_by_text("no approval 'apr_no'", exact=False).first.wait_for()


def test_a_tenant_is_paused_and_resumed(cockpit: Cockpit) -> None:
    store = cockpit.home.store
    assert cockpit.launch("pause_tenant", {"tenant": TENANT, "by": "Ada", "reason": "relaunch"}) == "Success"
    assert "by Ada: relaunch" in said_of(store.tenants.get(TENANT))
    goal = {"tenant": TENANT, "goal": "More trial signups this quarter", "budget_usd": 5}
    assert cockpit.launch("start_goal", goal) == "Success"
    cockpit.until(lambda: f"{TENANT} is paused since" in cockpit.newest_tick("campaigns"))
    assert cockpit.runs("plan_campaign") == [], "nothing new has started for it"
    assert cockpit.launch("resume_tenant", {"tenant": TENANT, "by": "Ada"}) == "Success"
    assert said_of(store.tenants.get(TENANT)) == ""
    cockpit.until(lambda: cockpit.runs("plan_campaign"))


def test_a_tenant_is_added_with_its_context(cockpit: Cockpit) -> None:
    context = marketing.context().context.render()
    facts = {"id": "globex", "name": "Globex", "website": "https://globex.example", "autonomy": "draft_only"}
    assert cockpit.launch("add_tenant", {**facts, "context": context}) == "Success"
    assert cockpit.home.store.tenants.get("globex").autonomy is Autonomy.DRAFT_ONLY
    cockpit.open_asset("product_context", partition="globex", view="partitions")
    cockpit.page.get_by_text("globex").first.wait_for()


def test_a_typed_partition_says_how_a_campaign_is_started_and_goes_away(cockpit: Cockpit) -> None:
    run_id = cockpit.launch_typed(JOB, "typed")
    cockpit.page.goto(f"{cockpit.url}/runs/{run_id}")
    cockpit.page.get_by_text("start_pipeline", exact=False).first.wait_for()
    cockpit.page.get_by_text("Failure", exact=True).first.wait_for()

    def known() -> list[str]:
        with cockpit.home.instance() as instance:
            return list(instance.get_dynamic_partitions("campaigns"))

    cockpit.until(lambda: "typed" not in known())
    assert "typed" not in [campaign.key for campaign in cockpit.home.store.campaigns.list()]
