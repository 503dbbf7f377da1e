"""A reading room over the captures of the demo's vendor, lanternpost, and a reader who opens its pages."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.limits import call_here
from core.settings import load_settings
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from web import Room, create_application


@pytest.fixture(scope="session")
def ingested_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a database with the captures of lanternpost. The first room of the tests creates it."""
    return tmp_path_factory.mktemp("lanternpost") / "clausewatch.db"


@pytest.fixture
def room(clausewatch: Clausewatch, tmp_path: Path, ingested_database: Path) -> Iterator[Room]:
    """A room over the captures of lanternpost, whose database is opened read-only."""
    database = tmp_path / "clausewatch.db"
    if ingested_database.exists():
        copy_database(ingested_database, database)
    else:
        ingested(clausewatch)
        copy_database(database, ingested_database)
    with Store.open(load_settings().database_url, read_only=True) as store:
        yield Room(store, tmp_path / "vendors", call_here)


def copy_database(source: Path, target: Path) -> None:
    """Copies an SQLite database, whose newest changes may be in its write-ahead log."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def reader(room: Room) -> Iterator[TestClient]:
    """A reader without a password."""
    with TestClient(create_application(room), base_url="http://localhost") as client:
        yield client
