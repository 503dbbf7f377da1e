"""The migrations create the tables that the models describe, and upgrade databases of earlier releases."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text

from core.archives import ArchiveSite, ListedCapture
from core.captures import Verdict
from core.exceptions import DamageError, StorageError
from core.policies import PolicyKey
from core.settings import CHECKOUT
from storage import ListingQuery, Review, Store
from storage.tables.models import Base, ReadingRow
from storage.tables.schema import head, migration_config
from storage.tables.search_models import SearchBase
from storage.upkeep import back_up, backup, restore
from tests.conftest import Clausewatch
from tests.keeping import keep, reextract, verify
from tests.stored_captures import BEGIN, POLICY, capture_of, page
from tests.stored_digests import enqueue, told_to, waiting_messages, watched_since, watermark_of

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
KEY = PolicyKey("marmot", "privacy")
VERSIONS = CHECKOUT / "storage/tables/migrations/versions"
LEFT_BY_0006 = Path(__file__).with_name("left_by_0006")
FULL_TEXT = ("clause_words", "clause_texts_by_words")
BEFORE_THE_BASELINE = ("0001", "0002", "0003", "0004", "0005")

# The SHA-256s of the migrations on the main branch. The migrations are never changed, because users have applied them.
CHECKSUMS = {
    "0006_baseline.py": "7849afa113ef1b0fc4d4126491540c409f631a02c1a0d3dba9987a31e7f894a0",
    "0007_needs_browser.py": "ac7c2c73a551a781aba004b5f5a58d67656ccf0201fdd3ff793cf4a2cacbe263",
    "0008_reading_rule.py": "29a4aed54d40a45a3ab6d3cd461692e30c3832de18904385e610ee17711c40a2",
    "0009_held_periods.py": "63e628d09cf34f25ccc9136485c62c5f101a992a10b54256f04b566e7eb60549",
    "0010_faults.py": "315997e00aeda909613a8cbc02ec12608072906ee20c556481a2372749b30b96",
    "0011_told_once.py": "8903bc6ee9a41ca05f23412788e527bee6cf4e11fe1bb4ffb5b09c9ec28b7af7",
    "0012_journal.py": "2032ea016a17f017657cde82d4266ab5faa2a4a7e4a01c21de822af66f2d0fa4",
    "0013_absences.py": "9c188c87bb37c4555555eadda878938e119c6473638ae214bbe9ad8ec0240ff4",
    "0014_steps.py": "fb9c3347c706ac4449f4b9ef1492e8bac4888d5dd76493211820994983ccb666",
    "0015_search.py": "a9a2f79f97edf9eb69b7115c8b5ef732e5b5f2654f4a980d7fb728d7ed432e3f",
    "0016_outbox.py": "c4c49a28757ef66db23c35fc51036f2a64e54f8ac2bc4275de0769670ffc75f6",
    "0017_secrets.py": "725ebda332153a6470fbe65933429e30dc28d5078a7913c801f33a2ce2e95186",
    "0018_shared_watermarks.py": "ba2e9a2ab97bc7afaac35f5bb43733df74abb98d1a7efc8dccf140fb0c3d56e4",
    "0019_bounces.py": "f6cf43062c6cd7071970e80706c0042f526c97d01a1d0d84111cca09d377ba0b",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Returns the URL of a database without tables, unlike the fixture of the same name in tests/databases.py."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yields a second connection pool for the store's database."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


def is_in_models(name: str | None, kind: str, _parents: object) -> bool:
    """Returns whether the models describe a table or an index. SQLAlchemy knows no full-text tables and their indexes.

    FTS5 makes the tables whose names begin with that of the full-text table.
    """
    return not (kind in ("table", "index") and name is not None and name.startswith(FULL_TEXT))


@pytest.fixture
def left_by_0006(database_url: str) -> str:
    """Returns the URL of a database at revision 0006, loaded from a dump that an earlier release wrote."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database))
        connection.executescript((LEFT_BY_0006 / "sqlite.sql").read_text(encoding="utf-8"))
        connection.close()
    else:
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute((LEFT_BY_0006 / "postgresql.sql").read_bytes())
    return database_url


