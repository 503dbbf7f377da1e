import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from core.captures import sha256_hex
from core.exceptions import StorageError
from storage import Store
from storage.compression import compress
from storage.models import DocumentRow, PayloadRow
from tests.stored_captures import POLICY, capture_of, page

A = page("We keep your messages for a year.")
NOISE = b"".join(sha256_hex(bytes([number])).encode() for number in range(50))


@pytest.mark.parametrize("place", [0, 6, 40, -1])
def test_a_byte_damaged_in_the_file_is_noticed(tmp_path: Path, place: int) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        store.keep(capture_of(NOISE), NOISE, POLICY)
    damaged = bytearray(file.read_bytes())
    frame = compress(NOISE)
    begin = damaged.index(frame)
    damaged[begin + place % len(frame)] ^= 0x10
    file.write_bytes(damaged)
    with Store.open(f"sqlite:///{file}") as store:
        with pytest.raises(StorageError, match=r"is damaged: .*restore the database from a backup"):
            store.payload(sha256_hex(NOISE))
        assert len(store.captures("marmot", "privacy")) == 1


@pytest.mark.parametrize("data", [b"", b"not zstandard", compress(NOISE[:-1]), compress(NOISE)[:-3]])
def test_other_bytes_under_the_same_digest_are_noticed(database_url: str, data: bytes) -> None:
    with Store.open(database_url) as store:
        kept = store.keep(capture_of(A), A, POLICY)
        engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.execute(update(PayloadRow).values(data=data))
            connection.execute(update(DocumentRow).values(data=data))
        engine.dispose()
        with pytest.raises(StorageError, match="is damaged"):
            store.payload(sha256_hex(A))
        with pytest.raises(StorageError, match="is damaged"):
            store.document(kept.capture_id)


def test_a_frame_that_announces_terabytes_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with Store.open(f"sqlite:///{file}") as store:
        store.keep(capture_of(A), A, POLICY)
        huge = bytes.fromhex("28b52ffd") + b"\xe0" + (1 << 42).to_bytes(8, "little") + compress(A)[6:]
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE payloads SET data = ?", (huge,))
        connection.close()
        with pytest.raises(StorageError, match="is damaged"):
            store.payload(sha256_hex(A))


@pytest.mark.parametrize("column", ["captures.sha256", "captures.seal", "captures.identity", "payloads.sha256"])
@pytest.mark.parametrize("value", ["zzz", "ff", b"", b"\xff"])
def test_a_digest_that_is_none_any_more_keeps_nothing_else_from_being_read(
    tmp_path: Path, column: str, value: str | bytes
) -> None:
    file, table, name = tmp_path / "store.db", *column.split(".")
    with Store.open(f"sqlite:///{file}") as store:
        for days, payload in enumerate((A, NOISE)):
            store.keep(capture_of(payload, days), payload, POLICY)
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = 1", (value,))  # noqa: S608
    connection.close()
    with Store.open(f"sqlite:///{file}") as store:
        assert len(store.captures("marmot", "privacy")) == 2
        assert store.payload(sha256_hex(NOISE)) == NOISE
        assert any(one.remedy == "backup" for one in store.verify({("marmot", "privacy"): POLICY}))
        store.backup(tmp_path / "copy.db", capture_of(A).captured_at)


def test_a_text_that_is_none_any_more_is_told(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.keep(capture_of(A), A, POLICY)
        with sqlite3.connect(tmp_path / "store.db") as connection:
            connection.execute("UPDATE payloads SET store = x'ff00'")
        connection.close()
        with pytest.raises(StorageError, match="is no text any more; restore the database from a backup"):
            store.backup(tmp_path / "copy.db", capture_of(A).captured_at)
