"""The sensor that has analysts' copies follow the store, as the daemon evaluates it."""

from marketeer_dagster.model.campaign import CampaignStatus
from tests.sensors.conftest import Watchtower
from tests.store import values
from tests.warehouse.frames import ask


def said(tower: Watchtower) -> str:
    ticked = tower.look("store_copies")
    assert ticked.run_requests == []
    return ticked.skip_message or ""


def test_what_changed_is_in_the_snapshot_after_the_next_tick(tower: Watchtower) -> None:
    assert "1 of tenants" in said(tower)
    assert said(tower) == "nothing changed since the copies of the store and the marts were made"
    tower.store.campaigns.add(values.campaign(f"{tower.store.tenants.list()[0].id}:new"))
    assert said(tower) == "copied 1 of campaigns; computed campaign_roi, signal_answers"
    tower.store.campaigns.set_status(tower.store.campaigns.list()[0].key, CampaignStatus.FAILED, tower.now)
    assert said(tower) == "copied 1 of campaigns; computed campaign_roi, signal_answers"
    assert ask(tower.warehouse, "SELECT status FROM campaigns") == [("failed",)]
    assert ask(tower.warehouse, "SELECT count(*) > 5 FROM skills") == [(True,)]
