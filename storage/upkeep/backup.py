"""Writes a backup of a database to a file, and restores a backup into an empty database.

The backup is a SQLite database with the same tables. It contains all payloads, including payloads from payload stores.
An additional table, `backup`, contains a checksum of all other tables. SQLite and PostgreSQL databases can both be
backed up, even while they are in use. Every backup can be restored into SQLite or into PostgreSQL.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from sqlalchemy import Connection, StaticPool, Table, create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from core.exceptions import DamageError, StorageError
from storage.database import Database, explaining
from storage.payloads import packing
from storage.store import Store
from storage.tables import schema
from storage.tables.models import Base, PayloadRow

_TABLES: Sequence[Table] = Base.metadata.sorted_tables
_ROWS_AT_ONCE = 500
_PAYLOADS_AT_ONCE = 20

_PutRows = Callable[[Table, list[dict[str, Any]]], None]
_Progress = Callable[[int, int], None]


def back_up(store: Store, path: Path, now: datetime, progress: _Progress = lambda done, total: None) -> list[str]:
    """Writes a copy of the whole store to a file. The copy shows the store as it is when the function is called.

    Other processes may write to the store while the function runs.

    path: the path of a new file. An error may leave an incomplete file, which `restore` refuses. now: the time of the
    backup, which is recorded in the file. progress: called with the number of copied rows and the total number of rows.

    Damaged payloads are copied without changes. Returns a message for each damaged payload. StorageError if the
    database or a payload store can't be read, or if the file can't be written.
    """
    with _new_file(path) as target, store.database.snapshot() as source:

        def put(table: Table, rows: list[dict[str, Any]]) -> None:
            with explaining(str(path)):
                target.execute(insert(table), rows)

        def put_payload(row: PayloadRow) -> None:
            try:
                data = packing.compressed_bytes(source, row)
            except DamageError:
                data = b""
            values = {"sha256": row.sha256, "size": row.size, "keyframe": row.keyframe, "store": None, "data": data}
            put(_table(PayloadRow), [values])

        damaged = _copy(source, put, put_payload, progress)
    add_checksum(path, now)
    return damaged


def add_checksum(path: Path, made_at: datetime) -> None:
    """Completes a backup: adds the table `backup`, with a checksum of all other tables and the time of the backup."""
    with _raw_connection(path) as connection, connection:
        checksum = _checksum(connection)
        connection.execute("CREATE TABLE backup (made_at TEXT NOT NULL, sha256 TEXT NOT NULL)")
        connection.execute("INSERT INTO backup VALUES (?, ?)", (made_at.isoformat(), checksum))


def restore(store: Store, path: Path, progress: _Progress = lambda done, total: None) -> list[str]:
    """Fills an empty database from a backup. If an error is raised, the database stays empty.

    path: the path of a file that `back_up` wrote; the file is not changed. progress: called with the number of restored
    rows and the total number of rows.

    Payloads are stored like new payloads: in the store's payload store if they are large, otherwise in the database.
    Returns a message for each damaged payload. StorageError if the file is incomplete or was altered, if the file's
    schema can't be migrated, or if the database is not empty.
    """
    with _raw_connection(path, "?mode=ro") as connection:
        _check_as_written(connection, path)
    with (
        _at_present_schema(path) as present,
        _read_only_session(present) as source,
        store.database.write_session() as target,
    ):
        for table in _TABLES:
            if target.execute(select(table).limit(1)).first() is not None:
                raise StorageError(
                    f"the database is not empty: it has rows in the table {table.name}; "
                    "set CLAUSEWATCH_DATABASE_URL to a new database"
                )

        def put(table: Table, rows: list[dict[str, Any]]) -> None:
            target.execute(insert(table), rows)

        def put_payload(row: PayloadRow) -> None:
            put(_table(PayloadRow), [packing.store_compressed(target, row.sha256, row.size, row.keyframe, row.data)])

        damaged = _copy(source, put, put_payload, progress)
        if target.get_bind().dialect.name == "postgresql":
            _advance_sequences(target)
    return damaged


def _copy(source: Session, put: _PutRows, put_payload: Callable[[PayloadRow], None], progress: _Progress) -> list[str]:
    """Copies every row, in an order that respects foreign keys. Returns a message for each damaged payload.

    put: writes rows of a table. put_payload: writes the row of a payload.
    """
    total = sum(source.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES)
    done = 0
    damaged = []
    for table in _TABLES:
        if table is _table(PayloadRow):
            for row in source.scalars(select(PayloadRow).execution_options(yield_per=_PAYLOADS_AT_ONCE)):
                try:
                    packing.unpack(source, row)
                except DamageError as error:
                    damaged.append(str(error))
                put_payload(row)
                source.expunge(row)
                done += 1
                progress(done, total)
            continue
        for rows in source.execute(select(table).execution_options(yield_per=_ROWS_AT_ONCE)).partitions():
            put(table, [dict(row._mapping) for row in rows])
            done += len(rows)
            progress(done, total)
    return damaged


@contextmanager
def _new_file(path: Path) -> Iterator[Connection]:
    """Yields a connection to a new SQLite file with empty tables, in one transaction.

    The file is written without a journal and without syncing, which is faster. A crash may leave an incomplete file.
    `restore` refuses the file, because the checksum is missing or differs.
    """
    with explaining(str(path)):
        engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = OFF")
                connection.exec_driver_sql("PRAGMA synchronous = OFF")
                Base.metadata.create_all(connection)
                command.stamp(schema.migration_config(connection), "head")
                yield connection
        finally:
            engine.dispose()


@contextmanager
def _raw_connection(path: Path, mode: str = "") -> Iterator[sqlite3.Connection]:
    """Yields a connection that returns text values as bytes. Every SQLite error is raised as StorageError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}{mode}", uri=True)) as connection:
            connection.text_factory = bytes
            yield connection
    except sqlite3.Error as error:
        raise StorageError(f"{path} is not a complete backup: {error}; use another backup") from None


