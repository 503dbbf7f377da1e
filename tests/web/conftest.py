"""A reading room over the captures of the demo's vendor, lanternpost, and a reader who opens its pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from core.limits import call_here
from core.settings import load_settings
from storage import Store
from tests.conftest import Clausewatch
from tests.demo_pages import ingested
from web import Room, create_application


@pytest.fixture
def room(clausewatch: Clausewatch, tmp_path: Path) -> Iterator[Room]:
    """A room over the captures of lanternpost, whose database is opened read-only."""
    ingested(clausewatch)
    with Store.open(load_settings().database_url, read_only=True) as store:
        yield Room(store, tmp_path / "vendors", call_here)


@pytest.fixture
def reader(room: Room) -> Iterator[TestClient]:
    """A reader without a password."""
    with TestClient(create_application(room), base_url="http://localhost") as client:
        yield client
