import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, column, create_engine, inspect, select, text
from sqlalchemy import table as sql_table

from core.archives import ArchiveSite, ListedCapture
from core.captures import sha256_hex
from core.exceptions import StorageError
from core.policies import PolicyKey
from storage import ListingQuery, Review, Store
from storage.tables.models import Base, PayloadRow
from storage.tables.schema import migration_config
from tests.keeping import keep, reextract, verify
from tests.stored_captures import POLICY, capture_of, page

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
BLOCKED = b"<html><title>Just a moment...</title><body><p>Checking your browser</p></body></html>"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A second way into the store's database."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_the_code_knows(store: Store, engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_changes_nothing(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
    with Store.open(database_url) as store:
        assert store.library.captures(PolicyKey("marmot", "privacy"))[0].capture == capture_of(A)


def test_down_and_up_with_data(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        store.subscriptions.subscribe("reader@marmot.example", [], capture_of(A).captured_at)
        (reader,) = store.subscriptions.subscribers()
        store.subscriptions.enqueue(
            reader.id, b"digest", {PolicyKey("marmot", "privacy"): capture_of(A).captured_at}, reader.since
        )
        store.library.review([1], Review("rejected", "ann", "", reader.since))
        archive = ArchiveSite("wayback", "https://archive.example")
        asked = ListingQuery(archive, "https://www.marmot.example/privacy", None, reader.since)
        (listing,) = store.archive_listings.begin(
            PolicyKey("marmot", "privacy"), [asked], reader.since, timedelta(days=7)
        )
        row = ListedCapture("example,marmot)/privacy", "20200101000000", asked.url, "text/html", "200", "ABC")
        store.archive_listings.file_page(listing, [row], 0, "on")
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    with Store.open(database_url) as store:
        assert store.library.captures(PolicyKey("marmot", "privacy")) == ()
        assert keep(store, capture_of(A), A, POLICY).is_new


def test_readings_of_0001_are_shown_until_they_are_made_again(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        for days, payload in enumerate((A, B, BLOCKED)):
            keep(store, capture_of(payload, days), payload, POLICY)
        before, history = (
            store.library.captures(PolicyKey("marmot", "privacy")),
            store.library.history(PolicyKey("marmot", "privacy")),
        )
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0001")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT verdict, version_id IS NULL FROM readings ORDER BY capture_id")).all()
        assert [tuple(row) for row in rows] == [("accepted", 0), ("accepted", 0), ("quarantined", 1)]
        assert {"policies", "reviews"}.isdisjoint(inspect(connection).get_table_names())
    with Store.open(database_url) as store:
        assert store.library.captures(PolicyKey("marmot", "privacy")) == before
        assert [version.id for version in store.library.history(PolicyKey("marmot", "privacy")).versions] == [
            version.id for version in history.versions
        ]
        assert store.library.document(before[0].id)
        assert reextract(store, PolicyKey("marmot", "privacy"), POLICY) == 3
        assert store.library.captures(PolicyKey("marmot", "privacy")) == before
        assert store.library.history(PolicyKey("marmot", "privacy")) == history


@pytest.mark.parametrize("revision", ["0003", "0002"])
def test_digests_come_through_0004_and_back(database_url: str, engine: Engine, revision: str) -> None:
    broken = b"%PDF-1.7 no more"
    with Store.open(database_url) as store:
        for days, payload in enumerate((A, B)):
            keep(store, capture_of(payload, days), payload, POLICY)
        keep(store, capture_of(broken, 2, media_type="application/pdf"), broken, POLICY)
        before = store.library.captures(PolicyKey("marmot", "privacy"))
        assert [one.verdict.reason for one in before] == [None, None, "unreadable"]
    columns = {"payloads": ["sha256"], "captures": ["identity", "sha256"], "readings": ["document_sha256"]}
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), revision)
        for table, names in columns.items():
            for row in connection.execute(select(*map(column, names)).select_from(sql_table(table))):
                assert all(value is None or re.fullmatch("[0-9a-f]{64}", value) for value in row)
        assert connection.scalar(text("SELECT count(*) FROM readings WHERE document_sha256 IS NULL")) == 1
    with Store.open(database_url) as store:
        assert store.library.captures(PolicyKey("marmot", "privacy")) == before
        assert [
            one for one in verify(store, {PolicyKey("marmot", "privacy"): POLICY}) if one.remedy != "reextract"
        ] == []
        assert [store.library.payload(one.capture.sha256) for one in before] == [A, B, broken]
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_payloads_of_0003_and_of_0004_are_the_same_bytes(database_url: str, engine: Engine, tmp_path: Path) -> None:
    noise = "".join(sha256_hex(bytes([number])) for number in range(200))
    first, second, third = (page(f"{noise} {number}") for number in range(3))
    with Store.open(database_url, (tmp_path / "payloads").as_uri()) as store:
        for days, payload in enumerate((first, second)):
            keep(store, capture_of(payload, days), payload, POLICY)
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0003")
    for path in (tmp_path / "payloads").rglob("*/*"):
        path.unlink()
    with Store.open(database_url) as store:
        keep(store, capture_of(third, 2), third, POLICY)
        assert [store.library.payload(sha256_hex(payload)) for payload in (first, second, third)] == [
            first,
            second,
            third,
        ]
        with store.database.read_session() as session:
            keyframes = [row.keyframe for row in session.scalars(select(PayloadRow))]
        assert keyframes.count(None) == 2