def _check_as_written(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StorageError if the file is incomplete, or was altered after `back_up` wrote it."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'backup'").fetchone()
    if not tables:
        raise StorageError(f"{path} is not a complete backup; use another backup")
    is_sound = connection.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
    checksums = connection.execute("SELECT sha256 FROM backup").fetchall()
    if not is_sound or checksums != [(_checksum(connection).encode(),)]:
        raise StorageError(f"{path} no longer matches its checksum: it is damaged or was changed; use another backup")


def _checksum(connection: sqlite3.Connection) -> str:
    """Returns the SHA-256 of the definitions and the rows of all tables, except the table `backup`."""
    checksum = hashlib.sha256()
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'backup' ORDER BY name"
    for name, sql in connection.execute(query).fetchall():
        checksum.update(sql or b"")
        for row in connection.execute(f'SELECT * FROM "{name.decode()}" ORDER BY rowid'):  # noqa: S608
            for value in row:
                plain = value if isinstance(value, bytes) else repr(value).encode()
                checksum.update(f"{type(value).__name__} {len(plain)} ".encode() + plain)
    return checksum.hexdigest()


@contextmanager
def _at_present_schema(path: Path) -> Iterator[Path]:
    """Yields the path of a backup with the current schema.

    If the backup has the current schema, yields `path`. If an earlier clausewatch wrote the backup, yields the path of
    a temporary copy that was migrated. StorageError if the backup can't be migrated.
    """
    with _raw_connection(path, "?mode=ro") as connection:
        revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(revisions) != 1:
        raise StorageError(f"{path} has no record of its schema; use another backup")
    present = revisions[0][0].decode()
    if present == schema.head():
        yield path
        return
    schema.check_can_upgrade(present, str(path))
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "backup.db"
        copyfile(path, copy)
        Database(f"sqlite:///{copy}").close()
        yield copy


@contextmanager
def _read_only_session(path: Path) -> Iterator[Session]:
    """Yields a session that can read a SQLite file, but can't change the file."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=StaticPool)
    try:
        with Session(engine, info=packing.session_info("")) as session:
            yield session
    finally:
        engine.dispose()


def _advance_sequences(session: Session) -> None:
    """Sets PostgreSQL's sequences, so that the keys of new rows follow the restored keys."""
    for table in _TABLES:
        if table.autoincrement_column is not None:
            key = f"{table.name}.{table.autoincrement_column.name}"
            sequence = f"pg_get_serial_sequence('{table.name}', '{table.autoincrement_column.name}')"
            session.execute(text(f"SELECT setval({sequence}, max({key})) FROM {table.name} HAVING max({key}) > 0"))  # noqa: S608


def _table(row: type[Base]) -> Table:
    return Base.metadata.tables[row.__tablename__]
