"""docs/commands.md, and the environment variables in every help text."""

import click

from core.settings import CHECKOUT, Settings
from scripts.main import cli
from scripts.reference import reference
from tests.conftest import Clausewatch


def test_the_command_reference_is_up_to_date() -> None:
    assert (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8") == reference(), "run: make docs"


def test_the_help_of_every_command_lists_the_environment_variables(clausewatch: Clausewatch) -> None:
    variables = ["CLAUSEWATCH_DATABASE_URL", "CLAUSEWATCH_VENDORS", "WAYBACK_URL", "CLAUSEWATCH_ALLOW_PRIVATE"]
    assert len(Settings.model_fields) >= len(variables)
    for arguments in ([], *([name] for name in cli.list_commands(click.Context(cli))), ["vendors", "try"]):
        text = clausewatch(*arguments, "--help").stdout
        for variable in variables:
            assert variable in text
