"""The lock that allows one run at a time on a database, by whatever address the database is reached."""

from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from sqlalchemy import make_url

from core.exceptions import ClausewatchError
from storage import Store

_REFUSAL = "another run on this database is in progress"


def other_address(url: str, tmp_path: Path) -> str:
    """Returns another address of the same database."""
    if url.startswith("sqlite"):
        (tmp_path / "link").symlink_to(tmp_path)
        return f"sqlite+pysqlite:///{tmp_path}/link/../link/store.db?timeout=7"
    parsed = make_url(url).update_query_dict({"application_name": "another"})
    return (parsed.set(host="localhost") if parsed.host == "127.0.0.1" else parsed).render_as_string(False)


def test_a_second_run_is_refused_by_any_address(store: Store, database_url: str, tmp_path: Path) -> None:
    with Store.open(other_address(database_url, tmp_path)) as other:
        with store.database.only_run():
            with pytest.raises(ClausewatchError, match=_REFUSAL), other.database.only_run():
                pass
            with pytest.raises(ClausewatchError, match=_REFUSAL), store.database.only_run():
                pass
        with other.database.only_run():
            pass


def test_a_run_in_progress_is_seen_by_any_address(store: Store, database_url: str, tmp_path: Path) -> None:
    with Store.open(other_address(database_url, tmp_path)) as other:
        assert not other.database.run_is_in_progress()
        with store.database.only_run():
            assert other.database.run_is_in_progress()
        end = monotonic() + 10  # a server notices an instant later that a session has ended
        while other.database.run_is_in_progress():
            assert monotonic() < end


def test_a_run_that_fails_releases_the_lock(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.database.only_run():
        raise ZeroDivisionError
    with store.database.only_run():
        pass


def test_a_run_on_another_database_of_the_server_is_not_refused(postgresql_database: str, postgresql_url: str) -> None:
    with psycopg.connect(postgresql_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS another_run")
    elsewhere = make_url(postgresql_database).update_query_dict({"options": "-csearch_path=another_run"})
    with ExitStack() as stack:
        for url in (postgresql_url, elsewhere.render_as_string(False)):
            store = stack.enter_context(Store.open(url))
            assert not store.database.run_is_in_progress()
            stack.enter_context(store.database.only_run())


def test_a_lost_connection_releases_the_lock(postgresql_url: str) -> None:
    with Store.open(postgresql_url) as store, Store.open(postgresql_url) as other, store.database.only_run():
        with psycopg.connect(postgresql_url, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND pid IN "
                "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
        with other.database.only_run():
            pass
