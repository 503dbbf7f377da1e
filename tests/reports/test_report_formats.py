"""The list of report formats: every format can be rendered, and the commands offer it."""

import click
import pytest

from reports import REPORT_FORMATS
from scripts.commands import diff, report
from tests.reports.report_examples import EVERY_KIND, TEXT_FORMATS, file_report, version_report


@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_every_format_renders_reports_of_files_and_versions(name: str) -> None:
    for example in (file_report(), file_report(*EVERY_KIND), version_report(*EVERY_KIND)):
        rendered = REPORT_FORMATS[name](example)
        assert isinstance(rendered, str | bytes)
        assert rendered


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_every_text_format_names_all_changed_clauses(name: str) -> None:
    rendered = REPORT_FORMATS[name](file_report(*EVERY_KIND))
    assert isinstance(rendered, str)
    for text in ("Cookies", "We now sell your data.", "Children under 16.", "Write to ", "Your rights.", "Three."):
        assert text in rendered


@pytest.mark.parametrize("command", [report.command, diff.command])
def test_the_commands_offer_every_format(command: click.Command) -> None:
    (option,) = (parameter for parameter in command.params if parameter.name == "output_format")
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(REPORT_FORMATS)
