"""What waits for a person, the answers, and the documents they decide on."""

import json
from pathlib import Path

import pytest

from marketeer_dagster.campaigns.decisions import artefact_subject
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, dump_content
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.ids import ApprovalId, derived
from marketeer_dagster.model.review import Approval, ApprovalReason, Verdict
from tests.cli.homes import CommandLine
from tests.store import values
from tests.support.publishing import a_page

CAMPAIGN = "threlby:inbox"


@pytest.fixture(scope="module")
def waiting(marketeer: CommandLine) -> CommandLine:
    """A campaign with three artefacts that were not approved, as the Director leaves them for a person."""
    store = marketeer.store
    briefs = tuple(values.brief(skill, CAMPAIGN) for skill in ("copywriting", "copy-editing", "paid-ads"))
    store.campaigns.add(values.campaign(CAMPAIGN))
    store.campaigns.save_plan(CAMPAIGN, values.plan(*briefs), values.NOW)
    for brief in briefs:
        _escalated(marketeer, brief.skill)
    store.campaigns.set_status(CAMPAIGN, CampaignStatus.ESCALATED, values.NOW)
    store.close()
    return marketeer


def _escalated(marketeer: CommandLine, skill: str) -> Artefact:
    store = marketeer.store
    text, fingerprint = dump_content(a_page())
    stored = store.artefacts.put(values.artefact(text, skill, CAMPAIGN, content_hash=fingerprint, title=f"By {skill}"))
    artefact = store.artefacts.finalise(
        stored.id, stored.version, status=ArtefactStatus.ESCALATED, score=6.1, verdict=Verdict.REVISE, revisions=3,
        spend=stored.spend, prompt_hash="",
    )  # fmt: skip
    subject = artefact_subject(artefact)
    store.approvals.open(
        Approval(
            id=ApprovalId(derived("apr", subject)),
            tenant="threlby",
            campaign=CAMPAIGN,
            subject=subject,
            reason=ApprovalReason.NOT_APPROVED,
            title=f"{skill}: REVISE at 6.1",
            detail="too long",
            created_at=values.NOW,
        )
    )
    return artefact


def question_about(marketeer: CommandLine, skill: str) -> dict[str, str]:
    rows = marketeer.ok("inbox", "-t", "threlby", "--json").json
    return next(row for row in rows if row["title"].startswith(f"{skill}:"))


def artefact_of(marketeer: CommandLine, skill: str) -> dict[str, object]:
    rows = marketeer.ok("artefact", "list", "-c", CAMPAIGN, "--json").json
    return next(row for row in rows if row["skill"] == skill)


def test_the_inbox_shows_what_waits(waiting: CommandLine):
    shown = waiting.ok("inbox", "--detail").said
    assert "copywriting: REVISE at 6.1" in shown
    assert "too long" in shown
    assert waiting.ok("inbox", "-t", "bare", "--json").json == []
    assert "Nothing waits for you." in waiting.ok("inbox", "-t", "bare").said


def test_approving_lets_the_campaign_go_on(waiting: CommandLine):
    question = question_about(waiting, "copywriting")
    told = waiting.ok("approve", question["id"], "--note", "fine", "--by", "dana").said
    assert f"campaign continue {CAMPAIGN}" in told
    assert artefact_of(waiting, "copywriting")["status"] == "approved"
    assert waiting.ok("campaign", "list", "-t", "threlby", "--json").json[0]["status"] in (
        "planned",
        "running",
        "drafted",
    )
    store = waiting.store
    decided = store.approvals.get(ApprovalId(question["id"]))
    assert (decided.decided_by, decided.note) == ("dana", "fine")
    assert waiting.ok("approve", question["id"], "--by", "dana").code == 0, "the same answer again is no error"
    other = waiting("reject", question["id"])
    assert other.code == 1
    assert "approved" in other.said


def test_a_list_says_a_campaigns_status_as_its_page_does(waiting: CommandLine):
    store = waiting.store
    store.campaigns.add(values.campaign("threlby:held"))
    store.campaigns.set_status("threlby:held", CampaignStatus.WAITING, values.NOW)
    store.close()
    shown = waiting.ok("campaign", "show", "threlby:held", "--json").json["status"]
    listed = {row["key"]: row["status"] for row in waiting.ok("campaign", "list", "--json").json}
    assert listed["threlby:held"] == shown == "approved"


def test_rejecting_is_for_good(waiting: CommandLine):
    question = question_about(waiting, "paid-ads")
    waiting.refused("reject", question["id"][:10], saying=("--tenant",))
    waiting.ok("reject", question["id"][:10], "--tenant", "threlby", "--note", "not us")
    assert artefact_of(waiting, "paid-ads")["status"] == "rejected"


def test_sending_back_needs_a_reason_and_amends_the_brief(waiting: CommandLine):
    question = question_about(waiting, "copy-editing")
    waiting.refused("revise", question["id"], saying=("--note", "what should be different"))
    waiting.ok("revise", question["subject"], "--note", "name the price")
    briefs = waiting.store.briefs.for_campaign(CAMPAIGN)
    assert next(b for b in briefs if b.skill == "copy-editing").must_address[-1] == "name the price"


@pytest.mark.parametrize(("format", "holds"), [("md", "# "), ("html", "<h1>"), ("json", '"headline"')])
def test_an_artefact_is_exported(waiting: CommandLine, tmp_path: Path, format: str, holds: str):
    id = str(artefact_of(waiting, "copywriting")["id"])
    text = waiting.ok("artefact", "export", id, "--format", format).out
    assert holds in text
    assert a_page().headline in text
    file = tmp_path / f"copy.{format}"
    waiting.ok("artefact", "export", id, "--format", format, "--output", str(file))
    assert file.read_text(encoding="utf-8").strip() == text.strip()
    if format == "json":
        assert json.loads(text)["headline"] == a_page().headline


def test_an_artefact_is_shown_with_its_status(waiting: CommandLine):
    id = str(artefact_of(waiting, "paid-ads")["id"])
    assert a_page().headline in waiting.ok("artefact", "show", id).said
    assert waiting.ok("artefact", "show", id, "--json").json["reviews"] == []
