from pathlib import Path

import pytest

from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def test_what_is_read_already_is_left_alone(history: Clausewatch) -> None:
    assert history("reextract").stderr == "lanternpost privacy: 0 captures read again; 2 versions before, 2 now\n"


def test_another_declaration_has_all_captures_read_again(history: Clausewatch, tmp_path: Path) -> None:
    declaration = tmp_path / "vendors" / "lanternpost.yaml"
    text = declaration.read_text(encoding="utf-8").replace("    locations:", "    language: fr\n    locations:")
    declaration.write_text(text, encoding="utf-8")
    said = history("reextract", "lanternpost")
    assert said.stderr == "lanternpost privacy: 4 captures read again; 2 versions before, 0 now\n"
    assert said.stdout == ""
    assert "in English, while the declaration states French" in history("review").stdout


def test_interrupted_it_says_how_to_go_on(history: Clausewatch, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Store, "reextract", interrupt)
    assert "run this command again to continue" in history("reextract", exit_code=1).stderr


def test_a_vendor_that_is_not_declared(clausewatch: Clausewatch) -> None:
    assert "no vendor 'nobody'" in clausewatch("reextract", "nobody", exit_code=2).stderr
