"""Opens the database, begins transactions, and raises database errors as StorageError with an explanation."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from core.exceptions import RESTORE_ADVICE, ClausewatchError, DamageError, RefusedError, StorageError
from storage.tables import schema
from storage.tables.models import Base

# How long a process waits for another process's transaction to end, and for a database server to accept a connection,
# in seconds. `?timeout=` and `?connect_timeout=` in the database URL override these values.
_LOCK_TIMEOUT = "30"
_CONNECT_TIMEOUT = "10"

_POSTGRESQL_WRITER = 0x636C6176  # any number that other programs on the server are unlikely to lock

_POSTGRESQL_RUN = 0x636C6177  # the same, for the lock of a run

# Yields a row if a session of the server has the lock of a run on the present schema. A lock by two numbers has the
# `objsubid` 2, and the numbers in `classid` and `objid`, without a sign (PostgreSQL documentation, view pg_locks).
_RUN_LOCK_IS_TAKEN = f"""
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = {_POSTGRESQL_RUN} AND objid::bigint = hashtext(current_schema())::bigint & 4294967295
    AND objsubid = 2 AND granted
"""  # noqa: S608  (the number is a constant)
# How long a run waits for the lock on a file, in seconds: `run_is_in_progress` takes it for an instant.
_LOCK_WAIT = 0.5
# At this level of SQLite's `synchronous`, a commit to the write-ahead log doesn't wait for the disk.
_NORMAL = 1

_STAYS = "everything stored before is still there"
_NO_SPACE = f"can't be written, because its disk is full: free space on the disk and run this again; {_STAYS}"
_LOCKED = f"is locked by another process: run this again when the other process is done; {_STAYS}"
_READ_ONLY = "can't be written: give this user the right to write to it"

# Advice for each error. The keys are the beginnings of SQLite's names of errors (https://www.sqlite.org/rescode.html).
_SQLITE_ADVICE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _NO_SPACE,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_PERM": _READ_ONLY,
    "SQLITE_CANTOPEN": "can't be opened: check that the folder exists and that this user may write to it",
    "SQLITE_NOTADB": "is not a SQLite database: set CLAUSEWATCH_DATABASE_URL to another file",
    "SQLITE_IOERR": f"can't be read or written: check that the disk works and has space left; {_STAYS}",
}
# Advice for each error. The keys are the beginnings of SQLSTATE codes (PostgreSQL documentation, appendix A).
_POSTGRESQL_ADVICE = {
    "53100": _NO_SPACE,
    "53": f"is on a server without free memory, disk space or connections: see its log, then run this again; {_STAYS}",
    "55P03": _LOCKED,
    "40": _LOCKED,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "28": "refuses the login: check the user and the password in CLAUSEWATCH_DATABASE_URL",
    "3D000": "does not exist: create it with createdb, or correct CLAUSEWATCH_DATABASE_URL",
}
# The classes of SQLSTATE codes for values that can't be stored: data exceptions, violated constraints, exceeded limits.
_REFUSALS = ("22", "23", "54")
# Python's sqlite3 module raises an error whose message begins with this text. SQLite has no name for this error.
_UNDECODABLE = "Could not decode to UTF-8"
_UNREACHABLE = (
    "can't be reached, or the connection was lost: check that the server runs and that CLAUSEWATCH_DATABASE_URL is "
    f"correct, then run this again; {_STAYS}"
)


class Database:
    """An open database with the current schema.

    A session is one transaction: it is committed at the end of the `with` block, and rolled back if the block raises.
    Every database error is raised as StorageError.

    url: the database's address in SQLAlchemy's form. info: the values to store in `Session.info` of every session.
    read_only: whether the database itself refuses every write. Such a database is not migrated: StorageError if its
        schema is not the current one.
    """

    def __init__(self, url: str, info: dict[Any, Any] | None = None, *, read_only: bool = False) -> None:
        parsed = _parsed(url)
        self._name = parsed.render_as_string(hide_password=True)
        self._info = info
        self._engine = _read_only_engine(parsed) if read_only else _engine(parsed)
        self._writer = self._engine.execution_options(clausewatch_writes=True)
        try:
            with self._explaining():
                if read_only:
                    self._schema = schema.require_current(self._engine, self._name)
                else:
                    _check_encoding(self._engine, self._name)
                    self._schema = schema.upgrade(self._engine, self._writer, self._name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """Yields a session for queries only. On SQLite, the session never waits for a write session."""
        with self._explaining(), Session(self._engine, info=self._info) as session, session.begin():
            yield session

    @contextmanager
    def write_session(self, *, durable: bool = True) -> Iterator[Session]:
        """Yields a session for changes. Only one write session at a time is open; other write sessions wait.

        durable: False for what is derived, and can be derived again. The end of the session then doesn't wait for the
            disk. After a power cut, the last such changes may be missing, but nothing that was written durably.

        StorageError if a newer clausewatch has migrated the tables since the database was opened.
        """
        with ExitStack() as stack:
            stack.enter_context(self._explaining())
            bind = self._writer if durable else stack.enter_context(_not_waiting_for_disk(self._writer))
            session = stack.enter_context(Session(bind, info=self._info))
            stack.enter_context(session.begin())
            if schema.revision(session.connection()) != self._schema:
                raise StorageError(
                    f"{self._name} was migrated by a newer clausewatch while this command was running: "
                    f"run the command again; {_STAYS}"
                )
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Yields a session in which all queries see the database as it was at the first query.

        Write sessions don't wait for a snapshot to end.
        """
        with self.read_session() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def only_run(self) -> Iterator[None]:
        """Acquires the lock of a run on this database, and releases the lock when the block ends.

        The lock is in the database, so the address by which a process reaches the database makes no difference: an
        advisory lock of the PostgreSQL server, or an empty file beside the SQLite file. If the process is killed, or
        loses the connection, the lock is released. What a digest records is safe without the lock, too
        (`Subscriptions.enqueue`, `Subscriptions.claim`); the lock keeps two runs from doing the same work twice.

        ClausewatchError if another process has acquired the lock.
        """
        with self._explaining():
            connection = self._engine.connect()
            is_server = connection.dialect.name == "postgresql"
            lock = _server_lock(connection) if is_server else _file_lock(connection, _LOCK_WAIT)
        if lock is None:
            connection.close()
            raise ClausewatchError("another run on this database is in progress; this one did nothing")
        try:
            yield
        finally:
            lock()

    def run_is_in_progress(self) -> bool:
        """Returns whether a process has the lock of a run on this database (`only_run`)."""
        with self._explaining():
            connection = self._engine.connect()
            if connection.dialect.name == "postgresql":
                with connection:
                    return connection.exec_driver_sql(_RUN_LOCK_IS_TAKEN).first() is not None
            release = _file_lock(connection, seconds=0)
        if release is not None:
            release()
        return release is None

    def _explaining(self) -> AbstractContextManager[None]:
        return explaining(self._name)


