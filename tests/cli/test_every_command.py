"""What holds for every command, found by walking the app: a new command is held to it from its first day."""

from collections.abc import Iterator

import click
import pytest
import typer

from marketeer_dagster.cli import app
from tests.cli.homes import EXAMPLE, CommandLine

Words = tuple[str, ...]

WRITING = {
    "init", "demo", "up", "daemon", "connect", "approve", "reject", "revise", "tenant set", "artefact export",
    "sandbox", "sandbox fault", "sandbox habit", "sandbox heal", "tenant holiday add", "tenant holiday remove",
}  # fmt: skip
"""Commands that change something or write a document, and say so in a sentence."""
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
}
DOING = {
    "goal", "pipeline", "campaign continue", "artefact show", "publication retry", "tenant add", "context import",
    "ingest", "sandbox advance", "sandbox habits", "export",
}  # fmt: skip
"""Commands that take --json and are run by other tests, being slow or in need of something made."""
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
            elif parameter.required:
                words.append(
                    str(EXAMPLE / "context.md") if parameter.name == "file" else REQUIRED[parameter.name or ""]
                )
        yield path, tuple(words)


OF_A_TENANT = dict(of_a_tenant())


def test_the_walk_meets_every_command():
    assert {"goal", "inbox", "artefact list", "campaign list", "tools", "ingest"} <= OF_A_TENANT.keys()
    assert set(COMMANDS) == WRITING | DOING | READING.keys()


@pytest.mark.parametrize("path", sorted(OF_A_TENANT))
def test_an_unknown_tenant_is_refused(marketeer: CommandLine, path: str):
    marketeer.refused(*path.split(), *OF_A_TENANT[path], saying=("nosuch",))


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_only_writing_commands_have_no_json(path: str):
    takes = any("--json" in parameter.opts for parameter in COMMANDS[path].params)
    assert takes == (path not in WRITING) or path == "demo"


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
