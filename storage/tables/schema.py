"""Finds out which revision of the schema a database has, and migrates it to the current revision.

The migrations are in the folder `migrations` beside this file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, inspect, text

from core.exceptions import StorageError
from storage.tables.subscription_models import SubscriberRow

if TYPE_CHECKING:
    # Only a migration imports Alembic: nearly all commands use a database that is up to date, and start without it.
    from alembic.config import Config

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_POSTGRESQL_LOCK = 0x636C6175  # any number that other programs on the server are unlikely to lock
_alembic_lock = Lock()  # Alembic stores the running migration in module globals, so only one thread may migrate.

# The revisions before the baseline migration. This code no longer contains their migrations; the last commit that
# contains them is named below.
_BEFORE_BASELINE = frozenset({"0001", "0002", "0003", "0004", "0005"})
_LAST_COMMIT_BEFORE_BASELINE = "4a914d7"


def upgrade(reader: Engine, writer: Engine, name: str) -> str:
    """Creates or migrates the tables if needed, and returns their revision afterwards.

    Only one process at a time migrates a database. Other processes wait.

    reader, writer: two engines for the database. A transaction of `writer` acquires the write lock at its beginning.
    name: the database's name in messages.

    StorageError in three cases: a newer clausewatch migrated the tables; their revision is older than the baseline
    migration; or the tables exist, but the database has no record of their revision.
    """
    head_revision = head()
    with reader.connect() as connection:
        present = _revision_if_any(connection)
    if present == head_revision:
        return head_revision
    check_can_upgrade(present, name)
    with _alembic_lock, _foreign_keys_unchecked(writer) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
        # The check follows the lock, because another process may have created the tables while this process waited.
        _check_no_unversioned_tables(connection, name)
        from alembic import command

        command.upgrade(migration_config(connection), "head")
    return head_revision


def require_current(reader: Engine, name: str) -> str:
    """Returns the revision of the tables. name: the database's name in messages.

    StorageError if it is not the current revision: a database that is opened read-only can't be migrated.
    """
    with reader.connect() as connection:
        present = _revision_if_any(connection)
    if present == head():
        return present
    check_can_upgrade(present, name)
    raise StorageError(
        f"{name} is empty: store captures first, with `scrapy crawl` or `clausewatch ingest`"
        if present is None
        else f"{name} was written by an older clausewatch: run `clausewatch status` once, which updates it"
    )


def check_can_upgrade(present: str | None, name: str) -> None:
    """Raises StorageError if this code can't migrate tables from a revision to the current revision.

    present: the revision of the tables; None for an empty database. name: the name of the database or of the backup in
    messages.
    """
    if present is None or present in _revisions():
        return
    if present in _BEFORE_BASELINE:
        raise StorageError(
            f"{name} was written by an early clausewatch (schema {present}); convert it first with commit "
            f"{_LAST_COMMIT_BEFORE_BASELINE}, as docs/operating.md describes, then run this again"
        )
    raise StorageError(
        f"{name} was written by a newer clausewatch (schema {present}): update clausewatch on this machine"
    )


def revision(connection: Connection) -> str | None:
    """Returns the revision that the tables have now; None if all migrations were reverted."""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if row is None else str(row[0])


def head() -> str:
    """Returns the current revision: the revision of the schema that this code requires."""
    return max(_revisions())


def migration_config(connection: Connection) -> "Config":
    """Returns a configuration that makes Alembic's commands use a connection, inside the connection's transaction."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revisions() -> set[str]:
    """Returns the revisions of all migrations. The name of a migration's file begins with its revision, a number."""
    return {path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def _revision_if_any(connection: Connection) -> str | None:
    return revision(connection) if inspect(connection).has_table("alembic_version") else None


def _check_no_unversioned_tables(connection: Connection, name: str) -> None:
    """Raises StorageError if the database has tables with names that clausewatch uses, but no recorded revision.

    Either the revision was lost, or the tables belong to another program. In both cases, no migration may change them.
    """
    if _revision_if_any(connection) is not None:
        return
    table_names = sorted(SubscriberRow.metadata.tables.keys() & set(inspect(connection).get_table_names()))
    if table_names:
        raise StorageError(
            f"{name} is not clausewatch's database, or is damaged: it has tables ({', '.join(table_names)}) but no "
            "record "
            "of their schema in alembic_version; set CLAUSEWATCH_DATABASE_URL to an empty database, and if this was "
            "clausewatch's, run `clausewatch restore FILE` with your last backup"
        )


@contextmanager
def _foreign_keys_unchecked(engine: Engine) -> Iterator[Connection]:
    """Yields a connection on which SQLite doesn't check foreign keys.

    Without the checks, a migration can replace a table that other tables refer to (see
    https://www.sqlite.org/lang_altertable.html#otheralter). The setting is changed on the driver's connection, because
    SQLite ignores the change within a transaction.
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
