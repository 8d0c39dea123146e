"""Why a campaign stands where it stands, what waits for a person because of it, and publications that failed."""

import pytest

from marketeer_dagster.campaigns.escalation import ask_about_failure
from marketeer_dagster.campaigns.status import settle
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.clock import FixedClock
from marketeer_dagster.model.errors import ToolErrorKind
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.publishing.retrying import ask_to_mend
from tests.cli.homes import CommandLine
from tests.store import values

STOPPED, LATE, REFUSED = CampaignKey("threlby:stopped"), CampaignKey("threlby:late"), CampaignKey("threlby:refused")
CAUSE = "campaign plan: the plan is unsound: briefs[0]: no skill 'telepathy'"
CLOCK = FixedClock(values.NOW)


@pytest.fixture(scope="module")
def troubled(marketeer: CommandLine) -> CommandLine:
    """A campaign whose planning stopped, one that waits for an outage to end, one whose page a tool refused."""
    store = marketeer.store
    for key in (STOPPED, LATE, REFUSED):
        store.campaigns.add(values.campaign(key))
    ask_about_failure(store, CLOCK, STOPPED, [CAUSE])
    settle(store, CLOCK, STOPPED, complete=False, causes=[CAUSE])
    store.campaigns.note(LATE, "Claude is overloaded")
    store.campaigns.postpone(LATE, values.LATER)
    store.campaigns.set_status(LATE, CampaignStatus.POSTPONED, values.NOW)
    row = store.publications.intend(
        values.publication("refused", tenant="threlby", campaign=REFUSED, state=PublicationState.WRITING)
    )
    error = "wordpress: auth: 401 the password was revoked"
    fields = {"error": error, "failure": ToolErrorKind.AUTH, "attempts": 1}
    moved = store.publications.transition(
        row.id, {PublicationState.WRITING}, PublicationState.FAILED, at=values.NOW, **fields
    )
    ask_to_mend(store, CLOCK, moved)
    store.close()
    return marketeer


def test_a_stopped_campaign_says_why_and_what_to_do(troubled: CommandLine):
    report = troubled.ok("campaign", "show", STOPPED, "--json").json
    assert (report["status"], report["reason"]) == ("escalated", CAUSE)
    (question,) = report["inbox"]
    assert question["reason"] == "work_failed"
    shown = " ".join(troubled.ok("campaign", "show", STOPPED).said.split())
    assert "no skill 'telepathy'" in shown
    assert f"marketeer approve {question['id']}" in shown
    listed = {row["key"]: row["reason"] for row in troubled.ok("campaign", "list", "--json").json}
    assert listed[STOPPED] == CAUSE
    assert "approve to try again" in troubled.ok("inbox", "-t", "threlby", "--detail").said


def test_one_that_waits_for_an_outage_says_so_and_asks_nobody(troubled: CommandLine):
    report = troubled.ok("campaign", "show", LATE, "--json").json
    assert (report["status"], report["reason"], report["inbox"]) == ("postponed", "Claude is overloaded", [])
    assert report["resume_at"] == values.LATER.isoformat()
    assert "campaign continue" in troubled.ok("campaign", "show", LATE).said


def test_a_failed_publication_is_listed_shown_and_tried_again_once(troubled: CommandLine):
    (row,) = troubled.ok("publication", "list", "--state", "failed", "--json").json
    assert (row["state"], row["attempts"], row["failure"]) == ("failed", 1, "auth")
    assert "revoked" in row["reason"]
    assert row["age_s"] >= 0
    assert "payload" not in row
    assert "revoked" in troubled.ok("campaign", "show", REFUSED, "--json").json["reason"]
    assert troubled.ok("publication", "list", "-t", "bare", "--json").json == []
    troubled.refused("publication", "retry", row["id"], "-t", "bare", saying=("no publication",))
    told = troubled.ok("publication", "retry", row["id"], "--by", "dana").said
    assert f"campaign continue {REFUSED}" in " ".join(told.split())
    again = troubled("publication", "retry", row["id"])
    assert again.code == 1
    assert "not failed" in again.said
    assert troubled.ok("campaign", "show", REFUSED, "--json").json["inbox"] == []


def test_a_publication_that_is_not_there_is_refused_without_naming_others(troubled: CommandLine):
    (row,) = troubled.ok("publication", "list", "-c", REFUSED, "--json").json
    refused = troubled("publication", "retry", row["id"][:-1])
    assert refused.code == 2
    assert row["id"] not in refused.said


def test_a_tool_is_not_connected_to_a_private_or_unencrypted_address(troubled: CommandLine):
    secret = ("--secret", "application_password=KEY")
    for address, said in (("http://10.0.0.7", "plain HTTP"), ("https://10.0.0.7", "private network")):
        options = ("--set", f"base_url={address}", "--set", "user=u", *secret)
        refused = troubled("connect", "wordpress", "-t", "bare", *options, KEY="a password of some length")
        assert refused.code == 2
        assert said in " ".join(refused.said.split())
