"""Makes docs/commands.md, the command reference, from the commands' own help: `make docs`."""

from collections.abc import Iterator

import click

from scripts.main import cli

_INTRODUCTION = """\
# Commands

This page is made from `clausewatch --help` by `make docs`; a test fails if it is out of date. What the commands print
as JSON and with which status they exit is described in [contract.md](contract.md).
"""


def reference() -> str:
    """Returns the page: the help of `clausewatch` and of every sub-command, for a terminal 100 columns wide."""
    parts = [_INTRODUCTION]
    for name, text in _help_texts(cli, "clausewatch"):
        parts += [f"## {name}", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(parts).rstrip() + "\n"


def _help_texts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100)
    # Every help text ends with the same environment variables; the page shows them once, at the top.
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