@contextmanager
def _not_waiting_for_disk(writer: Engine) -> Iterator[Connection]:
    """Yields a connection whose commits don't wait for the disk, whatever the connections of the engine do."""
    with writer.connect() as pooled:
        connection = pooled.execution_options(clausewatch_durable=False)
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            yield connection
            return
        # SQLite refuses to change this within a transaction, so it is changed before and after it.
        try:
            (level,) = driver.execute("PRAGMA synchronous").fetchone()
            driver.execute(f"PRAGMA synchronous = {min(level, _NORMAL)}")
        except sqlite3.Error as error:
            raise DBAPIError("PRAGMA synchronous", None, error) from error
        try:
            yield connection
        finally:
            driver.execute(f"PRAGMA synchronous = {level}")


def _server_lock(connection: Connection) -> Callable[[], None] | None:
    """Acquires the lock of a run on a PostgreSQL server. Returns a function that releases it; None if it is taken.

    The lock belongs to the session, and ends with it. Schemas of one database are locked separately.
    """
    # The connection belongs to no pool any more, so that closing it ends the session.
    connection.detach()
    # If this machine vanishes, the server notices within two minutes instead of two hours.
    for setting, value in (("idle", 60), ("interval", 10), ("count", 6)):
        connection.exec_driver_sql(f"SET tcp_keepalives_{setting} = {value}")
    is_ours = connection.exec_driver_sql(
        f"SELECT pg_try_advisory_lock({_POSTGRESQL_RUN}, hashtext(current_schema()))"
    ).scalar()
    connection.commit()  # an open transaction would keep the server from cleaning up
    return connection.close if is_ours else None


