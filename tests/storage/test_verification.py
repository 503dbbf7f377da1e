"""`verify` reports every altered, missing or damaged value, row and object."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from core.archives import Provenance
from core.captures import sha256_hex
from core.declarations import Location, Policy
from core.policies import PolicyKey
from storage import Finding, Review, Store
from storage.tables.models import Base
from tests.keeping import keep, reextract, verify
from tests.storage.test_payloads import answer, text
from tests.stored_captures import BEGIN, POLICY, URL, capture_of

KEY = PolicyKey("marmot", "privacy")
DECLARED = {KEY: POLICY}
# The ids of the rows with which every kind of row is altered once: all captures have the same columns, and a reading is
# accepted or quarantined.
ROWS = {"captures": {1}, "readings": {1, 4}}
# A keyframe, two deltas against it, a page that is not the policy, and a page large enough for a payload store.
PAGES = [
    *(answer("We keep your messages for a year.", number) for number in range(3)),
    b"<html><title>Just a moment...</title><body><p>Checking your browser</p></body></html>",
    answer(text("long", 6000), 0),
]
ARCHIVED: dict[str, Any] = {
    "source": "wayback",
    "provenance": Provenance("wayback", {"timestamp": "2019", "digest": "X"}),
}
HEADERS = (("Server", "nginx"), ("X-Ünsafe", "a\x00b\ud800"))


def fill(database_url: str, payloads: Path) -> None:
    with Store.open(database_url, payloads.as_uri()) as store:
        for days, payload in enumerate(PAGES):
            keep(store, capture_of(payload, days, headers=HEADERS, **ARCHIVED), payload, POLICY)
        store.library.review([1], Review("rejected", "ann", "not the policy", BEGIN))
        store.subscriptions.subscribe("reader@marmot.example", [], BEGIN)


def findings(database_url: str, declared: dict[PolicyKey, Policy] = DECLARED, repair: bool = False) -> list[Finding]:
    with Store.open(database_url) as store:
        return list(verify(store, declared, repair))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    fill(f"sqlite:///{folder / 'store.db'}", folder / "payloads")
    return folder


@pytest.fixture
def copied(original: Path, tmp_path: Path) -> Path:
    """Returns the path of a copy of the database, to be damaged. The copy uses the payload store of the original."""
    shutil.copy(original / "store.db", tmp_path / "store.db")
    return tmp_path / "store.db"


def typed(file: Path) -> dict[str, list[Any]] | None:
    """Returns all rows as SQLAlchemy reads them; None if they can't be read."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            return {
                table.name: [tuple(map(repr, row)) for row in connection.execute(select(table))]
                for table in Base.metadata.sorted_tables
            }
    except Exception:
        return None
    finally:
        engine.dispose()


def cells(file: Path) -> list[tuple[str, int, str, Any]]:
    """Returns the table, row, column and value of each cell that a checksum, a seal or a comparison covers."""
    connection = sqlite3.connect(file)
    connection.text_factory = bytes
    covered = []
    for table in ("payloads", "captures", "documents", "readings", "policies", "reviews", "counts"):
        cursor = connection.execute(f"SELECT rowid AS place, * FROM {table}")  # noqa: S608
        names = [column[0] for column in cursor.description][1:]
        for place, *values in cursor:
            # Three columns are left out. For the ids of reviews, only the order matters. If a policy's revision is too
            # high, the next digest examines the policy without need, which does no harm. A policy's fault is only
            # shown, until the next digest that examines the policy.
            covered += [
                (table, place, name, value)
                for name, value in zip(names, values, strict=True)
                if (table, name) not in (("reviews", "id"), ("policies", "revision"), ("policies", "fault"))
            ]
    connection.close()
    return covered


def write(file: Path, table: str, place: int, column: str, value: Any) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA synchronous = OFF")
    with connection:
        kind = "CAST(? AS TEXT)" if isinstance(value, bytes) and column != "data" else "?"
        connection.execute(f"UPDATE {table} SET {column} = {kind} WHERE rowid = ?", (value, place))  # noqa: S608
    connection.close()


