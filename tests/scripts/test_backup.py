"""`clausewatch backup` and `clausewatch restore`"""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def history(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def test_a_backup_is_restored_into_another_database(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.backup"
    result = history("backup", file)
    assert (result.stdout, result.stderr) == ("", f"{file}: {file.stat().st_size:,} bytes\n")
    before = history("versions", "lanternpost").stdout
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    monkeypatch.setenv("CLAUSEWATCH_PAYLOADS_URL", (tmp_path / "payloads").as_uri())
    assert history("restore", file).stderr == f"{file} is restored\n"
    assert history("versions", "lanternpost").stdout == before
    history("verify")
    assert "the database is not empty" in history("restore", file, exit_code=1).stderr


def test_damaged_payloads_give_exit_status_1(
    history: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    with connection:
        connection.execute("UPDATE payloads SET data = x'00' WHERE sha256 = (SELECT max(sha256) FROM payloads)")
    connection.close()
    file = tmp_path / "all.backup"
    assert "can't be verified" in history("backup", file, exit_code=1).stderr
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert "can't be verified" in history("restore", file, exit_code=1).stderr


def test_a_file_that_is_no_backup_gives_one_message(history: Clausewatch, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "clausewatch.db", tmp_path / "copy.db")
    assert "is not a complete backup" in history("restore", tmp_path / "copy.db", exit_code=1).stderr
    assert "does not exist" in history("restore", tmp_path / "none.backup", exit_code=2).stderr
    assert "cannot be opened" in history("backup", tmp_path / "no" / "all.backup", exit_code=1).stderr
