"""The databases that storage is tested on: a SQLite file and, if the environment names a server, PostgreSQL."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from storage import Store

_SERVER = os.environ.get("CLAUSEWATCH_TEST_POSTGRESQL_URL")
_numbers = count()


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    if not _SERVER:
        pytest.skip("CLAUSEWATCH_TEST_POSTGRESQL_URL names no PostgreSQL server to make a database on")
    name = f"clausewatch_test_{os.getpid()}"
    with psycopg.connect(_SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield make_url(_SERVER).set(database=name).render_as_string(hide_password=False)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    # Each test gets a schema of its own, which is made much faster than a database.
    schema = f"test_{next(_numbers)}"
    with psycopg.connect(postgresql_database, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    url = make_url(postgresql_database).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened
