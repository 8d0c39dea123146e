"""What holds for every command, found by walking the app: a new command is held to it from its first day."""

import json
from collections.abc import Iterator

import click
import pytest
import typer

from marketeer_dagster.cli import app
from tests.cli.homes import EXAMPLE, CommandLine

Words = tuple[str, ...]

WRITING: dict[str, Words] = {
    "init": (),
    "tenant add": ("written", "--website", "https://written.example"),
    "tenant set": ("threlby", "--llm-budget", "900"),
    "tenant pause": ("written", "--reason", "walk"),
    "tenant resume": ("written",),
    "tenant holiday add": ("threlby", "Walk", "2026-12-24"),
    "tenant holiday remove": ("threlby", "Walk"),
    "context import": (str(EXAMPLE / "context.md"), "-t", "threlby"),
    "connect": ("stripe", "-t", "written", "--secret", "api_key=USER"),
    "goal": ("Walk through every command", "-t", "threlby"),
    "pipeline": ("email-refresh", "-t", "threlby", "--campaign", "walked-too"),
    "sandbox advance": ("--days", "1"),
    "sandbox fault": ("stripe", "500", "--count", "1"),
    "sandbox habit": ("wordpress", "firewall", "--off"),
    "sandbox heal": (),
    "sandbox adopt": (),
}
"""Commands that change something, in an order in which each finds what it changes."""
READING: dict[str, Words] = {
    "doctor": (),
    "campaign list": (),
    "campaign show": ("threlby:walked",),
    "artefact list": (),
    "inbox": (),
    "publication list": (),
    "tenant list": (),
    "tenant show": ("threlby",),
    "tenant holiday list": ("threlby",),
    "context show": ("-t", "threlby"),
    "context history": ("-t", "threlby"),
    "context diff": ("-t", "threlby"),
    "tools": (),
    "sql": ("select 1 as one",),
    "sandbox habits": (),
    "stale": (),
    "trace": ("threlby:walked",),
}
STAYING = {"up", "daemon", "sandbox", "demo"}
"""Commands that serve until they are ended: tests/cli/test_newcomer.py reads what one says first."""
WORKING = {
    "campaign continue", "artefact show", "artefact export", "approve", "reject", "revise", "publication retry",
    "export", "ingest",
}  # fmt: skip
"""Commands that need something that was worked on: tests/cli/test_screens.py runs them in a home that has it."""
REQUIRED: dict[str, str] = {
    "text": "More trials", "name": "page-launch", "tool": "stripe", "first": "2026-12-24", "id": "apr_none"
}  # fmt: skip


def walk(command: click.Command, path: Words = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that can be given, with its words."""
    if not isinstance(command, click.Group) or (command.invoke_without_command and path):
        yield " ".join(path), command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from walk(below, (*path, name))


COMMANDS = dict(walk(typer.main.get_command(app)))


def of_a_tenant() -> Iterator[tuple[str, Words]]:
    """Every command that takes a tenant which must exist, given one that does not, and all else that it requires."""
    for path, command in COMMANDS.items():
        tenant = next((p for p in command.params if p.name == "tenant"), None)
        # The sandbox's tenants are accounts of its market, which may be named before they are opened.
        if tenant is None or path == "tenant add" or path.startswith("sandbox "):
            continue
        words: list[str] = []
        for parameter in command.params:
            if parameter is tenant:
                words += ["nosuch"] if isinstance(parameter, click.Argument) else ["--tenant", "nosuch"]
            elif parameter.required or (path == "pipeline" and parameter.name == "name"):  # not with --list
                words.append(
                    str(EXAMPLE / "context.md") if parameter.name == "file" else REQUIRED[parameter.name or ""]
                )
        yield path, tuple(words)


OF_A_TENANT = dict(of_a_tenant())


def test_the_walk_meets_every_command():
    assert {"goal", "inbox", "artefact list", "campaign list", "tools", "ingest"} <= OF_A_TENANT.keys()
    assert set(COMMANDS) == STAYING | WORKING | WRITING.keys() | READING.keys()


@pytest.mark.parametrize("path", sorted(OF_A_TENANT))
def test_an_unknown_tenant_is_refused(marketeer: CommandLine, path: str):
    marketeer.refused(*path.split(), *OF_A_TENANT[path], saying=("nosuch",))


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_command_takes_json(path: str):
    assert any("--json" in parameter.opts for parameter in COMMANDS[path].params)


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_parameter_is_explained(path: str):
    bare = [p.name for p in COMMANDS[path].params if not (getattr(p, "help", "") or "").strip()]
    assert bare == []
    assert COMMANDS[path].help


def test_writing_commands_print_one_json_value_and_nothing_else(marketeer: CommandLine):
    for path, words in WRITING.items():
        answer = marketeer.ok(*path.split(), *words, "--json")
        assert isinstance(answer.json, dict), path
        assert answer.err == "", path


def test_a_refusal_is_json_on_standard_error(marketeer: CommandLine):
    for words in (("tenant", "show", "nosuch"), ("goal",), ("nonsense",), ("sql", "select nonsense"), ("goal", "x")):
        answer = marketeer(*words, "--json")
        assert (answer.code, answer.out) == (2, ""), words
        told = json.loads(answer.err)
        assert told["error"] and told["exit_code"] == 2, words


@pytest.fixture(scope="module")
def walked(marketeer: CommandLine) -> CommandLine:
    marketeer.ok("pipeline", "page-launch", "-t", "threlby", "--campaign", "walked")
    return marketeer


@pytest.mark.parametrize("path", sorted(READING))
def test_json_is_all_that_a_reading_command_prints(walked: CommandLine, path: str):
    answer = walked(*path.split(), *READING[path], "--json")
    assert isinstance(answer.json, list | dict)
    assert answer.code == 0 or path == "doctor"


def test_a_campaign_that_does_not_exist_has_no_artefacts_to_list(marketeer: CommandLine):
    marketeer.refused("artefact", "list", "-c", "threlby:none", saying=("threlby:none",))
