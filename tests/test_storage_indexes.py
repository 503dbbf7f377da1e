import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from core.archive import Row
from core.captures import sha256_hex
from core.declarations import Location, Policy
from storage import Asked, Review, Store
from tests.stored_captures import POLICY, URL, capture_of, page

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
# The only one that is read whole: it holds a row per reader.
READ_WHOLE = "SCAN subscribers"


@pytest.fixture
def statements() -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def test_every_query_finds_its_rows_by_an_index(tmp_path: Path, statements: list[tuple[str, Any]]) -> None:
    now = capture_of(A).captured_at
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        statements.clear()
        kept = store.keep(capture_of(A), A, POLICY)
        other = store.keep(capture_of(B, 1), B, POLICY)
        store.keep(capture_of(A), A, POLICY)
        store.reextract("marmot", "privacy", POLICY)
        store.captures("marmot", "privacy")
        store.reextract("marmot", "privacy", WITHOUT_HEADINGS)
        store.review([kept.capture_id], Review("rejected", "ann", "", now))
        store.capture(kept.capture_id)
        history = store.history("marmot", "privacy")
        store.period("marmot", "privacy", history, f"@{other.version_id}"[:8])
        store.document(kept.capture_id)
        store.payload(sha256_hex(A))
        store.subscribe("reader@marmot.example", [], now)
        (reader,) = store.subscribers()
        store.enqueue(reader.id, b"digest", {("marmot", "privacy"): now}, now)
        store.told(reader.id)
        (message,) = store.outbox()
        store.mark_sent(message.id, now)
        store.unsubscribe(reader.address)
        asked = Asked("https://archive.example", URL, None, now)
        (listing,) = store.begin_listings("marmot", "privacy", [asked], now, timedelta(days=7))
        rows = [Row("example,marmot)/privacy", f"2020010100000{n}", URL, "text/html", "200", "ABC") for n in range(3)]
        store.file_page(listing, rows, 0, None)
        first, *_ = store.rows_to_get("marmot", "privacy", [0, 7], ["DEF"], 8)
        store.row_not_given("marmot", "privacy", first)
        store.tell_apart("marmot", "privacy", "ABC")
        identifiers = {"urlkey": first.row.urlkey, "timestamp": first.row.timestamp}
        store.keep(capture_of(A, source="wayback", archive=identifiers), A, POLICY)
        store.archived_texts("marmot", "privacy")
        store.count_rows_to_get("marmot", "privacy")
        store.restart_listing(listing)
        store.close_listings([("marmot", "privacy")])
    assert len(statements) > 20
    connection = sqlite3.connect(tmp_path / "store.db")
    for statement, parameters in statements:
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
            no_table = "CONSTANT ROW" in step  # the values of an INSERT
            assert not step.startswith("SCAN") or "USING" in step or step == READ_WHOLE or no_table, (
                f"{step}: {statement}"
            )
            assert "TEMP B-TREE" not in step, f"{step}: {statement}"
    connection.close()


def test_where_policies_stand_is_one_walk_along_an_index(tmp_path: Path, statements: list[tuple[str, Any]]) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store:
        for days, payload in enumerate((A, B, b"", b"")):
            store.keep(capture_of(payload, days), payload, POLICY)
        statements.clear()
        (standing,) = store.standings()
    assert standing.failing_since is not None
    assert len(statements) == 3
    connection = sqlite3.connect(tmp_path / "store.db")
    for statement, parameters in statements:
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
            assert not step.startswith("SCAN") or "USING COVERING INDEX" in step, f"{step}: {statement}"
    connection.close()
