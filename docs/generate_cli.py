"""Writes docs/cli.md from the Typer app, so that the page says what the commands say: `python docs/generate_cli.py`."""

from collections.abc import Iterator
from pathlib import Path

import click
import typer

from marketeer_dagster.cli import app

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# Command line

Generated from the code by `python docs/generate_cli.py`; a test holds it to the code.

`marketeer`, also `python -m marketeer_dagster`; alone it says what leads on. Exit codes: 0 done, 1 work failed, 2 bad
input or configuration, 3 waits for a person. Environment variables: [.env.example](../.env.example).

Every command takes `--json`: standard output holds one JSON value then, and an error is an object (`error`, `hint`,
`exit_code`) on standard error. Without it a result is laid out for the terminal's width, or for `COLUMNS`: a table, or
one record a block where a table would break words. A pipe without a width gets one line a row, values between tabs.
"""


def page() -> str:
    """The whole document."""
    root = typer.main.get_command(app)
    return "\n".join([HEAD, *_commands(root, "marketeer")]).rstrip() + "\n"


def _commands(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    if isinstance(command, click.Group) and not path.count(" "):
        for name in command.list_commands(context):
            yield from _described(command.commands[name], f"{path} {name}")
        return
    yield from _described(command, path)


def _described(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    yield f"## `{path}`\n" if path.count(" ") == 1 else f"### `{path}`\n"
    if command.help:
        yield f"{command.help.strip()}\n"
    parameters = [p for p in command.params if not (isinstance(p, click.Option) and "--help" in p.opts)]
    if parameters:
        yield "\n".join(["| parameter | meaning |", "|---|---|", *(_row(p, context) for p in parameters)]) + "\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _described(command.commands[name], f"{path} {name}")


def _row(parameter: click.Parameter, context: click.Context) -> str:
    record = getattr(parameter, "help", "") or ""
    return f"| {_name(parameter, context)} | {_escaped(_meaning(record, parameter))} |"


def _name(parameter: click.Parameter, context: click.Context) -> str:
    if isinstance(parameter, click.Argument):
        return f"`{parameter.human_readable_name}`"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    flag = getattr(parameter, "is_flag", False)
    return names if flag else f"{names} `{parameter.make_metavar(context)}`"


def _meaning(text: str, parameter: click.Parameter) -> str:
    parts = [text.strip()]
    if parameter.required:
        parts.append("Required.")
    default = parameter.default
    if isinstance(default, int | float | str) and not isinstance(default, bool) and default != "":
        parts.append(f"Default: `{getattr(default, 'value', default)}`.")
    return " ".join(part for part in parts if part)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