def altered(value: Any) -> Any:
    if value is None:
        return b"2020-01-01 00:00:00.000000"
    if isinstance(value, int):
        return value + 1000
    return bytes([value[0] ^ 1]) + value[1:] if value else b"x"


def test_a_sound_database_has_no_findings(database_url: str, tmp_path: Path) -> None:
    fill(database_url, tmp_path / "payloads")
    assert findings(database_url) == []
    assert findings(database_url, {}) == []


def test_an_empty_database_has_no_findings(database_url: str) -> None:
    assert findings(database_url) == []


@pytest.mark.slow
def test_an_altered_value_in_any_column_is_found(copied: Path) -> None:
    whole = copied.read_bytes()
    missed = []
    for table, place, column, value in cells(copied):
        if place not in ROWS.get(table, {place}):
            continue
        copied.write_bytes(whole)
        write(copied, table, place, column, altered(value))
        if not [finding for finding in findings(f"sqlite:///{copied}") if finding.remedy != "none"]:
            missed.append((table, place, column))
    assert missed == []


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_found(copied: Path, original: Path, data: st.DataObject) -> None:
    shutil.copy(original / "store.db", copied)
    flippable = [cell for cell in cells(copied) if isinstance(cell[3], bytes) and cell[3]]
    table, place, column, value = data.draw(st.sampled_from(flippable))
    flipped = bytearray(value)
    flipped[data.draw(st.integers(0, len(value) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    before = typed(copied)
    write(copied, table, place, column, bytes(flipped))
    if not findings(f"sqlite:///{copied}"):
        # Some flipped bits do no damage. In JSON, another text may have the same value. In a zstandard frame, some bits
        # have no meaning: the restored bytes still have the right SHA-256.
        assert column == "data" or typed(copied) == before


@pytest.mark.parametrize("table", ["payloads", "captures", "documents", "readings", "policies", "reviews", "counts"])
def test_a_deleted_row_is_found(copied: Path, table: str) -> None:
    whole = copied.read_bytes()
    places = sorted({place for name, place, *_ in cells(copied) if name == table})
    for place in places:
        copied.write_bytes(whole)
        connection = sqlite3.connect(copied)
        with connection:
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (place,))  # noqa: S608
        connection.close()
        assert findings(f"sqlite:///{copied}"), place


@pytest.mark.parametrize(
    ("statement", "place", "fault", "remedy"),
    [
        (
            "UPDATE captures SET url = 'https://evil.example/' WHERE id = 2",
            "(capture 2)",
            "its stored record no longer matches",
            "backup",
        ),
        (
            "UPDATE captures SET status = 500 WHERE id = 2",
            "(capture 2)",
            "its stored record no longer matches",
            "backup",
        ),
        (
            "UPDATE captures SET headers = '[]' WHERE id = 2",
            "(capture 2)",
            "its stored record no longer matches",
            "backup",
        ),
        ("UPDATE captures SET headers = '[' WHERE id = 2", "capture 2", "can't be read", "backup"),
        (
            "DELETE FROM captures WHERE id = 2",
            "capture 2",
            "is missing, but 1 row in the table readings needs it",
            "backup",
        ),
        (
            "UPDATE payloads SET data = x'00' WHERE keyframe IS NOT NULL",
            "(capture 2)",
            "its payload can't be read: ",
            "backup",
        ),
        ("UPDATE reviews SET note = ''", "review 1", "no longer matches its checksum", "backup"),
        (
            "UPDATE readings SET verdict = 'accepted' WHERE capture_id = 4",
            "(capture 4)",
            "its reading no longer matches",
            "repair",
        ),
        ("DELETE FROM readings WHERE capture_id = 4", "(capture 4)", "has no reading by", "reextract"),
        ("UPDATE documents SET data = x'00'", "(capture 3)", "is damaged", "repair"),
        ("DELETE FROM documents", "(capture 3)", "is missing", "repair"),
        ("DELETE FROM policies", "marmot/privacy", "what was read of it is missing", "reextract"),
        (
            "UPDATE policies SET newest = '2020-01-01 00:00:00'",
            "marmot/privacy",
            "contradicts its captures",
            "reextract",
        ),
        ("UPDATE policies SET composed = revision + 1", "marmot/privacy", "contradicts its captures", "reextract"),
        ("UPDATE policies SET reader = 'nobody'", "(capture 5)", "has no reading by", "reextract"),
        ("DELETE FROM counts", "marmot/privacy", "its count of captures and reviews is missing", "repair"),
        (
            "UPDATE counts SET reviews = 0",
            "marmot/privacy",
            "changed: 0 counted, 1 in the database",
            "repair",
        ),
        ("DELETE FROM reviews", "marmot/privacy", "1 of 1 review is missing", "backup"),
        (
            (
                "DELETE FROM readings WHERE capture_id = 3; DELETE FROM captures WHERE id = 3; "
                "DELETE FROM payloads WHERE sha256 NOT IN (SELECT sha256 FROM captures)"
            ),
            "marmot/privacy",
            "1 of 5 captures is missing",
            "backup",
        ),
        (
            "DELETE FROM subscribers; INSERT INTO told VALUES (1, 'a', 'b', '2020-01-01', NULL, '2020-01-01', NULL)",
            "subscriber 1",
            "told",
            "backup",
        ),
    ],
)
def test_damage_is_reported_with_its_remedy(copied: Path, statement: str, place: str, fault: str, remedy: str) -> None:
    connection = sqlite3.connect(copied)
    connection.executescript(statement)
    connection.close()
    reported = findings(f"sqlite:///{copied}")
    assert any(
        place in finding.place and fault in finding.fault and finding.remedy == remedy for finding in reported
    ), reported


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE readings SET verdict = 'accepted', reason = NULL WHERE capture_id = 4",
        "UPDATE readings SET extractor = 'x', seal = 'x'",
        "UPDATE readings SET document_sha256 = (SELECT sha256 FROM documents ORDER BY sha256 LIMIT 1)",
        "DELETE FROM readings WHERE capture_id < 3",
        "DELETE FROM readings",
        "UPDATE documents SET data = x'00'",
        "DELETE FROM documents",
        "DELETE FROM documents; UPDATE readings SET seal = randomblob(32)",
        "DELETE FROM policies",
        "UPDATE policies SET reader = 'nobody'",
        "DELETE FROM counts",
        "UPDATE counts SET captures = 2, reviews = 0",
    ],
)
def test_damaged_derived_rows_are_derived_again(copied: Path, statement: str) -> None:
    url = f"sqlite:///{copied}"
    with Store.open(url) as store:
        before = (
            store.library.captures(KEY),
            store.library.history(KEY),
            store.library.document(1),
        )
    connection = sqlite3.connect(copied)
    connection.executescript(statement)
    connection.close()
    assert {finding.remedy for finding in findings(url)} <= {"repair", "reextract"}
    assert {finding.remedy for finding in findings(url, repair=True)} <= {"mended", "reextract"}
    with Store.open(url) as store:
        reextract(store, KEY, POLICY)
        assert (
            store.library.captures(KEY),
            store.library.history(KEY),
            store.library.document(1),
        ) == before
    assert findings(url) == []


