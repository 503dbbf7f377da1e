"""What a power cut may take: nothing but what can be derived again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from storage import Store
from tests.databases import do_not_wait_for_the_disk


@pytest.fixture
def with_fsync() -> Iterator[None]:
    event.remove(Pool, "checkout", do_not_wait_for_the_disk)
    yield
    event.listen(Pool, "checkout", do_not_wait_for_the_disk)


@pytest.mark.usefixtures("with_fsync")
def test_only_a_commit_of_what_is_derived_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """SQLite's levels: 2 waits at each commit, 1 only when the log is written back (https://sqlite.org/pragma.html)."""
    levels = []
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        for durable in (True, False, True):
            with store.database.write_session(durable=durable) as session:
                levels.append(session.scalar(text("PRAGMA synchronous")))
    assert levels == [2, 1, 2]


def test_postgresql_does_not_wait_for_the_disk_either(postgresql_url: str) -> None:
    with Store.open(postgresql_url) as store:
        settings = []
        for durable in (True, False, True):
            with store.database.write_session(durable=durable) as session:
                settings.append(session.scalar(text("SHOW synchronous_commit")))
    assert settings == ["on", "off", "on"]