def _file_lock(connection: Connection, seconds: float) -> Callable[[], None] | None:
    """Acquires the lock of a run beside a SQLite file. Returns a function that releases it; None if it is taken.

    seconds: how long to wait for the lock.
    """
    path = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
    connection.close()
    lock = FileLock(f"{Path(path).resolve()}.run.lock")
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return None
    return lock.release


def is_database_file(url: str, path: Path) -> bool:
    """Returns whether a path is that of the SQLite file that a database URL names."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return False
    return path.resolve() == Path(parsed.database).resolve()


@contextmanager
def explaining(name: str) -> Iterator[None]:
    """Raises every database error in the `with` block as a StorageError with an explanation.

    Raises DamageError, a subclass of StorageError, if a value or a page of a SQLite file is damaged. Raises
    RefusedError, another subclass, if the database refuses a value, but can store others. name: the database's name in
    messages.
    """
    try:
        yield
    except SQLAlchemyError as error:
        kind = DamageError if _is_damage(error) else RefusedError if _is_refusal(error) else StorageError
        raise kind(_explanation(error, name)) from error
    except OverflowError as error:  # a number that the driver can't convert
        raise RefusedError(f"{name} refused: {error}; {_STAYS}") from error


def insert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Returns an INSERT statement that supports ON CONFLICT, in the dialect of the session's database."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def _parsed(url: str) -> URL:
    """Returns a database URL with the driver to use.

    StorageError if the URL is not the URL of a SQLite file or of a PostgreSQL database.
    """
    try:
        parsed = make_url(url)
        backend = parsed.drivername.partition("+")[0]
    except (ArgumentError, ValueError):
        backend = ""
    if backend not in ("sqlite", "postgresql", "postgres"):
        raise StorageError(
            "CLAUSEWATCH_DATABASE_URL names neither a SQLite file nor a PostgreSQL database; give "
            "sqlite:////path/to/file or postgresql://user@host/database"
        )
    if backend != "sqlite":
        return parsed.set(drivername="postgresql+psycopg")
    if not re.fullmatch(r"\d+(\.\d+)?", str(parsed.query.get("timeout", 0))):
        raise StorageError("CLAUSEWATCH_DATABASE_URL: `timeout` must be a number of seconds, like ?timeout=30")
    parsed = parsed.set(drivername="sqlite")
    if parsed.database in (None, "", ":memory:"):
        raise StorageError(f"{url}: a database in memory would lose its captures; give a file: sqlite:////path/to/file")
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return _postgresql_engine(url)
    _make_folder(url)
    engine = create_engine(_with_default(url, "timeout", _LOCK_TIMEOUT))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: URL) -> Engine:
    # A crawl may send no query for hours, and the server may close the connection during these hours. So each
    # connection is checked before it is used, and replaced if it is closed.
    engine = create_engine(_with_default(url, "connect_timeout", _CONNECT_TIMEOUT), pool_pre_ping=True)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _read_only_engine(url: URL) -> Engine:
    """Returns an engine whose connections can't write, whatever statement is sent on them."""
    if url.get_backend_name() == "postgresql":
        engine = _postgresql_engine(url)
        event.listen(engine, "connect", _refuse_writes_on_postgresql)
        return engine
    if "uri" not in url.query:
        if not Path(url.database or "").exists():
            raise StorageError(f"there is no database {url.database}: store captures first, with `scrapy crawl`")
        # A path in a URI is percent-encoded (https://www.sqlite.org/uri.html).
        path = quote(str(Path(url.database or "").absolute()))
        url = url.set(database=f"file:{path}").update_query_dict({"uri": "true"})
    engine = create_engine(_with_default(url.update_query_dict({"mode": "ro"}), "timeout", _LOCK_TIMEOUT))
    event.listen(engine, "connect", _refuse_writes_on_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_writes_on_postgresql(connection: Any, record: Any) -> None:
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    connection.commit()


def _refuse_writes_on_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only = ON")


def _check_encoding(engine: Engine, name: str) -> None:
    """Raises StorageError if a PostgreSQL database can't store every character."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise StorageError(
            f"{name} has the encoding {encoding}, which lacks characters of vendors' texts: create another database "
            "with createdb --encoding=UTF8 --template=template0"
        )


def _with_default(url: URL, parameter: str, value: str) -> URL:
    return url if parameter in url.query else url.update_query_dict({parameter: value})


def _make_folder(url: URL) -> None:
    if "uri" in url.query:
        return
    folder = Path(url.database or "").absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the database's folder {folder} can't be created: {error.strerror}; "
            "create it, or set CLAUSEWATCH_DATABASE_URL to another place"
        ) from None


def _prepare_sqlite(connection: Any, record: Any) -> None:
    # By default, Python's sqlite3 module begins a transaction before the first change, so earlier queries are outside
    # the transaction. With isolation level None, the module begins no transaction: `_begin_sqlite` begins each one.
    connection.isolation_level = None
    cursor = connection.cursor()
    _use_wal(cursor)
    # With the value NORMAL, a power cut could lose the captures that were committed last.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    """Switches a SQLite file to write-ahead logging, so that read and write transactions don't wait for each other.

    The setting is stored in the file, so only a new file is changed.
    """
    (milliseconds,) = cursor.execute("PRAGMA busy_timeout").fetchone()
    deadline = time.monotonic() + milliseconds / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # If another process is switching the file at this moment, SQLite fails at once, whatever the timeout.
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction may read first and write later. If another transaction has written in between, SQLite does not wait:
    # the write fails at once (https://www.sqlite.org/rescode.html#busy_snapshot). So a write transaction acquires the
    # write lock at its beginning.
    writes = connection.get_execution_options().get("clausewatch_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_damage(error: SQLAlchemyError) -> bool:
    """Returns whether the error means that a value or a page of a SQLite file is damaged."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if not isinstance(cause, sqlite3.Error):
        return False
    return getattr(cause, "sqlite_errorname", "").startswith("SQLITE_CORRUPT") or _UNDECODABLE in str(cause)


def _is_refusal(error: SQLAlchemyError) -> bool:
    """Returns whether the database, or the conversion for it, refuses a value of a row."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError) and isinstance(error.orig, ValueError | OverflowError | TypeError)
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, DataError | IntegrityError) or sqlstate.startswith(_REFUSALS)


def _begin_postgresql(connection: Connection) -> None:
    # Two crawls of the same policy may write the same rows in different orders, which could cause a deadlock. So a
    # write transaction acquires a lock at its beginning. The time limit for this wait is the same as on SQLite.
    if connection.get_execution_options().get("clausewatch_writes"):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_WRITER})")
    if not connection.get_execution_options().get("clausewatch_durable", True):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _explanation(error: SQLAlchemyError, name: str) -> str:
    if not isinstance(error, DBAPIError):
        return f"{name}: {error}"
    cause = error.orig
    message = str(cause).strip().partition("\n")[0]
    if _is_damage(error):
        return f"{name} is damaged ({message}); {RESTORE_ADVICE}"
    sqlite_name, sqlstate = getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None)
    for code, advice_by_code in ((sqlite_name, _SQLITE_ADVICE), (sqlstate, _POSTGRESQL_ADVICE)):
        for beginning, advice in advice_by_code.items():
            if code and code.startswith(beginning):
                return f"{name} {advice} ({message})"
    if error.connection_invalidated or (sqlite_name is None and sqlstate is None):
        return f"{name} {_UNREACHABLE} ({message})"
    return f"{name} refused: {message}; {_STAYS}"
