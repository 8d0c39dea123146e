"""What each command does and prints, in one prepared home."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.test_utils import create_run_for_test

from assets.launching import PARTITION_TAG
from marketeer_dagster import __version__
from tests.cli.homes import EXAMPLE, PROJECT, CommandLine, fingerprint


def test_it_is_a_module_and_a_program():
    for command in ([sys.executable, "-m", "marketeer_dagster"], [str(Path(sys.executable).with_name("marketeer"))]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, cwd=PROJECT)
        assert done.stdout.strip() == f"marketeer {__version__}"


def test_the_version_and_the_help(marketeer: CommandLine):
    assert marketeer.ok("--version").out.strip() == f"marketeer {__version__}"
    shown = marketeer.ok("--help").said
    work = "init demo up daemon doctor goal pipeline campaign artefact inbox approve reject revise"
    for command in f"{work} tenant context connect tools ingest sql sandbox".split():
        assert re.search(rf"\b{command}\b", shown), command


def test_a_second_init_changes_nothing(marketeer: CommandLine):
    before = fingerprint(marketeer.home)
    answer = marketeer.ok("init")
    assert "is ready" in answer.said
    assert fingerprint(marketeer.home) == before


def test_the_configuration_is_for_its_owner_only(marketeer: CommandLine):
    assert (marketeer.home / "config.toml").stat().st_mode & 0o077 == 0
    assert (marketeer.home / "store.db").stat().st_mode & 0o077 == 0


def test_holidays_are_named_listed_and_forgotten(marketeer: CommandLine):
    marketeer.ok("tenant", "set", "bare", "--country", "de-be")
    said = marketeer.ok("tenant", "holiday", "add", "bare", "Closed", "2024-12-24", "2025-01-01", "--yearly").said
    assert "2024-12-24 to 2025-01-01, every year" in said
    marketeer.refused("tenant", "holiday", "add", "bare", "closed", "2026-08-03", saying=("already", "remove"))
    told = marketeer.ok("tenant", "holiday", "list", "bare", "--json").json
    assert told["country"] == "DE-BE" and [named["name"] for named in told["named"]] == ["Closed"]
    assert {"Closed", "Good Friday"} <= set(told["days"].values())
    assert "Closed" in marketeer.ok("tenant", "holiday", "list", "bare").said
    marketeer.ok("tenant", "holiday", "remove", "bare", "Closed")
    marketeer.ok("tenant", "set", "bare", "--country", "none")
    assert marketeer.ok("tenant", "holiday", "list", "bare", "--json").json == {"country": "", "named": [], "days": {}}


def test_a_tenant_is_added_listed_shown_and_changed(marketeer: CommandLine):
    added = marketeer.ok("tenant", "add", "acme", "--timezone", "Europe/Berlin", "--autonomy", "draft_only", "--json")
    assert (added.json["id"], added.json["timezone"], added.json["autonomy"]) == ("acme", "Europe/Berlin", "draft_only")
    assert {t["id"] for t in marketeer.ok("tenant", "list", "--json").json} >= {"acme", "threlby", "bare"}
    marketeer.ok("tenant", "set", "acme", "--autonomy", "autopilot", "--autonomy-for", "mailchimp=approve",
                 "--llm-budget", "250", "--name", "Acme GmbH", "--currency", "EUR")  # fmt: skip
    shown = marketeer.ok("tenant", "show", "acme", "--json").json
    assert (shown["name"], shown["autonomy"], shown["currency"]) == ("Acme GmbH", "autopilot", "EUR")
    assert shown["autonomy_by_tool"] == {"mailchimp": "approve"}
    assert float(shown["llm_budget_usd"]) == 250
    assert shown["timezone"] == "Europe/Berlin"
    assert "Acme GmbH" in marketeer.ok("tenant", "show", "acme").said


def test_a_context_has_versions(marketeer: CommandLine, tmp_path: Path):
    original = (EXAMPLE / "context.md").read_text(encoding="utf-8")
    changed = tmp_path / "context.md"
    changed.write_text(original.replace("$39", "$41"), encoding="utf-8")
    assert original != changed.read_text(encoding="utf-8")

    again = marketeer.ok("context", "import", str(EXAMPLE / "context.md"), "-t", "threlby", "--json").json
    assert again["version"] == 1
    second = marketeer.ok("context", "import", str(changed), "-t", "threlby", "--note", "dearer", "--json").json
    assert second["version"] == 2
    history = marketeer.ok("context", "history", "-t", "threlby", "--json").json
    assert [(v["version"], v["note"]) for v in history] == [(1, "first"), (2, "dearer")]
    difference = marketeer.ok("context", "diff", "-t", "threlby").out
    assert re.search(r"^-.*\$39", difference, re.MULTILINE)
    assert re.search(r"^\+.*\$41", difference, re.MULTILINE)
    assert "$41" in marketeer.ok("context", "show", "-t", "threlby").out
    assert "$39" in marketeer.ok("context", "show", "-t", "threlby", "--version", "1").out


def test_what_is_shown_can_be_imported(marketeer: CommandLine, tmp_path: Path):
    file = tmp_path / "shown.md"
    file.write_text(marketeer.ok("context", "show", "-t", "threlby").out, encoding="utf-8")
    newest = marketeer.ok("context", "history", "-t", "threlby", "--json").json[-1]["version"]
    assert marketeer.ok("context", "import", str(file), "-t", "threlby", "--json").json["version"] == newest


def test_a_simulated_tenant_is_connected_everywhere(marketeer: CommandLine):
    rows = marketeer.ok("tools", "-t", "threlby", "--check", "--json").json
    assert {row["tool"] for row in rows} == {"ga4", "search_console", "stripe", "wordpress", "mailchimp"}
    assert {(row["state"], row["answer"]) for row in rows} == {("simulated", "ok")}
    assert {row["state"] for row in marketeer.ok("tools", "-t", "bare", "--json").json} == {"not connected"}


def test_a_connected_tool_keeps_its_secret_to_itself(marketeer: CommandLine):
    secret = "sk_test_0123456789abcdef"
    told = marketeer.ok(
        "connect", "stripe", "-t", "bare", "--set", "base_url=http://127.0.0.1:9", "--secret", "api_key=KEY", KEY=secret
    )
    assert "stripe connected for bare" in told.said
    shown = marketeer("tools", "-t", "bare", "--check")
    assert shown.code == 1
    assert "stripe" in shown.said
    assert shown.err == "", "retries are the log's"
    assert "again in" in (marketeer.home / "logs" / "calls.log").read_text(encoding="utf-8")
    assert secret not in told.said + shown.said
    written = b"".join(path.read_bytes() for path in marketeer.home.rglob("*") if path.is_file())
    assert secret.encode() not in written


def test_a_dead_tool_is_a_failure_for_programs_too(marketeer: CommandLine):
    marketeer.ok("tenant", "add", "deaf")
    options = ("--set", "base_url=http://127.0.0.1:9", "--set", "user=u", "--secret", "application_password=KEY")
    marketeer.ok("connect", "wordpress", "-t", "deaf", *options, KEY="secret")
    answer = marketeer("tools", "-t", "deaf", "--check", "--json")
    assert answer.code == 1
    assert next(row["answer"] for row in answer.json if row["tool"] == "wordpress") != "ok"


def test_one_connection_that_cannot_be_used_ends_no_other_tools_line(marketeer: CommandLine):
    marketeer.ok("tenant", "add", "mixed")
    marketeer.ok(
        "connect", "mailchimp", "-t", "mixed", "--set", "list_id=x", "--secret", "api_key=KEY", KEY="without-centre"
    )
    answer = marketeer("tools", "--check", "--json")
    assert answer.code == 1
    by_tool = {(row["tenant"], row["tool"]): row["answer"] for row in answer.json}
    assert "data centre" in by_tool["mixed", "mailchimp"]
    assert {by_tool["threlby", tool] for tool in ("ga4", "stripe", "wordpress", "mailchimp")} == {"ok"}
    shown = marketeer("tools", "--check")
    assert shown.code == 1
    assert "threlby" in shown.out and "mixed" in shown.out


def test_mailchimps_settings_can_be_set(marketeer: CommandLine):
    marketeer.ok("tenant", "add", "sender")
    settings = ("server=us21", "list_id=x", "from_name=Acme", "reply_to=a@acme.example", "segment_id=1")
    more = ("test_emails=a@acme.example,b@acme.example", "admin_url=https://us21.admin.mailchimp.com")
    options = [part for setting in (*settings, *more) for part in ("--set", setting)]
    marketeer.ok("connect", "mailchimp", "-t", "sender", *options, "--secret", "api_key=KEY", KEY="token")
    marketeer.refused(
        "connect", "mailchimp", "-t", "sender", "--set", "list_id=x", "--set", "segment_id=big", "--secret",
        "api_key=KEY", saying=("segment_id=big", "a number"), KEY="token",
    )  # fmt: skip


def test_the_sandbox_of_the_home_is_the_one_that_is_served(marketeer: CommandLine, market: str):
    """It is running, so its port is taken: which port is refused says which one would have been used."""
    marketeer.refused("sandbox", saying=(f"port {market.rpartition(':')[2]} cannot be used",))


def test_sql_reads_the_snapshot(marketeer: CommandLine):
    assert marketeer.ok("sql", "select 6 * 7 as answer", "--json").json == [{"answer": 42}]
    assert marketeer.ok("sql", "select 1 as a, null as b", "--csv").out == "a,b\n1,\n"
    query = "select date '2026-05-10' as day, 0::decimal(18,9) as usd, null::bigint as n union all select null, 1.5, 7"
    assert marketeer.ok("sql", query, "--csv").out == "day,usd,n\n2026-05-10,0,\n,1.5,7\n"
    assert marketeer.ok("sql", query, "--json").json == [
        {"day": "2026-05-10", "usd": 0.0, "n": None}, {"day": None, "usd": 1.5, "n": 7}
    ]  # fmt: skip
    shown = marketeer.ok("sql", query).said
    assert "2026-05-10" in shown and "00:00" not in shown and "0E" not in shown and "7.0" not in shown
    tables = marketeer.ok("sql", "select table_name, comment from duckdb_tables()", "--json").json
    assert {"ga4_daily", "gsc_daily", "stripe_daily", "email_daily", "experiment_daily"} <= {
        t["table_name"] for t in tables
    }
    assert all(table["comment"] for table in tables)
    assert marketeer("sql", "-", stdin="select 'from a pipe' as said").said.count("from a pipe") == 1


def test_the_doctor_names_what_is_wrong_and_the_remedy(marketeer: CommandLine):
    answer = marketeer("doctor", "--json")
    about = {finding["about"]: finding for finding in answer.json}
    assert {"python", "home", "disk", "catalog", "store", "sandbox", "secret key", "claude"} <= set(about)
    assert about["tenant threlby"]["ok"]
    wrong = [finding for finding in answer.json if not finding["ok"]]
    assert all(finding["remedy"] for finding in wrong)
    assert answer.code == (1 if wrong else 0)


def test_the_doctor_shows_a_broken_catalog(marketeer: CommandLine, catalog: Path):
    (catalog / "skills" / "page-cro" / "SKILL.md").write_text("no front matter", encoding="utf-8")
    answer = marketeer("doctor", "--json", MARKETEER_CATALOG=str(catalog))
    assert answer.code == 1
    assert any("page-cro" in f["detail"] for f in answer.json if f["about"] == "catalog" and not f["ok"])


def test_a_goal_waits_for_the_daemon(marketeer: CommandLine):
    told = marketeer.ok("goal", "Find more bookkeepers", "-t", "threlby", "--budget", "20", "--json").json
    assert told["campaign"] == "threlby:find-more-bookkeepers"
    listed = marketeer.ok("campaign", "list", "-t", "threlby", "--json").json
    assert told["campaign"] in [campaign["key"] for campaign in listed]
    again = marketeer.ok("goal", "Find  more bookkeepers ", "-t", "threlby", "--json").json
    assert again["campaign"] == told["campaign"]
    shown = marketeer.ok("campaign", "show", told["campaign"], "--json").json
    assert (shown["plan"], shown["llm"]["calls"], shown["artefacts"]) == (None, 0, [])


def test_a_campaigns_runs_are_those_of_its_partition(marketeer: CommandLine, monkeypatch: pytest.MonkeyPatch):
    """Also a run that only published and has no call to Claude; not another campaign's."""
    key = marketeer.ok("goal", "Win back old customers", "-t", "threlby", "--json").json["campaign"]
    monkeypatch.setenv("DAGSTER_HOME", str(marketeer.home / "dagster"))
    with DagsterInstance.get() as instance:
        runs = [
            create_run_for_test(instance, job_name=job, tags={PARTITION_TAG: partition}).run_id
            for job, partition in (("plan_campaign", key), ("publish_campaign", key), ("run_campaign", "bare:other"))
        ]
    assert marketeer.ok("campaign", "show", key, "--json").json["runs"] == runs[:2]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(marketeer: CommandLine, option: str):
    if option == "-h":
        assert marketeer("-h").code == 2
        return
    for command in (("goal",), ("tenant", "add"), ("context", "import"), ("connect",), ("sandbox", "fault")):
        assert "Usage" in marketeer.ok(*command, option).out
