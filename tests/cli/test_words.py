"""One vocabulary: commands, warehouse comments and documents say the words of the enumerations, and no others."""

import re
from enum import StrEnum

import pytest

from assets.metrics.landing_log import LandingState
from marketeer_dagster.model.artefacts import ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.experiment import ExperimentState
from marketeer_dagster.model.learning import LearningState
from marketeer_dagster.model.publication import PublicationState
from marketeer_dagster.model.review import ApprovalState, Verdict
from marketeer_dagster.store.llm_rows import CallState
from marketeer_dagster.warehouse.schema import TABLES
from tests.cli.homes import PROJECT, CommandLine
from tests.cli.test_every_command import COMMANDS

STANDINGS: dict[tuple[str, str], type[StrEnum]] = {
    ("campaigns", "status"): CampaignStatus,
    ("artefacts", "status"): ArtefactStatus,
    ("artefacts", "verdict"): Verdict,
    ("reviews", "verdict"): Verdict,
    ("publications", "state"): PublicationState,
    ("experiments", "state"): ExperimentState,
    ("learnings", "state"): LearningState,
    ("llm_calls", "state"): CallState,
    ("approvals", "state"): ApprovalState,
    ("landings", "state"): LandingState,
}
"""Column of the warehouse -> what it holds."""
WORDS = {member.value for kind in STANDINGS.values() for member in kind}


def enumerated(comment: str) -> list[str]:
    """The words of a comment such as `draft, approved (by a person) or rejected; more about it.`"""
    listed = re.sub(r"\([^()]*\)", "", comment.split(";")[0].split(". ")[0].rpartition(": ")[2].rstrip("."))
    return [word for word in re.split(r"\s*,\s*|\s+or\s+|\s+", listed) if word not in ("", "or", "and")]


def columns() -> list[tuple[str, str, str]]:
    return [
        (name, column.name, column.comment)
        for name, table in TABLES.items()
        for column in table.columns
        if column.name in ("status", "state", "verdict")
    ]


def test_every_standing_of_the_warehouse_is_an_enumeration():
    assert {(table, column) for table, column, _ in columns()} <= STANDINGS.keys()


@pytest.mark.parametrize(("table", "column", "comment"), columns(), ids=lambda value: str(value)[:20])
def test_a_comment_lists_its_enumerations_words(table: str, column: str, comment: str):
    assert set(enumerated(comment)) == {member.value for member in STANDINGS[table, column]}


def test_help_names_the_states_of_publications():
    state = next(p for p in COMMANDS["publication list"].params if p.name == "state")
    assert set(state.type.choices) == set(PublicationState)


def test_commands_say_the_words_of_the_store(marketeer: CommandLine):
    for status in CampaignStatus:
        key = marketeer.ok("goal", f"Stand as {status.value}", "-t", "threlby", "--json").json["campaign"]
        marketeer.store.campaigns.set_status(key, status, marketeer.store.campaigns.get(key).updated_at)
        listed = {c["key"]: c for c in marketeer.ok("campaign", "list", "--json").json}
        assert listed[key]["status"] == marketeer.ok("campaign", "show", key, "--json").json["status"] == status.value
        assert f": {status.value}" in marketeer.ok("campaign", "show", key).out


def test_documents_say_no_other_word_of_a_campaign():
    """What stands in code after `is`, `says` or `status` of a campaign."""
    for page in (PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        said = re.findall(r"[Cc]ampaign(?: that| which)? (?:is|says|stands at|becomes|stays) `([a-z_]+)`", text)
        assert set(said) <= {status.value for status in CampaignStatus}, page.name
        assert "`waiting`" not in text, page.name


def test_rows_of_before_the_words_were_one_are_read():
    row = Campaign.model_validate_json(
        '{"key": "acme:a", "tenant": "acme", "title": "A", "status": "waiting",'
        ' "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}'
    )
    assert row.status is CampaignStatus("approved")
