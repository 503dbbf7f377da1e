"""Messages for database errors and wrong settings. The tests that need a PostgreSQL server are in tests/servers."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Pool, event

from core.captures import sha256_hex
from core.exceptions import StorageError
from core.policies import PolicyKey
from storage import Store
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
A = page("We keep your messages for a year.")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@contextmanager
def pragma(statement: str) -> Iterator[None]:
    """Runs a PRAGMA on every new connection."""

    def run(connection: sqlite3.Connection, _: Any) -> None:
        connection.execute(f"PRAGMA {statement}")

    event.listen(Pool, "connect", run)
    try:
        yield
    finally:
        event.remove(Pool, "connect", run)


def test_a_missing_folder_is_created(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "store.db"
    Store.open(f"sqlite:///{file}").close()
    assert file.exists()


def test_a_folder_that_cannot_be_created_is_reported(file: Path) -> None:
    file.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"folder .*store.db can't be created: .*set CLAUSEWATCH_DATABASE_URL"):
        Store.open(f"sqlite:///{file}/store.db")


def test_a_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(StorageError, match="can't be opened: check that the folder"):
        Store.open(f"sqlite:///{file}")


def test_a_file_of_another_format_is_refused_and_unchanged(file: Path) -> None:
    file.write_bytes(A * 10)
    with pytest.raises(StorageError, match="is not a SQLite database: set CLAUSEWATCH_DATABASE_URL"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == A * 10


def test_a_read_only_file_can_be_read_but_not_written(file: Path) -> None:
    Store.open(f"sqlite:///{file}").close()
    with (
        Store.open(f"sqlite:///file:{file}?mode=ro&uri=true") as store,
        pytest.raises(StorageError, match="can't be written: give this user the right"),
    ):
        keep(store, capture_of(A), A, POLICY)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("store.db", "give sqlite:"),
        ("mysql://localhost/store", "names neither a SQLite file nor a PostgreSQL database; give sqlite:"),
        ("sqlite://", "a database in memory would lose its captures"),
        ("sqlite:///:memory:", "a database in memory would lose its captures"),
        ("sqlite:////tmp/store.db?timeout=soon", "must be a number of seconds"),
        ("postgresql://localhost:port/store", "give sqlite:"),
    ],
)
def test_a_url_of_an_unusable_database_is_refused(url: str, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        Store.open(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_an_unreachable_server_is_reported_without_the_password(scheme: str) -> None:
    with pytest.raises(StorageError, match=r"can't be reached.*check that the server runs") as caught:
        Store.open(f"{scheme}://reader:s3cret@127.0.0.1:1/clausewatch")
    assert "127.0.0.1:1/clausewatch" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_locked_file_is_waited_for_and_then_reported(file: Path) -> None:
    with Store.open(f"sqlite:///{file}?timeout=0.1") as store:
        keep(store, capture_of(A), A, POLICY)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="is locked by another process: run this again"):
            keep(store, capture_of(A, 1), A, POLICY)
        assert len(store.library.captures(KEY)) == 1
        other.execute("ROLLBACK")
        other.close()
        assert keep(store, capture_of(A, 1), A, POLICY).is_new


def fill(store: Store) -> None:
    for days in range(1000):
        payload = page(" ".join(sha256_hex(f"{days} {number}".encode()) for number in range(100)))
        keep(store, capture_of(payload, days), payload, POLICY)


def test_a_full_disk_keeps_what_was_stored(file: Path) -> None:
    with pragma("max_page_count = 150"), Store.open(f"sqlite:///{file}") as store:
        with pytest.raises(StorageError, match="its disk is full: free space on the disk and run this again"):
            fill(store)
        stored = store.library.captures(KEY)
        assert stored
        for kept in stored:
            assert sha256_hex(store.library.payload(kept.capture.sha256)) == kept.capture.sha256
    with Store.open(f"sqlite:///{file}") as store:
        assert keep(store, capture_of(A, 2000), A, POLICY).is_new
        assert len(store.library.captures(KEY)) == len(stored) + 1