def test_lost_reviews_are_still_reported_after_a_repair(copied: Path) -> None:
    connection = sqlite3.connect(copied)
    connection.executescript("DELETE FROM reviews; UPDATE counts SET captures = 2")
    connection.close()
    assert {finding.remedy for finding in findings(f"sqlite:///{copied}", repair=True)} == {"backup", "mended"}
    (finding,) = findings(f"sqlite:///{copied}", repair=True)
    assert finding == Finding("marmot/privacy", "1 of 1 review is missing", "backup")


def test_readings_of_another_declaration_are_not_made_again(copied: Path) -> None:
    declared = {KEY: Policy(locations=(Location(url=URL, remove=("h2",)),))}
    url = f"sqlite:///{copied}"
    assert findings(url, declared) == []
    connection = sqlite3.connect(copied)
    connection.executescript("UPDATE readings SET evidence = 'x' WHERE capture_id = 4; UPDATE documents SET size = 1")
    connection.close()
    reported = findings(url, declared, repair=True)
    assert {finding.remedy for finding in reported} == {"backup"}
    assert {finding.place.partition("(")[2] for finding in reported} == {
        f"capture {number})" for number in (1, 2, 3, 4, 5)
    }


@pytest.mark.parametrize("change", ["delete", "alter", "cut", "empty", "all"])
def test_a_missing_altered_or_truncated_object_is_found(copied: Path, original: Path, change: str) -> None:
    payloads = shutil.copytree(original / "payloads", copied.parent / "payloads")
    connection = sqlite3.connect(copied)
    with connection:
        connection.execute("UPDATE payloads SET store = ? WHERE store IS NOT NULL", (payloads.as_uri(),))
    connection.close()
    (file,) = (path for path in payloads.rglob("*") if path.is_file())
    # Another object is added, so that the store is not empty without the first object.
    (payloads / "no-payload").write_bytes(b"")
    data = file.read_bytes()
    if change == "delete":
        file.unlink()
    elif change == "all":
        shutil.rmtree(payloads)
    else:
        changed = {"alter": data[:50] + bytes([data[50] ^ 1]) + data[51:], "cut": data[:-1], "empty": b""}
        file.write_bytes(changed[change])
    (finding,) = (finding for finding in findings(f"sqlite:///{copied}") if finding.remedy in ("backup", "retry"))
    assert ("(capture 5)" in finding.place) == (change != "all")
    assert payloads.as_uri() in finding.fault or sha256_hex(PAGES[4]) in finding.fault


