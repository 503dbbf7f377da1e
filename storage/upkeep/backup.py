"""Copies of everything: from a database in use to one file, and from that to an empty database, of either kind.

The file is a SQLite database with the tables of this one and all payloads in it, wherever they were. Its last table,
`backup`, has the digest of all that is in the others.
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
_AT_ONCE = 500

_Put = Callable[[Table, list[dict[str, Any]]], None]
_Progress = Callable[[int, int], None]


def back_up(store: Store, path: Path, now: datetime, progress: _Progress = lambda done, total: None) -> list[str]:
    """Writes a copy of everything, as it is at this moment, to a file; others may write to the store meanwhile.

    path: of a new file; if an error is raised, what is there is no backup. progress: called with how many rows are
    done, of how many.

    All payloads are in the file, wherever they are stored. Damaged ones go into it as they are; returns what is wrong
    with each. StorageError if database, payload store or file refuse.
    """
    with _new(path) as target, store.database.snapshot() as source:

        def put(table: Table, rows: list[dict[str, Any]]) -> None:
            with explaining(str(path)):
                target.execute(insert(table), rows)

        def put_payload(row: PayloadRow) -> None:
            try:
                data = packing.packed(source, row)
            except DamageError:
                data = b""
            values = {"sha256": row.sha256, "size": row.size, "keyframe": row.keyframe, "store": None, "data": data}
            put(_table(PayloadRow), [values])

        damaged = _copy(source, put, put_payload, progress)
    with _raw(path) as connection, connection:
        digest = _digest(connection)
        connection.execute("CREATE TABLE backup (made_at TEXT NOT NULL, sha256 TEXT NOT NULL)")
        connection.execute("INSERT INTO backup VALUES (?, ?)", (now.isoformat(), digest))
    return damaged


def restore(store: Store, path: Path, progress: _Progress = lambda done, total: None) -> list[str]:
    """Fills an empty database with what `back_up` wrote: with all of it or, if an error is raised, with nothing.

    progress: called with how many rows are done, of how many. Payloads go to where this store puts new ones. Returns
    what is wrong with those that are damaged.

    StorageError if the file is not as it was written, or if the database is not empty.
    """
    with _raw(path, "?mode=ro") as connection:
        _prove(connection, path)
    with _at_present_schema(path) as present, _reading(present) as source, store.database.write_session() as target:
        for table in _TABLES:
            if target.execute(select(table).limit(1)).first() is not None:
                raise StorageError(
                    f"the database is not empty: it has rows in {table.name}; set CLAUSEWATCH_DATABASE_URL to a new one"
                )

        def put(table: Table, rows: list[dict[str, Any]]) -> None:
            target.execute(insert(table), rows)

        def put_payload(row: PayloadRow) -> None:
            put(_table(PayloadRow), [packing.stored(target, row.sha256, row.size, row.keyframe, row.data)])

        damaged = _copy(source, put, put_payload, progress)
        if target.get_bind().dialect.name == "postgresql":
            _count_on(target)
    return damaged


def _copy(source: Session, put: _Put, put_payload: Callable[[PayloadRow], None], progress: _Progress) -> list[str]:
    """Hand over every row, those that others refer to first. What is wrong with payloads that are damaged."""
    total = sum(source.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES)
    done = 0
    damaged = []
    for table in _TABLES:
        if table is _table(PayloadRow):
            for row in source.scalars(select(PayloadRow).execution_options(yield_per=20)):
                try:
                    packing.unpacked(source, row)
                except DamageError as error:
                    damaged.append(str(error))
                put_payload(row)
                source.expunge(row)
                done += 1
                progress(done, total)
            continue
        for rows in source.execute(select(table).execution_options(yield_per=_AT_ONCE)).partitions():
            put(table, [dict(row._mapping) for row in rows])
            done += len(rows)
            progress(done, total)
    return damaged


@contextmanager
def _new(path: Path) -> Iterator[Connection]:
    """A new file with the tables, to write to in one transaction. Whether it is whole is for its digest to say."""
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
def _raw(path: Path, mode: str = "") -> Iterator[sqlite3.Connection]:
    """The file as it is, and what SQLite says of it as StorageError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}{mode}", uri=True)) as connection:
            connection.text_factory = bytes
            yield connection
    except sqlite3.Error as error:
        raise StorageError(f"{path} is no whole backup: {error}; take another one") from None


def _prove(connection: sqlite3.Connection, path: Path) -> None:
    """StorageError when the file is not all that `back_up` wrote, and nothing else."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'backup'").fetchone()
    if not tables:
        raise StorageError(f"{path} is no backup that was finished; take another one")
    sound = [bytes(said).decode() for (said,) in connection.execute("PRAGMA integrity_check")] == ["ok"]
    written = connection.execute("SELECT sha256 FROM backup").fetchall()
    if not sound or written != [(_digest(connection).encode(),)]:
        raise StorageError(f"{path} is damaged: it is not as it was written; take another backup")


def _digest(connection: sqlite3.Connection) -> str:
    """SHA-256 of all values of all tables, in the order of their rows, but of the table `backup`."""
    connection.text_factory = bytes
    digest = hashlib.sha256()
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'backup' ORDER BY name"
    for name, sql in connection.execute(query).fetchall():
        digest.update(sql or b"")
        for row in connection.execute(f'SELECT * FROM "{name.decode()}" ORDER BY rowid'):  # noqa: S608
            for value in row:
                plain = value if isinstance(value, bytes) else repr(value).encode()
                digest.update(f"{type(value).__name__} {len(plain)} ".encode() + plain)
    return digest.hexdigest()


@contextmanager
def _at_present_schema(path: Path) -> Iterator[Path]:
    """Yields the file; if an earlier clausewatch wrote it, a copy that is brought up to date.

    StorageError if it can't be brought up to date.
    """
    with _raw(path, "?mode=ro") as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    present = revision.decode()
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
def _reading(path: Path) -> Iterator[Session]:
    """A session on the file, which it leaves as it is."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=StaticPool)
    try:
        with Session(engine, info=packing.session_info("")) as session:
            yield session
    finally:
        engine.dispose()


def _count_on(session: Session) -> None:
    """Have PostgreSQL give out keys after those that came with the rows."""
    for table in _TABLES:
        if table.autoincrement_column is not None:
            key = f"{table.name}.{table.autoincrement_column.name}"
            sequence = f"pg_get_serial_sequence('{table.name}', '{table.autoincrement_column.name}')"
            session.execute(text(f"SELECT setval({sequence}, max({key})) FROM {table.name} HAVING max({key}) > 0"))  # noqa: S608


def _table(row: type[Base]) -> Table:
    return Base.metadata.tables[row.__tablename__]
