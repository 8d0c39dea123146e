"""Campaigns, plans and briefs."""

import pytest

from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.errors import BadInput, NotFound
from marketeer_dagster.model.ids import SLUG
from marketeer_dagster.store import Store
from tests.store import values
from tests.store.values import LATER, brief, plan


def test_a_campaign_key_is_taken_once(acme: Store) -> None:
    with pytest.raises(BadInput, match="'acme:launch' exists already"):
        acme.campaigns.add(values.campaign(title="Another"))
    with pytest.raises(NotFound, match="did you mean acme:launch"):
        acme.campaigns.get("acme:lunch")
    acme.tenants.add(values.tenant("acma"))
    with pytest.raises(NotFound) as refused:
        acme.campaigns.get("acma:launch")
    assert "acme:launch" not in str(refused.value), "the nearest key is another tenant's"


def test_campaigns_are_found_by_tenant_status_and_signal(acme: Store) -> None:
    acme.tenants.add(values.tenant("globex"))
    acme.campaigns.add(values.campaign("globex:launch"))
    sprint = acme.campaigns.add(values.campaign("acme:sprint", signal="sig_1"))
    acme.campaigns.set_status("acme:sprint", CampaignStatus.RUNNING, LATER)
    assert [c.key for c in acme.campaigns.list("acme")] == ["acme:launch", "acme:sprint"]
    assert [c.key for c in acme.campaigns.list(status=CampaignStatus.RUNNING)] == ["acme:sprint"]
    assert [c.key for c in acme.campaigns.list(signal="sig_1")] == [sprint.key]


def test_a_plan_makes_a_drafted_campaign_planned_and_its_briefs_readable(acme: Store) -> None:
    wanted = plan(brief("page-cro"), brief("copywriting"))
    campaign = acme.campaigns.save_plan("acme:launch", wanted, LATER)
    assert campaign.status is CampaignStatus.PLANNED
    assert campaign.updated_at == LATER
    assert acme.campaigns.get("acme:launch").plan == wanted
    assert acme.briefs.for_campaign("acme:launch") == wanted.briefs
    assert acme.briefs.get(wanted.briefs[1].id) == wanted.briefs[1]


def test_a_running_campaign_that_is_planned_again_keeps_running(acme: Store) -> None:
    acme.campaigns.set_status("acme:launch", CampaignStatus.RUNNING, LATER)
    assert acme.campaigns.save_plan("acme:launch", plan(), LATER).status is CampaignStatus.RUNNING


def test_a_new_plan_replaces_the_briefs_of_the_old_one_but_keeps_them_readable(acme: Store) -> None:
    acme.campaigns.save_plan("acme:launch", plan(brief("page-cro"), brief("copywriting")), LATER)
    acme.campaigns.save_plan("acme:launch", plan(brief("paid-ads"), brief("copywriting", objective="Sell more")), LATER)
    now = acme.briefs.for_campaign("acme:launch")
    assert [(b.skill, b.objective) for b in now] == [("paid-ads", "Sell"), ("copywriting", "Sell more")]
    assert acme.briefs.get(brief("page-cro").id).skill == "page-cro"


def test_a_brief_of_another_campaign_is_refused_and_nothing_is_written(acme: Store) -> None:
    with pytest.raises(BadInput, match="belongs to acme:other"):
        acme.campaigns.save_plan("acme:launch", plan(brief(), brief("paid-ads", "acme:other")), LATER)
    assert acme.campaigns.get("acme:launch").plan is None
    assert acme.briefs.for_campaign("acme:launch") == ()


def test_amending_a_brief_adds_each_note_once_there_and_in_the_plan(acme: Store) -> None:
    acme.campaigns.save_plan("acme:launch", plan(brief("page-cro"), brief(must_address=("Price",))), LATER)
    amended = acme.briefs.amend(brief().id, must_address=("Shorter", "Price"), at=LATER)
    assert amended.must_address == ("Price", "Shorter")
    assert acme.briefs.get(brief().id) == amended
    stored = acme.campaigns.get("acme:launch").plan
    assert stored is not None
    assert stored.brief_for("copywriting") == amended
    assert stored.brief_for("page-cro") == brief("page-cro")


def test_a_slug_in_use_gets_a_number(acme: Store) -> None:
    assert acme.campaigns.unique_slug("acme", "new") == "new"
    assert acme.campaigns.unique_slug("acme", "launch") == "launch-2"
    acme.campaigns.add(values.campaign("acme:launch-2"))
    assert acme.campaigns.unique_slug("acme", "launch") == "launch-3"
    assert acme.campaigns.unique_slug("globex", "launch") == "launch"


@pytest.mark.parametrize("wanted", ["More trials, please!", "增加试用", "a" * 80, "word " * 30, "x" * 39 + "-y"])
def test_any_text_gives_a_valid_free_slug(acme: Store, wanted: str) -> None:
    first = acme.campaigns.unique_slug("acme", wanted)
    acme.campaigns.add(values.campaign(f"acme:{first}"))
    second = acme.campaigns.unique_slug("acme", wanted)
    assert first != second
    for slug in (first, second):
        assert SLUG.match(slug)
        assert len(slug) <= 40
