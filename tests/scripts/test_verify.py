"""`clausewatch verify`"""

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def damage(tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    connection.executescript(statement)
    connection.close()


def test_an_undamaged_database_has_no_findings(clausewatch_with_captures: Clausewatch) -> None:
    result = clausewatch_with_captures("verify")
    assert result.stdout == ""
    assert result.stderr == "4 captures checked, with everything that belongs to them; nothing is damaged\n"


def test_each_damaged_item_is_a_line_and_the_status_is_1(
    clausewatch_with_captures: Clausewatch, tmp_path: Path
) -> None:
    damage(tmp_path, "UPDATE captures SET url = 'http://x/' WHERE id = 1; UPDATE readings SET evidence = 'x'")
    result = clausewatch_with_captures("verify", exit_code=1)
    lines = result.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith(
        "http://x/ (capture 1): its stored record no longer matches its checksum: it is damaged or was changed; only a "
        "backup can repair this"
    )
    assert result.stderr.startswith("Error: 4 captures checked, with everything that belongs to them: 5 faults\n")
    assert "can't be repaired: set CLAUSEWATCH_DATABASE_URL to a new database" in result.stderr
    assert "run `clausewatch verify --repair`" in result.stderr


def test_damaged_readings_are_repaired(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    before = clausewatch_with_captures("captures", "lanternpost").stdout
    damage(tmp_path, "UPDATE readings SET verdict = 'accepted'; UPDATE documents SET data = x'00'")
    result = clausewatch_with_captures("verify", "--repair")
    assert result.stdout.count("; this has been repaired\n") == 4
    assert result.stderr.endswith("4 damaged and repaired; nothing is damaged\n")
    assert clausewatch_with_captures("captures", "lanternpost").stdout == before
    assert clausewatch_with_captures("verify").stdout == ""


def test_a_missing_reading_is_made_again_by_reextract(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    damage(tmp_path, "DELETE FROM readings WHERE capture_id = 2")
    assert "run `clausewatch reextract`" in clausewatch_with_captures("verify", exit_code=1).stderr
    clausewatch_with_captures("reextract")
    clausewatch_with_captures("verify")


def test_control_characters_in_the_database_are_escaped(clausewatch_with_captures: Clausewatch, tmp_path: Path) -> None:
    damage(tmp_path, "UPDATE captures SET url = 'http://x/' || char(27) || char(10) WHERE id = 1")
    (line,) = clausewatch_with_captures("verify", exit_code=1).stdout.splitlines()
    assert "http://x/\\x1b\\n (capture 1)" in line
