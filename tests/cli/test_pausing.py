"""`marketeer tenant pause|resume`: said wherever the tenant's work waits, honoured by what would start some."""

import json

import pytest

from tests.cli.homes import CommandLine

TENANT = "threlby"


@pytest.fixture(scope="module")
def paused(marketeer: CommandLine) -> CommandLine:
    marketeer.ok("pipeline", "page-launch", "-t", TENANT, "--campaign", "held")
    marketeer.ok("tenant", "pause", TENANT, "--reason", "relaunch", "--until", "2999-01-01", "--by", "Ada")
    return marketeer


def test_a_pause_is_shown_with_the_tenant_its_campaigns_and_its_inbox(paused: CommandLine) -> None:
    for command in (("tenant", "show", TENANT), ("tenant", "list"), ("campaign", "show", f"{TENANT}:held"), ("inbox",)):
        said = paused.ok(*command).said
        assert f"{TENANT} is paused since" in said, command
        assert "by Ada, until 2999-01-01: relaunch" in said
    assert paused.ok("tenant", "show", TENANT, "--json").json["paused"].startswith(f"{TENANT} is paused")
    assert paused.ok("campaign", "show", f"{TENANT}:held", "--json").json["reason"].startswith(f"{TENANT} is paused")


def test_no_command_works_for_a_paused_tenant_and_each_says_how_to_resume(paused: CommandLine) -> None:
    for command in (
        ("campaign", "continue", f"{TENANT}:held"),
        ("pipeline", "page-launch", "-t", TENANT, "--campaign", "held", "--wait"),
        ("goal", "More trials", "-t", TENANT, "--wait"),
    ):
        answer = paused(*command)
        assert answer.code == 3, answer.said
        assert f"marketeer tenant resume {TENANT}" in answer.said
    taken = paused.ok("goal", "More trials again", "-t", TENANT)
    assert "it waits:" in taken.said


def test_settings_that_change_meanwhile_leave_the_pause(paused: CommandLine) -> None:
    paused.ok("tenant", "set", TENANT, "--llm-budget", "900")
    assert paused.ok("tenant", "show", TENANT, "--json").json["paused"]


def test_resuming_is_said_once(paused: CommandLine) -> None:
    assert json.loads(paused.ok("tenant", "resume", TENANT, "--json").out) == {
        "tenant": TENANT, "paused": "", "changed": True
    }  # fmt: skip
    assert "was not paused" in paused.ok("tenant", "resume", TENANT).said
    assert paused.ok("tenant", "show", TENANT, "--json").json["paused"] == ""


@pytest.mark.parametrize("until", ["soon", "2001-01-01"])
def test_a_day_that_is_none_or_past_is_refused(marketeer: CommandLine, until: str) -> None:
    marketeer.refused("tenant", "pause", TENANT, "--until", until, saying=("until",))
