"""Backups of SQLite and PostgreSQL databases can be restored into either, even if made while a database is in use."""

import multiprocessing
import shutil
import signal
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import create_engine

from core.captures import sha256_hex
from core.exceptions import StorageError
from core.policies import PolicyKey
from scripts.whole_file import whole_draft
from storage import Review, Store
from storage.upkeep import back_up, restore
from tests.keeping import keep, verify
from tests.storage.test_payloads import answer, text
from tests.storage.test_verification import DECLARED, PAGES, fill, findings
from tests.stored_captures import BEGIN, POLICY, capture_of
from tests.stored_digests import enqueue, told_to, waiting_messages

KEY = PolicyKey("marmot", "privacy")
NOW = datetime(2024, 5, 6, tzinfo=UTC)


def backed_up(database_url: str, path: Path) -> Path:
    with Store.open(database_url) as store, whole_draft(path) as draft:
        assert back_up(store, draft, NOW) == []
    return path


def everything(store: Store) -> list[object]:
    captures = store.library.captures(KEY)
    (subscriber,) = store.subscriptions.subscribers()
    return [
        captures,
        [store.library.payload(stored.capture.sha256) for stored in captures],
        [store.library.document(stored.id) for stored in captures],
        store.library.history(KEY),
        subscriber,
        told_to(store, subscriber.id),
        waiting_messages(store),
    ]


@pytest.fixture
def filled(database_url: str, tmp_path: Path) -> str:
    fill(database_url, tmp_path / "payloads")
    with Store.open(database_url) as store:
        (subscriber,) = store.subscriptions.subscribers()
        enqueue(store, subscriber.id, b"digest \x00\xff", {KEY: BEGIN}, BEGIN)
    return database_url


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
@pytest.mark.parametrize("outside", [True, False])
def test_a_backup_is_restored_into_sqlite_and_postgresql(
    filled: str, tmp_path: Path, request: pytest.FixtureRequest, target: str, outside: bool
) -> None:
    file = backed_up(filled, tmp_path / "all.backup")
    with Store.open(filled) as store:
        before = everything(store)
    shutil.rmtree(tmp_path / "payloads")
    url = f"sqlite:///{tmp_path / 'new.db'}"
    if target == "postgresql":
        server = request.getfixturevalue("postgresql_database")
        schema = f"restored_{sha256_hex(str(tmp_path).encode())[:12]}"
        engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        engine.dispose()
        url = f"{server}?options=-csearch_path%3D{schema}"
    folder = tmp_path / "elsewhere"
    with Store.open(url, folder.as_uri() if outside else "") as store:
        assert restore(store, file) == []
        assert everything(store) == before
        assert list(verify(store, DECLARED)) == []
        # New rows get keys that follow the restored keys.
        payload = answer("We keep nothing.", 9)
        assert keep(store, capture_of(payload, 9), payload, POLICY).capture_id == len(PAGES) + 1
        store.library.review([2], Review("rejected", "ann", "", NOW))
        store.subscriptions.subscribe("other@marmot.example", [], NOW)
        assert list(verify(store, DECLARED)) == []
    assert folder.exists() == outside
    assert backed_up(url, tmp_path / "again.backup").exists()


def test_a_backup_shows_one_moment_while_other_processes_write(database_url: str, tmp_path: Path) -> None:
    pages = [answer(text("policy"), number) for number in range(400)]
    fill(database_url, tmp_path / "payloads")
    stop, kept = Event(), 0

    def write() -> None:
        nonlocal kept
        with Store.open(database_url) as writer:
            for days, payload in enumerate(pages, 10):
                if stop.is_set():
                    return
                keep(writer, capture_of(payload, days), payload, POLICY)
                kept += 1

    thread = Thread(target=write)
    with Store.open(database_url) as store:
        totals: list[int] = []

        def progress(done: int, total: int) -> None:
            # The backup has begun, so it doesn't contain rows that are written from now on.
            if not totals:
                thread.start()
            while kept < 5 and thread.is_alive():
                stop.wait(0.01)
            totals.append(total)

        assert back_up(store, tmp_path / "first.backup", NOW, progress) == []
        between = kept
        assert back_up(store, tmp_path / "second.backup", NOW) == []
    stop.set()
    thread.join()
    assert between >= 5
    counts = []
    for name in ("first", "second"):
        with Store.open(f"sqlite:///{tmp_path / name}.db") as copy:
            assert restore(copy, tmp_path / f"{name}.backup") == []
            assert [finding for finding in verify(copy, DECLARED) if finding.remedy != "reextract"] == []
            counts.append(len(copy.library.captures(KEY)))
    assert counts[0] == len(PAGES)
    assert len(PAGES) + between <= counts[1] <= len(PAGES) + kept


def test_a_backup_is_restored_only_into_an_empty_database(filled: str, tmp_path: Path) -> None:
    file = backed_up(filled, tmp_path / "all.backup")
    with Store.open(filled) as store:
        before = everything(store)
        with pytest.raises(StorageError, match="the database is not empty: it has rows in"):
            restore(store, file)
        assert everything(store) == before
    with Store.open(f"sqlite:///{tmp_path / 'other.db'}") as store:
        store.subscriptions.subscribe("reader@marmot.example", [], BEGIN)
        with pytest.raises(StorageError, match="it has rows in the table subscribers"):
            restore(store, file)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    fill(f"sqlite:///{folder / 'store.db'}", folder / "payloads")
    return backed_up(f"sqlite:///{folder / 'store.db'}", folder / "all.backup")


