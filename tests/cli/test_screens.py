"""Every screen at 60 and 80 columns, in a home in which a campaign was worked on: on a terminal, so this is seen."""

import json
import re
from dataclasses import dataclass

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from marketeer_dagster.cli import app
from marketeer_dagster.cli.wrapping import is_whole
from tests.cli.homes import CommandLine
from tests.cli.screens import on_terminal
from tests.cli.test_every_command import COMMANDS, READING, STAYING, WORKING, WRITING

KEY = "threlby:seen"
IDS = re.compile(r'"((?:art|apr|pub|cal|cmp|gol|rev)_[0-9a-z]+|threlby:[a-z0-9-]+|[0-9a-f]{8}-[0-9a-f-]{27})"')
DOCUMENTS = ("context show", "context diff")
"""Printed as they are, to be kept in a file."""
WIDTHS = (60, 80)


@dataclass(frozen=True)
class Worked:
    """A home with a campaign that waits for its release, and the terminal's text while it was worked on."""

    command: CommandLine
    code: int
    live: str


@pytest.fixture(scope="module")
def worked(marketeer: CommandLine) -> Worked:
    code, live = on_terminal(marketeer, "pipeline", "email-refresh", "-t", "threlby", "--campaign", "seen", "--wait")
    return Worked(marketeer, code, live)


@pytest.fixture(scope="module")
def artefact(worked: Worked) -> str:
    return worked.command.ok("artefact", "list", "-c", KEY, "--json").json[0]["id"]


@pytest.fixture(scope="module")
def copied(worked: Worked) -> Worked:
    """The ledger and all else of the store are in the warehouse."""
    day = worked.command.ok("sql", "select max(date) as day from ga4_daily", "--json").json[0]["day"]
    told = worked.command.ok("ingest", "-t", "threlby", "--from", day, "--to", day, "--json")
    assert told.json["from"] == told.json["to"] == day
    return worked


def too_wide(text: str, width: int) -> list[str]:
    """Lines wider than the screen, unless by a word that has to be whole."""
    long = (line for line in text.splitlines() if cell_len(line) > width)
    return [line for line in long if not any(is_whole(w) and cell_len(w) > width - 4 for w in line.split())]


def test_waiting_on_a_terminal_shows_who_works_on_what_with_time_and_cost(worked: Worked):
    assert worked.code == 3
    assert re.search(r"\d\d:\d\d · \d+ Claude calls · \$\d+\.\d\d", worked.live)
    assert re.search(r"\d\d:\d\d \$\d\.\d\d +email-sequence writes", worked.live)
    assert re.search(r"copy-editing on email-sequence version \d: (?:APPROVE|REVISE) at \d", worked.live)
    assert "director plans" in worked.live
    assert too_wide(worked.live, 80) == []
    assert KEY in worked.live


def test_waiting_in_a_pipe_says_it_in_lines_and_json_says_nothing(worked: Worked):
    plain = worked.command("campaign", "continue", KEY, COLUMNS="")
    assert plain.code == 3
    assert "\x1b" not in plain.out + plain.err
    quiet = worked.command("campaign", "continue", KEY, "--json")
    assert (quiet.code, quiet.err) == (3, "")
    assert quiet.json["status"] == "approved"
    assert quiet.json["llm"]["cost_usd"] > 0


@pytest.mark.parametrize("path", sorted({*READING, "artefact show", "pipeline --list"}))
def test_a_screen_fits_its_width_and_breaks_no_id(copied: Worked, artefact: str, path: str):
    words = {"artefact show": (artefact,), "campaign show": (KEY,), "trace": (KEY,), "inbox": ("--detail",)}
    given = words.get(path, READING.get(path, ()))
    whole = copied.command(*path.split(), *given, "--json").out
    for width in WIDTHS:
        shown = copied.command(*path.split(), *given, COLUMNS=str(width)).out
        if path not in DOCUMENTS:
            assert too_wide(shown, width) == []
        for found in set(IDS.findall(whole)):  # what a screen leaves out it leaves out whole
            assert found in shown or found[: len(found) * 2 // 3] not in shown, found


@pytest.mark.parametrize("table", ["llm_calls", "artefacts", "reviews", "campaigns", "publications"])
def test_wide_results_are_records_at_80_columns_with_every_value_whole(copied: Worked, table: str):
    query = f"select * from {table} where campaign = '{KEY}' limit 3"
    rows = copied.command.ok("sql", query, "--json").json
    assert rows
    text = copied.command.ok("sql", query, COLUMNS="80").out
    assert too_wide(text, 80) == []
    for row in rows:
        assert all(
            str(row[name]) in text for name in ("tenant", "campaign", "artefact", "call", "run_id") if name in row
        )
    begins = [line.split()[0] for line in text.splitlines() if line and not line.startswith(("──", " "))]
    assert [name for name in begins if name in rows[0]] == list(rows[0]) * len(rows)


def test_a_pipe_gets_tabs_and_all_of_every_row(copied: Worked):
    text = copied.command.ok("sql", "select * from llm_calls", COLUMNS="").out.splitlines()
    rows = copied.command.ok("sql", "select * from llm_calls", "--json").json
    assert text[0].split("\t") == list(rows[0])
    assert len(text) == len(rows) + 1
    assert {line.split("\t")[1] for line in text[1:]} == {row["call"] for row in rows}
    listed = copied.command.ok("artefact", "list", COLUMNS="").out.splitlines()
    assert listed[0].split("\t")[0] == "id"


def test_numbers_stand_to_the_right(copied: Worked):
    lines = copied.command.ok("sql", "select 'a' as k, 7 as sessions union all select 'b', 12345 order by 1").out
    assert lines.splitlines()[2:] == ["a         7", "b     12345"]


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_help_fits_and_breaks_no_choice(path: str):
    for width in (*WIDTHS, 120):
        told = CliRunner().invoke(app, [*path.split(), "--help"], terminal_width=width)
        assert told.exit_code == 0
        assert too_wide(told.output, width) == []
        for parameter in COMMANDS[path].params:
            assert all(name in told.output for name in parameter.opts if name.startswith("--"))


def test_every_command_is_read_here_or_elsewhere():
    assert set(COMMANDS) == {*READING, *WRITING, *WORKING, *STAYING}


def test_answers_to_a_question_are_json(worked: Worked):
    question = worked.command.ok("inbox", "-t", "threlby", "--json").json[0]
    first, *others = question["items"] or [question]
    told = worked.command.ok("approve", first["id"], "--json").json
    assert (told["id"], told["state"]) == (first["id"], "approved")
    if others:
        assert worked.command.ok("reject", others[0]["id"], "--json").json["state"] == "rejected"
    for answer in ("approve", "reject", "revise"):
        refused = worked.command(answer, "apr_none", "--note", "x", "--json")
        assert (refused.code, refused.out) == (2, "")
        assert json.loads(refused.err)["exit_code"] == 2


def test_an_export_says_in_json_what_it_wrote(worked: Worked):
    folder = worked.command.home.parent / "exported"
    told = worked.command.ok("export", str(folder), "--table", "ga4_daily", "--json").json
    assert told["rows"]["ga4_daily"] > 0
    assert folder.exists()


def test_a_document_can_be_json(worked: Worked, artefact: str):
    told = worked.command.ok("artefact", "export", artefact, "--json").json
    assert told["text"].startswith("#") and told["format"] == "md"
    assert worked.command.ok("artefact", "show", artefact, "--json").json["id"] == artefact
    missing = worked.command("publication", "retry", "pub_none", "--json")
    assert json.loads(missing.err)["exit_code"] == missing.code
