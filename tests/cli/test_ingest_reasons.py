"""What `marketeer ingest` and `marketeer tools --check` say of a source that does not give what is asked of it."""

from collections.abc import Iterator

import pytest

from marketeer_dagster.sandbox.client import SandboxAdmin
from tests.cli.homes import CommandLine


@pytest.fixture
def vendor(market: str, marketeer: CommandLine) -> Iterator[SandboxAdmin]:
    """The market's vendors, kind again afterwards."""
    admin = SandboxAdmin(market)
    turned = [("ga4", "key_event_unmarked"), ("ga4", "restricted_revenue"), ("searchconsole", "unverified_user"),
              ("oauth", "invalid_rapt")]  # fmt: skip
    yield admin
    for name, habit in turned:
        admin.habit(name, habit, on=False)


def answers(marketeer: CommandLine) -> dict[str, str]:
    return {row["tool"]: row["answer"] for row in marketeer("tools", "-t", "threlby", "--check", "--json").json}


def ingest(marketeer: CommandLine) -> tuple[int, str]:
    told = marketeer("ingest", "-t", "threlby", "--from", "2026-04-01", "--to", "2026-04-02")
    return told.code, " ".join((told.out + told.err).split())


def test_a_key_event_that_is_none_fails_the_check_and_sessions_land(marketeer: CommandLine, vendor: SandboxAdmin):
    vendor.habit("ga4", "key_event_unmarked")
    assert "mark the event sign_up as a key event" in answers(marketeer)["ga4"]
    code, said = ingest(marketeer)
    assert code == 0 and "threlby: ga4: invalid: sign_up is no key event" in said.replace("**", "")
    asked = "select sum(sessions) > 0 as some, count(conversions) as known from ga4_daily where tenant = 'threlby'"
    assert marketeer.ok("sql", asked, "--json").json == [{"some": True, "known": 0}]


def test_revenue_that_may_not_be_seen_is_told_and_fails_nothing(marketeer: CommandLine, vendor: SandboxAdmin):
    vendor.habit("ga4", "restricted_revenue")
    shown = marketeer("tools", "-t", "threlby", "--check", "--json")
    answer = next(row["answer"] for row in shown.json if row["tool"] == "ga4")
    assert shown.code == 0 and answer.startswith("ok; totalRevenue may not be seen by this account")
    code, said = ingest(marketeer)
    assert code == 0 and "totalRevenue may not be seen by this account" in said


@pytest.mark.parametrize(
    ("name", "habit", "tool", "words"),
    [
        ("searchconsole", "unverified_user", "search_console", "never proved it may see it"),
        ("oauth", "invalid_rapt", "ga4", "sign in with Google in the browser again"),
    ],
)
def test_the_reason_of_a_failed_ingest_is_printed_and_is_the_checks(
    marketeer: CommandLine, vendor: SandboxAdmin, name: str, habit: str, tool: str, words: str
):
    vendor.habit(name, habit)
    assert words in answers(marketeer)[tool]
    code, said = ingest(marketeer)
    assert code == 1 and words in said
    assert "threlby" in said


def test_a_failed_ingest_says_reason_and_next_step_by_tool_and_day(marketeer: CommandLine, vendor: SandboxAdmin):
    vendor.habit("searchconsole", "unverified_user")
    days = ("--from", "2026-04-01", "--to", "2026-04-02")
    told = marketeer("ingest", "-t", "threlby", *days)
    assert told.code == 1 and "Dagster UI" not in told.said
    for line in (
        "not landed: gsc_daily of threlby, 2026-04-01 to 2026-04-02",
        "why search_console: ",
        "next ",
        "again ",
    ):
        assert line in told.said, line
    assert "marketeer ingest --from 2026-04-01 --to 2026-04-02 --tenant threlby" in told.said
    asked = marketeer("ingest", "-t", "threlby", *days, "--json")
    assert asked.code == 1
    answer = asked.json
    assert answer["state"] == "failed" and answer["other_failures"] == []
    (reason,) = answer["failed"]
    assert reason["tool"] == "search_console" and reason["table"] == "gsc_daily" and reason["tenant"] == "threlby"
    assert reason["first"] == "2026-04-01" and reason["last"] == "2026-04-02" and reason["tried_again"]
