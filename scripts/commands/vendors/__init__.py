"""`clausewatch vendors`: one module for each sub-command, or for two that share their code."""

import json

import click

from core.declarations import json_schema
from scripts.commands.vendors.check import check
from scripts.commands.vendors.histories import forget, rename
from scripts.commands.vendors.trial import add, try_


@click.group("vendors")
def command() -> None:
    """Work with the vendors' declarations."""


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of declarations, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


for subcommand in (check, try_, add, rename, forget, schema):
    command.add_command(subcommand)
