"""`clausewatch verify`"""

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def damage(tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    connection.executescript(statement)
    connection.close()


def test_what_is_whole(history: Clausewatch) -> None:
    said = history("verify")
    assert said.stdout == ""
    assert said.stderr == "4 captures checked, with everything that belongs to them; nothing is damaged\n"


def test_each_damage_is_a_line_and_the_status_tells(history: Clausewatch, tmp_path: Path) -> None:
    damage(tmp_path, "UPDATE captures SET url = 'http://x/' WHERE id = 1; UPDATE readings SET evidence = 'x'")
    said = history("verify", exit_code=1)
    lines = said.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith("http://x/ (capture 1): its row in captures is not as it was written")
    assert said.stderr.startswith("Error: 4 captures checked, with everything that belongs to them; 5 damaged: ")
    assert "can't be made again: restore the database from a backup" in said.stderr
    assert "run `clausewatch verify --repair`" in said.stderr


def test_what_is_derived_is_repaired(history: Clausewatch, tmp_path: Path) -> None:
    before = history("captures", "lanternpost").stdout
    damage(tmp_path, "UPDATE readings SET verdict = 'accepted'; UPDATE documents SET data = x'00'")
    said = history("verify", "--repair")
    assert said.stdout.count("; it has been made again\n") == 4
    assert said.stderr.endswith("4 damaged and made again; nothing is damaged\n")
    assert history("captures", "lanternpost").stdout == before
    assert history("verify").stdout == ""


def test_what_reextract_makes_again(history: Clausewatch, tmp_path: Path) -> None:
    damage(tmp_path, "DELETE FROM readings WHERE capture_id = 2")
    assert "run `clausewatch reextract`" in history("verify", exit_code=1).stderr
    history("reextract")
    history("verify")


def test_text_from_the_database_is_shown_safely(history: Clausewatch, tmp_path: Path) -> None:
    damage(tmp_path, "UPDATE captures SET url = 'http://x/' || char(27) || char(10) WHERE id = 1")
    (line,) = history("verify", exit_code=1).stdout.splitlines()
    assert "http://x/\\x1b\\n (capture 1)" in line