def test_objects_without_a_row_are_reported_as_harmless(copied: Path, original: Path) -> None:
    (original / "payloads" / "ab").mkdir()
    (original / "payloads" / "ab" / ("ab" * 32)).write_bytes(b"left")
    (original / "payloads" / "read me").write_bytes(b"of somebody else")
    (finding,) = findings(f"sqlite:///{copied}")
    assert finding == Finding((original / "payloads").as_uri(), finding.fault, "none")
    assert finding.fault.startswith("2 files")
    shutil.rmtree(original / "payloads" / "ab")
    (original / "payloads" / "read me").unlink()


def test_a_damaged_page_of_the_file_is_found(copied: Path) -> None:
    data = bytearray(copied.read_bytes())
    connection = sqlite3.connect(copied)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'captures_by_policy'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    data[root * size - 20] ^= 0xFF  # in the last entry of the index
    copied.write_bytes(data)
    assert any(finding.place == "the database file" for finding in findings(f"sqlite:///{copied}"))


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "place", "remedy"),
    [
        ("UPDATE captures SET captured_at = captured_at + interval '1 second' WHERE id = 2", "(capture 2)", "backup"),
        ("UPDATE captures SET archive = '{}' WHERE id = 2", "(capture 2)", "backup"),
        ("UPDATE payloads SET data = 'x'", "(capture 1)", "backup"),
        ("DELETE FROM payloads", "(capture 1)", "backup"),
        ("DELETE FROM captures WHERE id = 3", "capture 3", "backup"),
        ("DELETE FROM documents", "(capture 1)", "repair"),
        ("UPDATE readings SET evidence = 'x' WHERE capture_id = 4", "(capture 4)", "repair"),
        ("DELETE FROM readings WHERE capture_id = 4", "(capture 4)", "reextract"),
        ("DELETE FROM policies", "marmot/privacy", "reextract"),
        ("UPDATE reviews SET decided_by = 'bob'", "review 1", "backup"),
        ("DELETE FROM reviews", "marmot/privacy", "backup"),
    ],
)
def test_damage_on_postgresql_is_reported_with_its_remedy(
    postgresql_url: str, engine: Engine, tmp_path: Path, statement: str, place: str, remedy: str
) -> None:
    fill(postgresql_url, tmp_path / "payloads")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "SET LOCAL session_replication_role = replica"
        )  # switches the check of foreign keys off, because real damage is not checked either
        connection.exec_driver_sql(statement)
    reported = findings(postgresql_url)
    assert any(place in finding.place and finding.remedy == remedy for finding in reported), reported
