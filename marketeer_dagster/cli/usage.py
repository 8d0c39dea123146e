"""How a command was given wrongly, in our words: what is missing or unknown, and what it might have been."""

import difflib

import click


def told(error: click.ClickException) -> tuple[str, str]:
    """What is wrong, and what to do next."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "marketeer"
    help_of = f"{path} --help"
    if isinstance(error, click.NoSuchOption):
        near = _near(error.option_name, [name for p in context.command.params for name in p.opts] if context else [])
        return f"no such option {error.option_name} of `{path}`", f"did you mean {near}? {help_of}" if near else help_of
    message = error.format_message()
    if message.startswith("No such command") and context and isinstance(context.command, click.Group):
        name = message.split("'")[1]
        near = _near(name, list(context.command.commands))
        return f"No such command {name!r}", f"{path} {near}" if near else help_of
    return message.rstrip("."), help_of


def _near(name: str, known: list[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1)), "")
