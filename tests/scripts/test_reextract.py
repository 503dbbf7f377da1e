"""`clausewatch reextract`"""

from pathlib import Path

import pytest

from intake.service import Intake
from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def test_captures_that_are_up_to_date_are_not_read_again(clausewatch_with_captures: Clausewatch) -> None:
    assert (
        clausewatch_with_captures("reextract").stderr
        == "lanternpost/privacy: 0 captures read again; 2 versions before, 2 now\n"
    )


def test_all_captures_are_read_again_after_a_declaration_changed(
    clausewatch_with_captures: Clausewatch, tmp_path: Path
) -> None:
    declaration = tmp_path / "vendors" / "lanternpost.yaml"
    text = declaration.read_text(encoding="utf-8").replace("    locations:", "    language: fr\n    locations:")
    declaration.write_text(text, encoding="utf-8")
    result = clausewatch_with_captures("reextract", "lanternpost")
    assert result.stderr == "lanternpost/privacy: 4 captures read again; 2 versions before, 0 now\n"
    assert result.stdout == ""
    assert "declaration states French" in clausewatch_with_captures("review").stdout


def test_the_message_after_an_interruption_says_how_to_continue(
    clausewatch_with_captures: Clausewatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Intake, "reextract", interrupt)
    assert "run this command again to continue" in clausewatch_with_captures("reextract", exit_code=1).stderr


def test_a_vendor_that_is_not_declared_gives_status_2(clausewatch: Clausewatch) -> None:
    assert "no vendor 'nobody'" in clausewatch("reextract", "nobody", exit_code=2).stderr
