"""A PostgreSQL server that drops connections, that doesn't have the database, or that allows only reading."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from core.exceptions import StorageError
from core.policies import PolicyKey
from storage import Store
from storage.payloads import packing
from tests.keeping import keep
from tests.stored_captures import POLICY, capture_of, page

KEY = PolicyKey("marmot", "privacy")
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")


@pytest.fixture
def server(postgresql_url: str) -> Iterator[psycopg.Connection]:
    """Yields a second connection to the store's database."""
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(postgresql_url: str, server: psycopg.Connection) -> Iterator[Store]:
    with Store.open(postgresql_url) as opened:
        yield opened


def end_other_connections(server: psycopg.Connection) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_dropped_between_two_calls_is_replaced(store: Store, server: psycopg.Connection) -> None:
    keep(store, capture_of(A), A, POLICY)
    end_other_connections(server)
    assert keep(store, capture_of(B, 1), B, POLICY).is_new
    assert len(store.library.captures(KEY)) == 2


def test_a_connection_lost_during_a_call_is_reported(
    store: Store, server: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, capture_of(A), A, POLICY)
    put = packing.put

    def put_and_lose(*arguments: object) -> None:
        put(*arguments)  # type: ignore[arg-type]  # the arguments are passed on unchanged
        end_other_connections(server)

    with monkeypatch.context() as patch:
        patch.setattr(packing, "put", put_and_lose)
        with pytest.raises(StorageError, match=r"connection was lost: check that the server runs.*still there"):
            keep(store, capture_of(B, 1), B, POLICY)
    assert [stored.capture for stored in store.library.captures(KEY)] == [capture_of(A)]
    assert keep(store, capture_of(B, 1), B, POLICY).is_new


def test_the_error_names_a_database_that_does_not_exist(postgresql_database: str) -> None:
    url = make_url(postgresql_database).set(database="clausewatch_never_made")
    with pytest.raises(StorageError, match='"clausewatch_never_made" does not exist'):
        Store.open(url.render_as_string(hide_password=False))


def test_a_read_only_database_can_be_read_but_not_written(postgresql_url: str, store: Store) -> None:
    keep(store, capture_of(A), A, POLICY)
    url = make_url(postgresql_url)
    options = f"{url.query['options']} -cdefault_transaction_read_only=on"
    with Store.open(url.update_query_dict({"options": options}).render_as_string(hide_password=False)) as reader:
        assert len(reader.library.captures(KEY)) == 1
        with pytest.raises(StorageError, match="can't be written"):
            keep(reader, capture_of(B, 1), B, POLICY)


def test_times_do_not_depend_on_the_time_zone_of_the_server(postgresql_url: str) -> None:
    url = make_url(postgresql_url)
    options = f"{url.query['options']} -ctimezone=Asia/Kathmandu"
    with Store.open(url.update_query_dict({"options": options}).render_as_string(hide_password=False)) as elsewhere:
        keep(elsewhere, capture_of(A), A, POLICY)
        assert elsewhere.library.captures(KEY)[0].capture == capture_of(A)
    with Store.open(postgresql_url) as here:
        assert here.library.captures(KEY)[0].capture == capture_of(A)


def test_a_database_that_cannot_store_every_character_is_refused(
    postgresql_url: str, server: psycopg.Connection
) -> None:
    server.execute("CREATE DATABASE clausewatch_latin1 ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    try:
        url = make_url(postgresql_url).set(database="clausewatch_latin1").render_as_string(hide_password=False)
        with pytest.raises(StorageError, match=r"the encoding LATIN1, .*createdb --encoding=UTF8"):
            Store.open(url)
    finally:
        server.execute("DROP DATABASE clausewatch_latin1")
