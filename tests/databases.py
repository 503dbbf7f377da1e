"""Databases for the storage tests: a SQLite file, and PostgreSQL if the environment names a PostgreSQL server."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.pool import Pool

from storage import Store

_SERVER = os.environ.get("CLAUSEWATCH_TEST_POSTGRESQL_URL")
_numbers = count()


@pytest.fixture(scope="session", autouse=True)
def without_fsync() -> Iterator[None]:
    """SQLite doesn't wait for the disk in this process, because no machine loses its power in the tests."""
    event.listen(Pool, "checkout", do_not_wait_for_the_disk)
    yield
    event.remove(Pool, "checkout", do_not_wait_for_the_disk)


def do_not_wait_for_the_disk(connection: object, *_: object) -> None:
    """Changes a connection to SQLite so that a commit doesn't wait for the disk. Leaves other connections alone."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


class _CompiledStatements(dict[Any, Any]):
    """SQLAlchemy's cache of compiled statements, for all engines of this process together.

    SQLAlchemy's own cache belongs to one engine. Each test opens a database of its own, so without this cache, each
    test would compile every statement again. That takes longer than to run the statements.
    """

    # The keys are tuples. The first element is the engine's dialect, which is another object for each engine.
    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


_compiled_statements = _CompiledStatements()


@pytest.fixture(scope="session", autouse=True)
def shared_compiled_statements() -> Iterator[None]:
    """Each statement is compiled only once in this process for SQLite, and once for PostgreSQL."""
    event.listen(Engine, "engine_connect", _share_compiled_statements)
    yield
    event.remove(Engine, "engine_connect", _share_compiled_statements)


def _share_compiled_statements(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled_statements)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a SQLite file with empty tables, to copy: making the tables takes ten times as long as a copy."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """Yields the URL of a new PostgreSQL database, which is deleted at the end of the session."""
    if not _SERVER:
        pytest.skip("CLAUSEWATCH_TEST_POSTGRESQL_URL is not set to the address of a PostgreSQL server")
    name = f"clausewatch_test_{os.getpid()}"
    with psycopg.connect(_SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    """Returns the URL of an empty schema in the PostgreSQL database.

    Each test gets a new schema, because PostgreSQL creates a schema much faster than a database.
    """
    schema = f"test_{next(_numbers)}"
    with psycopg.connect(postgresql_database, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    url = make_url(postgresql_database).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> str:
    """Returns the URL of an empty database. Each test that uses this fixture runs on SQLite and on PostgreSQL.

    The SQLite database has its tables already; the PostgreSQL database has none.
    """
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Yields an open store on an empty database."""
    with Store.open(database_url) as open_store:
        yield open_store
