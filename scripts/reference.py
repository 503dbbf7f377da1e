"""The command reference in the docs, made from the commands' own help: `make docs`."""

from collections.abc import Iterator

import click

from scripts.main import cli


def reference() -> str:
    """docs/commands.md: the help of `clausewatch` and of every sub-command, as a terminal 100 columns wide shows it."""
    parts = ["# Commands", "", "Made from `--help` by `make docs`; a test fails when it is out of date.", ""]
    for name, text in _helps(cli, "clausewatch"):
        parts += [f"## {name}", "", "```text", text.rstrip(), "```", ""]
    return "\n".join(parts).rstrip() + "\n"


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100)
    # The variables are the same everywhere: once, at the top, is enough on paper.
    epilog, command.epilog = command.epilog, command.epilog if parent is None else None
    yield context.command_path, command.get_help(context)
    command.epilog = epilog
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _helps(found, child, context)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
