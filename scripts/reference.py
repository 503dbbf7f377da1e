"""Generates docs/commands.md, the command reference, from the help texts of the commands.

`make docs` runs this module.
"""

from collections.abc import Iterator

import click

from scripts.main import cli

_INTRODUCTION = """\
# Commands

`make docs` generates this page from the help texts of `clausewatch`; a test fails if the page is out of date.
[contract.md](contract.md) describes the JSON that the commands print, and their exit statuses.
"""


def reference() -> str:
    """Returns the text of docs/commands.md: the help texts of all commands, wrapped at 100 characters."""
    parts = [_INTRODUCTION]
    for name, text in _help_texts(cli, "clausewatch"):
        parts += [f"## {name}", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(parts).rstrip() + "\n"


def _help_texts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100)
    # The help text of every command ends with the list of environment variables. In docs/commands.md, only the help
    # text of `clausewatch` itself contains the list.
    epilog, command.epilog = command.epilog, command.epilog if parent is None else None
    yield context.command_path, command.get_help(context)
    command.epilog = epilog
    if isinstance(command, click.Group):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None:
                yield from _help_texts(child, child_name, context)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