@pytest.mark.slow
def test_a_backup_with_any_damaged_byte_is_refused(whole: Path, tmp_path: Path) -> None:
    data = whole.read_bytes()
    copy = tmp_path / "copy.backup"
    cut = [data[: len(data) * number // 10] for number in range(10)]
    flipped = [
        data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :] for place in range(0, len(data), len(data) // 25)
    ]
    for number, damaged in enumerate((*cut, b"no backup" * 1000, *flipped)):
        copy.write_bytes(damaged)
        with Store.open(f"sqlite:///{tmp_path / f'{number}.db'}") as store:
            try:
                restore(store, copy)
            except StorageError as error:
                message = str(error)
                assert store.library.captures(KEY) == ()
                assert store.subscriptions.subscribers() == ()
                assert str(copy) in message
                assert "use another" in message
            else:
                # SQLite doesn't use this byte, so the checksum of the content still matches.
                assert damaged in flipped
                assert list(verify(store, DECLARED)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subscribers SET address = 'x'",
        "DELETE FROM told",
        "DELETE FROM reviews",
        "UPDATE captures SET status = 201 WHERE id = 3",
        "UPDATE payloads SET size = size + 1",
        "INSERT INTO policies VALUES ('a', 'b', 'c', '2020-01-01', 1, 1, NULL, 0)",
        "DROP TABLE outbox",
        "DELETE FROM backup",
        "DROP TABLE backup",
    ],
)
def test_a_backup_with_any_changed_row_is_refused(whole: Path, tmp_path: Path, statement: str) -> None:
    copy = Path(shutil.copy(whole, tmp_path / "copy.backup"))
    connection = sqlite3.connect(copy)
    connection.executescript(statement)
    connection.close()
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        if statement == "DELETE FROM told":  # the table is empty
            restore(store, copy)
            return
        with pytest.raises(StorageError, match="use another"):
            restore(store, copy)
        assert store.subscriptions.subscribers() == ()


def test_damaged_payloads_are_copied_and_reported(filled: str, tmp_path: Path) -> None:
    (file,) = (path for path in (tmp_path / "payloads").rglob("*") if path.is_file())
    file.unlink()
    (tmp_path / "payloads" / "other").write_bytes(b"")
    with Store.open(filled) as store:
        (message,) = back_up(store, tmp_path / "all.backup", NOW)
    assert f"{sha256_hex(PAGES[4])} is missing from the payload store" in message
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with Store.open(url) as store:
        (message,) = restore(store, tmp_path / "all.backup")
        assert f"{sha256_hex(PAGES[4])} no longer matches" in message
        assert len(store.library.captures(KEY)) == len(PAGES)
    assert ["(capture 5)" in finding.place for finding in findings(url)] == [True]


def test_an_unreachable_payload_store_ends_the_backup(filled: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "payloads")
    with (
        Store.open(filled) as store,
        pytest.raises(StorageError, match="check that"),
        whole_draft(tmp_path / "all.backup") as draft,
    ):
        back_up(store, draft, NOW)
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def _back_up_and_die(database_url: str, path: str, at: int) -> None:
    def progress(done: int, total: int) -> None:
        if done >= at:
            signal.raise_signal(signal.SIGKILL)

    with Store.open(database_url) as store, whole_draft(Path(path)) as draft:
        back_up(store, draft, NOW, progress)
        signal.raise_signal(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 8, 1000])
def test_a_killed_backup_leaves_the_earlier_backup(filled: str, tmp_path: Path, at: int) -> None:
    file = backed_up(filled, tmp_path / "all.backup")
    before = file.read_bytes()
    work = multiprocessing.get_context("spawn").Process(target=_back_up_and_die, args=(filled, str(file), at))
    work.start()
    work.join()
    assert work.exitcode == -signal.SIGKILL
    assert file.read_bytes() == before
    drafts = [path for path in tmp_path.iterdir() if "backup" in path.name and path != file]
    assert all(path.name.startswith(".all.backup.") for path in drafts)
    if at < 1000:  # the process was killed before the checksum was written, so the incomplete file is refused
        with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
            for path in drafts:
                with pytest.raises(StorageError, match="use another backup"):
                    restore(store, path)


def _restore_and_die(database_url: str, path: str) -> None:
    def progress(done: int, total: int) -> None:
        if done >= 12:
            signal.raise_signal(signal.SIGKILL)

    with Store.open(database_url) as store:
        restore(store, Path(path), progress)


@pytest.mark.slow
def test_a_killed_restore_leaves_an_empty_database(whole: Path, database_url: str) -> None:
    work = multiprocessing.get_context("spawn").Process(target=_restore_and_die, args=(database_url, str(whole)))
    work.start()
    work.join()
    assert work.exitcode == -signal.SIGKILL
    with Store.open(database_url) as store:
        assert store.library.captures(KEY) == ()
        assert restore(store, whole) == []
        assert list(verify(store, DECLARED)) == []


def test_a_file_that_cannot_be_written_is_an_error(filled: str, tmp_path: Path) -> None:
    with Store.open(filled) as store, pytest.raises(StorageError, match="can't be opened"):
        back_up(store, tmp_path / "no" / "folder.backup", NOW)
