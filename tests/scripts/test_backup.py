"""`clausewatch backup` and `clausewatch restore`"""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Clausewatch
from tests.demo_pages import ingested


@pytest.fixture
def clausewatch_with_captures(clausewatch: Clausewatch) -> Clausewatch:
    return ingested(clausewatch, 4)


def test_a_backup_is_restored_into_another_database(
    clausewatch_with_captures: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "all.backup"
    result = clausewatch_with_captures("backup", file)
    assert (result.stdout, result.stderr) == ("", f"{file} is written: {file.stat().st_size:,} bytes\n")
    before = clausewatch_with_captures("versions", "lanternpost").stdout
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    monkeypatch.setenv("CLAUSEWATCH_PAYLOADS_URL", (tmp_path / "payloads").as_uri())
    assert clausewatch_with_captures("restore", file).stderr == f"{file} is restored\n"
    assert clausewatch_with_captures("versions", "lanternpost").stdout == before
    clausewatch_with_captures("verify")
    assert "the database is not empty" in clausewatch_with_captures("restore", file, exit_code=1).stderr


def test_damaged_payloads_give_exit_status_1(
    clausewatch_with_captures: Clausewatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(tmp_path / "clausewatch.db")
    with connection:
        connection.execute("UPDATE payloads SET data = x'00' WHERE sha256 = (SELECT max(sha256) FROM payloads)")
    connection.close()
    file = tmp_path / "all.backup"
    assert "can't be verified" in clausewatch_with_captures("backup", file, exit_code=1).stderr
    monkeypatch.setenv("CLAUSEWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert "can't be verified" in clausewatch_with_captures("restore", file, exit_code=1).stderr


def test_files_that_cannot_be_read_or_written_give_one_message(
    clausewatch_with_captures: Clausewatch, tmp_path: Path
) -> None:
    shutil.copy(tmp_path / "clausewatch.db", tmp_path / "copy.db")
    assert "is not a complete backup" in clausewatch_with_captures("restore", tmp_path / "copy.db", exit_code=1).stderr
    assert "does not exist" in clausewatch_with_captures("restore", tmp_path / "none.backup", exit_code=2).stderr
    assert "can't be opened" in clausewatch_with_captures("backup", tmp_path / "no" / "all.backup", exit_code=1).stderr


def test_neither_the_database_nor_a_device_is_replaced_by_a_backup(
    clausewatch_with_captures: Clausewatch, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a device or a pipe" in clausewatch_with_captures("backup", tmp_path / "pipe", exit_code=2).stderr
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "link.db").symlink_to(tmp_path / "clausewatch.db")
    for name in ("clausewatch.db", "link.db"):
        assert "is the database itself" in clausewatch_with_captures("backup", tmp_path / name, exit_code=2).stderr
    clausewatch_with_captures("verify")