def test_a_newer_schema_is_left_alone(database_url: str, engine: Engine) -> None:
    Store.open(database_url).close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of tomorrow'"))
    with pytest.raises(StorageError, match=r"newer clausewatch .*of tomorrow.*update"):
        Store.open(database_url)


def test_what_a_newer_schema_was_put_under_writes_no_more(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'of tomorrow'"))
        with pytest.raises(StorageError, match=r"by a newer clausewatch while .* run this again; what was stored .*"):
            keep(store, capture_of(B, 1), B, POLICY)
        assert [one.capture for one in store.library.captures(PolicyKey("marmot", "privacy"))] == [capture_of(A)]


def test_a_migration_that_fails_leaves_nothing_behind(
    database_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("alembic.op.create_index", fail)
    with pytest.raises(ZeroDivisionError):
        Store.open(database_url)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    Store.open(database_url).close()


def test_digests_and_what_is_unread_go_on_after_0005(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        kept = [keep(store, capture_of(payload, days), payload, POLICY) for days, payload in enumerate((A, A, B))]
        store.subscriptions.subscribe("reader@marmot.example", [], capture_of(A, 1).captured_at)
        (reader,) = store.subscriptions.subscribers()
        store.subscriptions.enqueue(
            reader.id, None, {PolicyKey("marmot", "privacy"): capture_of(A, 1).captured_at}, reader.since
        )
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0004")
        # Of which the process died before it was read, in a policy of its own too.
        connection.execute(text("DELETE FROM readings WHERE capture_id = :id"), {"id": kept[1].capture_id})
        connection.execute(
            text(
                "INSERT INTO captures (id, identity, vendor, policy, source, captured_at, url, asked_url, redirects, "
                "headers, media_type, sha256, archive, seal) SELECT 99, :identity, 'vole', policy, source, "
                "captured_at, url, asked_url, redirects, headers, media_type, sha256, archive, seal FROM captures "
                "WHERE id = :id"
            ),
            {"id": kept[0].capture_id, "identity": bytes(32)},
        )
    with Store.open(database_url) as store:
        assert store.subscriptions.watermarks(reader) == {PolicyKey("marmot", "privacy"): capture_of(A, 1).captured_at}
        assert store.library.captures(PolicyKey("marmot", "privacy"))[1].version_id is None
        assert reextract(store, PolicyKey("marmot", "privacy"), POLICY) == 1
        assert store.library.captures(PolicyKey("marmot", "privacy"))[1].version_id == kept[0].version_id
        assert reextract(store, PolicyKey("vole", "privacy"), POLICY) == 1
        assert len(store.library.history(PolicyKey("vole", "privacy")).versions) == 1


def test_what_is_stored_is_counted_by_0006(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        kept = [keep(store, capture_of(payload, days), payload, POLICY) for days, payload in enumerate((A, A, B))]
        reviewed = Review("rejected", "ann", "", capture_of(A).captured_at)
        store.library.review([kept[0].capture_id, kept[1].capture_id], reviewed)
        store.library.review([kept[0].capture_id], reviewed)
        store.library.review([], reviewed)
        assert list(verify(store, {PolicyKey("marmot", "privacy"): POLICY})) == []
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0005")
    with Store.open(database_url) as store:
        assert list(verify(store, {PolicyKey("marmot", "privacy"): POLICY})) == []
        store.library.review([kept[2].capture_id], reviewed)
        assert list(verify(store, {PolicyKey("marmot", "privacy"): POLICY})) == []
