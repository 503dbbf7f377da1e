"""Bringing the tables to this code's state with the migrations in `storage/migrations/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from core.exceptions import StorageError

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_POSTGRESQL_LOCK = 0x636C6175  # any number that other programs on the server are unlikely to lock
_one_at_a_time = Lock()  # Alembic keeps the running migration in module globals.


def upgrade(reader: Engine, writer: Engine, name: str) -> str | None:
    """Create or change the tables as far as needed; one process at a time does it, others wait. The schema they have.

    StorageError when they were made by a newer clausewatch. name: the database's, for messages.
    """
    known = ScriptDirectory(str(_MIGRATIONS))
    head = known.get_current_head()
    with reader.connect() as connection:
        present = revision(connection) if inspect(connection).has_table("alembic_version") else None
    if present == head:
        return head
    if present is not None and present not in {script.revision for script in known.walk_revisions()}:
        raise StorageError(f"{name} was written by a newer clausewatch (schema {present}): update this one")
    with _one_at_a_time, _references_unchecked(writer) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
        command.upgrade(migration_config(connection), "head")
    return head


def revision(connection: Connection) -> str | None:
    """The schema that the tables have now; None when they were taken down again."""
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if found is None else str(found[0])


def head() -> str | None:
    """The schema that this code works with."""
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head()


def migration_config(connection: Connection) -> Config:
    """What Alembic's commands need to work on this connection, inside the transaction it is in."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _references_unchecked(engine: Engine) -> Iterator[Connection]:
    """A connection on which SQLite lets a table that others refer to be made anew.

    See https://www.sqlite.org/lang_altertable.html#otheralter. It cannot be set within a transaction.
    """
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        try:
            yield connection
        finally:
            driver.execute("PRAGMA foreign_keys = ON")
