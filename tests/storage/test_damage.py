"""Damage to a database file is either harmless or raises a ClausewatchError; no other exception is raised."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.captures import sha256_hex
from core.exceptions import ClausewatchError, StorageError
from core.limits import call_here
from core.policies import PolicyKey
from storage import ListingQuery, OwnWatermark, Review, Store, StoredWatermark, Subscription
from storage.payloads.compression import compress
from storage.tables.models import Base, DocumentRow, PayloadRow
from storage.upkeep import back_up
from tests.keeping import keep, keep_unread, verify
from tests.stored_captures import BEGIN as NOW
from tests.stored_captures import POLICY, URL, capture_of, page
from tests.stored_digests import waiting_messages, watermark_of

KEY = PolicyKey("marmot", "privacy")
ARCHIVE = ArchiveSite("wayback", "https://archive.example")
A = page("We keep your messages for a year.")
NOISE = b"".join(sha256_hex(bytes([number])).encode() for number in range(50))


@pytest.mark.parametrize("place", [0, 6, 40, -1])
def test_a_damaged_byte_of_a_payload_is_noticed(tmp_path: Path, place: int) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, capture_of(NOISE), NOISE, POLICY)
    damaged = bytearray(file.read_bytes())
    frame = compress(NOISE)
    begin = damaged.index(frame)
    damaged[begin + place % len(frame)] ^= 0x10
    file.write_bytes(damaged)
    with Store.open(f"sqlite:///{file}") as store:
        with pytest.raises(StorageError, match=r"it is damaged .*clausewatch restore FILE"):
            store.library.payload(sha256_hex(NOISE))
        assert len(store.library.captures(KEY)) == 1


@pytest.mark.parametrize("data", [b"", b"not zstandard", compress(NOISE[:-1]), compress(NOISE)[:-3]])
def test_bytes_that_do_not_match_their_checksum_are_noticed(database_url: str, data: bytes) -> None:
    with Store.open(database_url) as store:
        kept = keep(store, capture_of(A), A, POLICY)
        engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(update(PayloadRow).values(data=data))
            connection.execute(update(DocumentRow).values(data=data))
        engine.dispose()
        with pytest.raises(StorageError, match="is damaged"):
            store.library.payload(sha256_hex(A))
        with pytest.raises(StorageError, match="is damaged"):
            store.library.document(kept.capture_id)


def test_no_memory_is_allocated_for_a_frame_that_announces_terabytes(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        keep(store, capture_of(A), A, POLICY)
        huge = bytes.fromhex("28b52ffd") + b"\xe0" + (1 << 42).to_bytes(8, "little") + compress(A)[6:]
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE payloads SET data = ?", (huge,))
        connection.close()
        with pytest.raises(StorageError, match="is damaged"):
            store.library.payload(sha256_hex(A))


@pytest.mark.parametrize("column", ["captures.sha256", "captures.seal", "captures.identity", "payloads.sha256"])
@pytest.mark.parametrize("value", ["zzz", "ff", b"", b"\xff"])
def test_a_damaged_checksum_leaves_other_captures_readable(tmp_path: Path, column: str, value: str | bytes) -> None:
    file, table, name = tmp_path / "store.db", *column.split(".")
    with Store.open(f"sqlite:///{file}") as store:
        for days, payload in enumerate((A, NOISE)):
            keep(store, capture_of(payload, days), payload, POLICY)
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = 1", (value,))  # noqa: S608
    connection.close()
    with Store.open(f"sqlite:///{file}") as store:
        assert len(store.library.captures(KEY)) == 2
        assert store.library.payload(sha256_hex(NOISE)) == NOISE
        assert any(finding.remedy == "backup" for finding in verify(store, {KEY: POLICY}))
        back_up(store, tmp_path / "copy.db", capture_of(A).captured_at)


def test_a_damaged_document_is_no_reason_to_hold_a_text(tmp_path: Path) -> None:
    paragraphs = "".join(
        f"<p>Our workshop prints the sheet number {number} with a hand-cut block of pear.</p>" for number in range(12)
    )
    other = f"<html lang=en><title>Marmot</title><body><h1>Marmot</h1>{paragraphs}</body></html>".encode()
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        for hours, payload in ((0, A), (24, other), (30, other)):
            keep(store, capture_of(payload, hours / 24), payload, POLICY)
        assert store.library.settled(KEY).held_now
        with sqlite3.connect(tmp_path / "store.db") as connection:
            connection.execute("UPDATE documents SET data = ?", (NOISE[:100],))
        connection.close()
        assert not store.library.settled(KEY).held_now
        assert len(store.library.settled(KEY).history.periods) == 2


# SQLite accepts only integers in a column `id` that is the primary key.
_COLUMNS = [
    (table.name, column.name)
    for table in Base.metadata.sorted_tables
    for column in table.columns
    if column.name != "id"
]


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column"), _COLUMNS)
@pytest.mark.parametrize("value", ["x", b"\xff\x00"], ids=["text", "bytes"])
def test_any_value_in_any_column_is_read_or_reported_as_an_error(
    tmp_path: Path, filled: Path, table: str, column: str, value: str | bytes
) -> None:
    file = tmp_path / "store.db"
    shutil.copy(filled, file)
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = 1", (value,))  # noqa: S608
    connection.close()
    with Store.open(f"sqlite:///{file}") as store:
        reads: list[Callable[[], object]] = [
            lambda: store.library.captures(KEY),
            lambda: store.library.history(KEY),
            lambda: store.library.document(1),
            lambda: store.library.payload(sha256_hex(A)),
            lambda: store.library.standings(),
            lambda: store.lineages.lineage(KEY, call_here),
            lambda: list(store.subscriptions.in_turn()),
            lambda: store.subscriptions.begin_composing({KEY: NOW}, NOW),
            lambda: [watermark_of(store, each.subscriber.id, KEY, NOW) for each in watching(store)],
            lambda: store.subscriptions.policies_to_examine(0, NOW),
            lambda: store.subscriptions.policies_with_own_news(),
            lambda: [store.subscriptions.tellings(reader, [KEY]) for reader in store.subscriptions.subscribers()],
            lambda: [store.outbox.claim(mailbox, NOW) for mailbox in store.outbox.mailboxes()],
            lambda: (store.outbox.counts(), store.outbox.troubles()),
            lambda: store.outbox.operator_told("operator@marmot.example"),
            lambda: (store.journal.failed_fetches(), store.journal.moved_pages()),
            lambda: (store.journal.last_run(), store.journal.last_ended_run()),
            lambda: store.archive_listings.to_fetch(KEY, ARCHIVE, [], [], 5),
            lambda: store.archive_listings.known_payloads(KEY, "wayback"),
            lambda: back_up(store, tmp_path / "copy.db", NOW),
            lambda: list(verify(store, {KEY: POLICY})),
            lambda: keep(store, capture_of(A, 9), A, POLICY),
        ]
        for read in reads:
            with suppress(ClausewatchError):
                read()


def watching(store: Store) -> list[Subscription]:
    return [each for each in store.subscriptions.in_turn() if each.begin(KEY)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the path of a database with a row in every table."""
    file = tmp_path_factory.mktemp("filled") / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        for days, payload in enumerate((A, NOISE, A)):
            provenance = Provenance("wayback", {"timestamp": "2019", "digest": "X", "urlkey": "x"})
            keep(store, capture_of(payload, days, source="wayback", provenance=provenance), payload, POLICY)
        list(keep_unread(store, [(capture_of(NOISE, 5), NOISE, POLICY)]))
        store.library.review([1], Review("rejected", "ann", "", NOW))
        store.subscriptions.subscribe("reader@marmot.example", [], NOW)
        (reader,) = store.subscriptions.subscribers()
        number = store.subscriptions.begin_composing({KEY: NOW}, NOW)
        own = {KEY: OwnWatermark(StoredWatermark(NOW, NOW))}
        store.subscriptions.enqueue(reader, b"digest", NOW, number, own, {KEY: [(1, 3)]})
        store.outbox.put_off(waiting_messages(store)[0], NOW, "451 later")
        store.outbox.tell_operator("operator@marmot.example", b"digest", "", NOW)
        query = ListingQuery(ARCHIVE, URL, None, NOW)
        (listing,) = store.archive_listings.begin(KEY, "wayback", [query], NOW, timedelta(days=7))
        listed = ListedCapture("example,marmot)/privacy", "20200101000000", URL, "text/html", "200", "ABC")
        store.archive_listings.file_page(listing, [listed], 0, "next page")
        store.journal.note_failed_fetch(KEY, URL, URL, "connection refused", NOW)
        store.journal.note_fetched(KEY, f"{URL}/moved", {f"{URL}/moved": URL}, NOW)
        store.journal.begin_run(NOW)
        store.secrets.for_links()
        store.library.standings()
        store.lineages.refresh(KEY, call_here)
    with sqlite3.connect(file) as connection:
        for table in Base.metadata.sorted_tables:
            assert connection.execute(f"SELECT count(*) FROM {table.name} WHERE rowid = 1").fetchone() == (1,)  # noqa: S608
    connection.close()
    return file


def test_bytes_in_a_text_column_are_an_error(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        keep(store, capture_of(A), A, POLICY)
        with sqlite3.connect(tmp_path / "store.db") as connection:
            connection.execute("UPDATE payloads SET store = x'ff00'")
        connection.close()
        with pytest.raises(StorageError, match=r"is damaged or was changed; .*clausewatch restore FILE"):
            back_up(store, tmp_path / "copy.db", capture_of(A).captured_at)