def set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def backup_of_revision(path: Path, revision: str) -> Path:
    """Writes a backup that is valid, except that the recorded revision is `revision`."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE backup")
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()
    backup.add_checksum(path, BEGIN)
    return path


def one_sentence_naming_the_commit(message: str) -> bool:
    """Returns whether a message is a single sentence that names the commit to use and reports no damage."""
    is_one_sentence = "\n" not in message.strip() and ". " not in message
    return is_one_sentence and "commit 4a914d7" in message and "damaged" not in message


def test_migrations_are_one_line_that_ends_at_the_highest_number() -> None:
    """`schema.head` relies on it, so that a command can check the tables without loading Alembic."""
    revisions = [script.revision for script in ScriptDirectory(str(VERSIONS.parent)).walk_revisions()]
    assert revisions == sorted((name.partition("_")[0] for name in CHECKSUMS), reverse=True)
    assert head() == revisions[0]


def test_the_migrations_create_the_tables_of_the_models(store: Store, engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_in_models})
        metadata: Any = [Base.metadata, SearchBase.metadata]
        assert compare_metadata(context, metadata) == []


def test_migrations_on_main_are_never_changed() -> None:
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VERSIONS.glob("[0-9]*.py")}
    changed = sorted(name for name, checksum in CHECKSUMS.items() if checksums.pop(name, None) != checksum)
    assert not changed, f"{', '.join(changed)}: databases have this migration already; add a new migration instead"
    assert not checksums, f"add the checksums of new migrations to CHECKSUMS: {checksums}"


def test_opening_again_changes_nothing(database_url: str) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
    with Store.open(database_url) as store:
        assert store.library.captures(KEY)[0].capture == capture_of(A)


def test_tables_with_rows_are_dropped_and_created_again(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        store.subscriptions.subscribe("reader@marmot.example", [], capture_of(A).captured_at)
        (reader,) = store.subscriptions.subscribers()
        enqueue(store, reader.id, b"digest", {KEY: capture_of(A).captured_at}, BEGIN)
        store.library.review([1], Review("rejected", "ann", "", BEGIN))
        archive = ArchiveSite("wayback", "https://archive.example")
        query = ListingQuery(archive, "https://www.marmot.example/privacy", None, BEGIN)
        (listing,) = store.archive_listings.begin(KEY, "wayback", [query], BEGIN, timedelta(days=7))
        listed = ListedCapture("example,marmot)/privacy", "20200101000000", query.url, "text/html", "200", "ABC")
        store.archive_listings.file_page(listing, [listed], 0, "next page")
        store.journal.note_failed_fetch(KEY, query.url, query.url, "connection refused", BEGIN)
        store.journal.note_fetched(
            KEY, "https://moved.example/", {"https://moved.example/": "https://new.example/"}, BEGIN
        )
        store.journal.begin_run(BEGIN)
        store.library.standings()
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "base")
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    with Store.open(database_url) as store:
        assert store.library.captures(KEY) == ()
        assert keep(store, capture_of(A), A, POLICY).is_new


def test_a_database_left_by_0006_opens_with_all_its_rows(left_by_0006: str, engine: Engine) -> None:
    with Store.open(left_by_0006) as store:
        captures = store.library.captures(KEY)
        verdicts = [(stored.verdict.reason, stored.verdict.needs_browser) for stored in captures]
        assert verdicts == [
            (None, False),
            (None, False),
            (None, False),
            ("rejected", False),
            ("empty", True),  # "…; reading it would need a browser"
            ("empty", True),  # "the page only sends the browser on to another"
            ("empty", False),  # "there is no text on the page"
            ("unreadable", False),
        ]
        assert [stored.capture.captured_at for stored in captures] == [BEGIN + timedelta(days=day) for day in range(8)]
        assert [store.library.payload(stored.capture.sha256) for stored in captures][:2] == [A, B]
        assert len(store.library.history(KEY).versions) == 2
        assert [review.by for stored in captures for review in stored.reviews] == ["ann", "bob"]
        (reader,) = store.subscriptions.subscribers()
        assert told_to(store, reader.id) == {KEY: BEGIN + timedelta(days=1)}
        assert [message.message for message in waiting_messages(store)] == [b"digest \x00\xff"]
        archive = ArchiveSite("wayback", "https://archive.example")
        assert [row.checksum for row in store.archive_listings.to_fetch(KEY, archive, [], [], 9)] == ["ABC"]
        assert list(verify(store, {KEY: POLICY})) == []
        assert keep(store, capture_of(A, 9), A, POLICY).capture_id == 9
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0019"
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_in_models})
        metadata: Any = [Base.metadata, SearchBase.metadata]
        assert compare_metadata(context, metadata) == []


def test_subscribers_whose_addresses_differ_in_case_are_joined(left_by_0006: str, engine: Engine) -> None:
    later = "2019-04-05 05:06:07.890123"
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO subscribers VALUES (7, 'Reader@Marmot.example', '[\"vole\"]', :later, true)",
            "INSERT INTO told VALUES (7, 'marmot', 'privacy', :later)",
            "INSERT INTO told VALUES (7, 'vole', 'privacy', :later)",
            "INSERT INTO outbox SELECT 8, 7, message, :later, NULL FROM outbox WHERE id = 1",
        ):
            connection.execute(text(statement.replace(":later", f"'{later}'")))
    with Store.open(left_by_0006) as store:
        (reader,) = store.subscriptions.subscribers()
        assert (reader.address, reader.vendors) == ("reader@marmot.example", ())
        until = datetime(2019, 4, 5, 5, 6, 7, 890123, tzinfo=UTC)
        assert told_to(store, reader.id) == {KEY: until, PolicyKey("vole", "privacy"): until}
        assert watched_since(store, reader.id) == {"": BEGIN, "vole": BEGIN}
        assert [message.address for message in waiting_messages(store)] == ["reader@marmot.example"] * 2


def test_a_watermark_of_the_future_from_before_0011_hides_nothing(left_by_0006: str, engine: Engine) -> None:
    far = capture_of(A, 365 * 80)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE told SET until = '{str(far.captured_at)[:26]}'"))  # noqa: S608
    with Store.open(left_by_0006) as store:
        (reader,) = store.subscriptions.subscribers()
        assert told_to(store, reader.id) == {KEY: far.captured_at}
        for capture, payload in ((far, A), (capture_of(B, 40), B)):
            keep(store, capture, payload, POLICY)
        watermark = watermark_of(store, reader.id, KEY, BEGIN + timedelta(days=50))
        assert watermark.until < BEGIN + timedelta(days=40)


def test_needs_browser_is_set_only_for_empty_pages(left_by_0006: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE readings SET reason = 'blocked', evidence = 'it would need a browser' WHERE capture_id = 4")
        )
        connection.execute(text("UPDATE readings SET evidence = 'it would need a browser!' WHERE capture_id = 6"))
    with Store.open(left_by_0006) as store, store.database.read_session() as session:
        assert list(session.scalars(select(ReadingRow.capture_id).where(ReadingRow.needs_browser))) == [5]


def test_migrated_readings_have_the_same_verdicts_as_new_readings(left_by_0006: str) -> None:
    with Store.open(left_by_0006) as store:
        before = store.library.captures(KEY)
        reextract(store, KEY, POLICY)
        after = store.library.captures(KEY)
        # The sentences of the evidence change from release to release, and the old readings don't name their rules.
        new, old = (
            [replace(stored.verdict, evidence="", rule="") for stored in captures] for captures in (after, before)
        )
        assert new == old
        assert before[4].verdict == Verdict("quarantined", "empty", before[4].verdict.evidence, needs_browser=True)


def test_readings_from_before_0008_get_the_name_of_their_rule(left_by_0006: str) -> None:
    with Store.open(left_by_0006) as store:
        assert [stored.verdict.rule for stored in store.library.captures(KEY)] == [*[""] * 3, "review", *[""] * 4]
        reextract(store, KEY, POLICY)
        rules = [stored.verdict.rule for stored in store.library.captures(KEY)]
        assert rules[:4] == ["", "", "", "review"]
        assert all(rules[4:])
        assert list(verify(store, {KEY: POLICY})) == []


def test_0007_is_reverted_and_applied_again_without_loss(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        for days, payload in enumerate((A, B)):
            keep(store, capture_of(payload, days), payload, POLICY)
        before = store.library.captures(KEY)
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0006")
    with Store.open(database_url) as store:
        assert store.library.captures(KEY) == before
        assert list(verify(store, {KEY: POLICY})) == []


def test_0018_is_reverted_and_applied_again_without_loss(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        for address, vendors in (("all", []), ("some", ["vole"]), ("late", ["marmot/privacy"])):
            store.subscriptions.subscribe(f"{address}@marmot.example", vendors, BEGIN - timedelta(days=1))
        number = store.subscriptions.begin_composing({KEY: BEGIN}, BEGIN)
        every, some, late = store.subscriptions.subscribers()
        for subscriber in (every, some):
            assert store.subscriptions.enqueue(subscriber, None, BEGIN, number)
        before = [told_to(store, subscriber.id) for subscriber in (every, some, late)]
    assert before == [{KEY: BEGIN}, {}, {}]
    with engine.begin() as connection:
        command.downgrade(migration_config(connection), "0017")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT subscriber_id, vendor, policy FROM told")).all()
        caught_up = connection.execute(text("SELECT caught_up FROM subscribers ORDER BY id")).scalars().all()
    assert rows == [(every.id, *KEY)]
    assert list(map(bool, caught_up)) == [True, True, False]
    with Store.open(database_url) as store:
        assert [told_to(store, subscriber.id) for subscriber in (every, some, late)] == before
        assert list(verify(store, {KEY: POLICY})) == []


@pytest.mark.parametrize("revision", BEFORE_THE_BASELINE)
def test_a_database_before_the_baseline_is_refused(database_url: str, engine: Engine, revision: str) -> None:
    Store.open(database_url).close()
    set_revision(engine, revision)
    with pytest.raises(StorageError) as caught:
        Store.open(database_url)
    assert not isinstance(caught.value, DamageError)
    assert one_sentence_naming_the_commit(str(caught.value)), str(caught.value)
    assert revision in str(caught.value)


@pytest.mark.parametrize("command_line", [["status"], ["verify"], ["verify", "--repair"], ["review"]])
def test_commands_refuse_a_database_before_the_baseline(
    clausewatch: Clausewatch, tmp_path: Path, command_line: list[str]
) -> None:
    clausewatch("status")
    engine = create_engine(f"sqlite:///{tmp_path / 'clausewatch.db'}")
    set_revision(engine, "0004")
    engine.dispose()
    result = clausewatch(*command_line, exit_code=1)
    assert one_sentence_naming_the_commit(result.output), result.output


@pytest.mark.parametrize("revision", BEFORE_THE_BASELINE)
def test_a_backup_before_the_baseline_is_refused(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "old.backup"
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        keep(store, capture_of(A), A, POLICY)
        back_up(store, path, BEGIN)
    content = backup_of_revision(path, revision).read_bytes()
    with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as store:
        with pytest.raises(StorageError) as caught:
            restore(store, path)
        assert store.library.captures(KEY) == ()
    assert one_sentence_naming_the_commit(str(caught.value)), str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_restore_refuses_a_backup_before_the_baseline(clausewatch: Clausewatch, tmp_path: Path) -> None:
    path = tmp_path / "old.backup"
    clausewatch("backup", path)
    backup_of_revision(path, "0005")
    result = clausewatch("restore", path, exit_code=1)
    assert one_sentence_naming_the_commit(result.output), result.output


def test_a_backup_of_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.backup"
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        back_up(store, path, BEGIN)
        backup_of_revision(path, "of tomorrow")
        with pytest.raises(StorageError, match=r"newer clausewatch .*of tomorrow.*update"):
            restore(store, path)


def test_a_backup_without_a_revision_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.backup"
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        back_up(store, path, BEGIN)
        with sqlite3.connect(path) as connection:
            connection.executescript("DROP TABLE backup; DELETE FROM alembic_version")
        connection.close()
        backup.add_checksum(path, BEGIN)
        with pytest.raises(StorageError, match="has no record of its schema; use another backup"):
            restore(store, path)


def test_a_backup_of_0006_is_migrated_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "old.backup"
    connection = sqlite3.connect(path)
    connection.executescript((LEFT_BY_0006 / "sqlite.sql").read_text(encoding="utf-8"))
    connection.close()
    backup.add_checksum(path, datetime(2024, 1, 1, tzinfo=UTC))
    content = path.read_bytes()
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        assert restore(store, path) == []
        assert list(verify(store, {KEY: POLICY})) == []
        assert [stored.id for stored in store.library.captures(KEY) if stored.verdict.needs_browser] == [5, 6]
    assert path.read_bytes() == content


def test_a_database_with_a_newer_schema_is_refused(database_url: str, engine: Engine) -> None:
    Store.open(database_url).close()
    set_revision(engine, "of tomorrow")
    with pytest.raises(StorageError, match=r"newer clausewatch .*of tomorrow.*update"):
        Store.open(database_url)


@pytest.mark.parametrize("statement", ["DROP TABLE alembic_version", "DELETE FROM alembic_version"])
def test_tables_without_a_revision_are_not_changed(database_url: str, engine: Engine, statement: str) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
    with engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(StorageError, match=r"has tables \(captures, .*alembic_version; set CLAUSEWATCH_DATABASE_URL"):
        Store.open(database_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM captures")) == 1


def test_tables_of_another_program_stay_beside_ours(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))
        connection.execute(text("INSERT INTO invoices VALUES (1)"))
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM invoices")) == 1


def test_a_table_of_another_program_with_our_name_is_not_changed(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE documents (id INTEGER)"))
    with pytest.raises(StorageError, match=r"has tables \(documents\) but no record .* to an empty database"):
        Store.open(database_url)
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) - {"alembic_version"} == {"documents"}


def test_an_open_store_refuses_to_write_after_a_newer_migration(database_url: str, engine: Engine) -> None:
    with Store.open(database_url) as store:
        keep(store, capture_of(A), A, POLICY)
        set_revision(engine, "of tomorrow")
        with pytest.raises(
            StorageError, match=r"by a newer clausewatch while .* run the command again; everything stored .*"
        ):
            keep(store, capture_of(B, 1), B, POLICY)
        assert [stored.capture for stored in store.library.captures(KEY)] == [capture_of(A)]


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
