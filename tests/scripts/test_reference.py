from core.settings import CHECKOUT, Settings
from scripts.main import cli
from scripts.reference import reference
from tests.conftest import Clausewatch


def test_the_reference_in_the_docs_is_what_help_says() -> None:
    assert (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8") == reference(), "run: make docs"


def test_every_command_and_its_help_name_the_environment(clausewatch: Clausewatch) -> None:
    variables = ["CLAUSEWATCH_DATABASE_URL", "CLAUSEWATCH_VENDORS", "WAYBACK_URL", "CLAUSEWATCH_ALLOW_PRIVATE"]
    assert len(Settings.model_fields) >= len(variables)
    for arguments in ([], *([name] for name in cli.list_commands(None)), ["vendors", "try"]):  # type: ignore[arg-type,attr-defined]  # no context needed
        text = clausewatch(*arguments, "--help").stdout
        for variable in variables:
            assert variable in text
