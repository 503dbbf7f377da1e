"""Every query finds its rows by an index, on both databases, so that none grows slower with what else is stored."""

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, text

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.captures import sha256_hex
from core.declarations import Location, Policy
from core.policies import PolicyKey
from storage import ListingQuery, Review, Store
from storage.tables.models import CaptureRow, PayloadRow, PolicyRow, ReadingRow, ReviewRow, WatermarkRow
from tests.keeping import keep
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
VENDORS = [f"vendor{number:02}" for number in range(50)]
ARCHIVE = ArchiveSite("wayback", "https://archive.example")
ASKED = ListingQuery(ARCHIVE, URL, None, BEGIN)
ROWS = [ListedCapture("example,marmot)/privacy", f"2020010100000{n}", URL, "text/html", "200", "ABC") for n in range(3)]
# Read whole, since they hold nothing but what is asked for, or little: a row per reader; the messages that wait; the
# policies in which something happened since the last digest; the archive's listings that are under way; one row.
READ_WHOLE = {
    "alembic_version",
    "alembic_version_pkc",
    "subscribers",
    "subscribers_pkey",
    "outbox_waiting",
    "policies_untold",
    "listings_pkey",
}
# It counts all captures.
COUNTS_ALL = "standings"
# Each goes through all there is: that is what they are for.
GO_THROUGH_ALL = {"verify", "backup", "restore"}

Statements = list[tuple[str, Any]]


@pytest.fixture
def statements() -> Iterator[Statements]:
    """What is sent to a database, with its parameters."""
    seen: Statements = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            seen.append((statement, parameters[0] if many and isinstance(parameters, list) else parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def connection(store: Store, database_url: str) -> Iterator[Connection]:
    """A second way into a database that holds captures of many policies."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        fill(connection)
        for vendor in VENDORS:
            list_rows(store, vendor)
        yield connection
    engine.dispose()


def fill(connection: Connection) -> None:
    tables = PayloadRow, CaptureRow, ReadingRow, PolicyRow, ReviewRow
    rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in tables}
    for vendor in VENDORS:
        for number in range(20):
            capture_id = len(rows[CaptureRow]) + 1
            captured_at = BEGIN + timedelta(days=number - 30)
            sha256 = sha256_hex(b"%d" % capture_id)
            rows[PayloadRow].append({"sha256": sha256, "size": 1, "data": b"x"})
            rows[CaptureRow].append(
                {
                    "id": capture_id,
                    "identity": f"{capture_id:064x}",
                    "vendor": vendor,
                    "policy": "privacy",
                    "source": "live",
                }
                | {"captured_at": captured_at, "url": URL, "asked_url": URL, "redirects": [], "status": 200}
                | {"headers": [], "media_type": "", "sha256": sha256, "archive": {}}
            )
            rows[ReadingRow].append(
                {"capture_id": capture_id, "reader": "1", "extractor": "1", "declared": "", "verdict": "accepted"}
                | {"evidence": "", "version_id": "1"}
            )
            review = {"capture_id": capture_id, "decision": "accepted", "note": ""}
            review |= {"decided_by": "ann", "decided_at": captured_at}
            rows[ReviewRow].append(review)
        rows[PolicyRow].append(
            {"vendor": vendor, "policy": "privacy", "reader": "1", "newest": captured_at, "revision": 1, "composed": 1}
        )
    for table, its in rows.items():
        connection.execute(insert(table), its)
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('captures', 'id'), (SELECT max(id) FROM captures))")
        )
    connection.commit()


def list_rows(store: Store, vendor: str) -> None:
    (listing,) = store.archive_listings.begin(PolicyKey(vendor, "privacy"), [ASKED], BEGIN, timedelta(days=7))
    store.archive_listings.file_page(listing, ROWS, 0, None)


def test_every_query_finds_its_rows_by_an_index(store: Store, statements: Statements, connection: Connection) -> None:
    sent: dict[str, Statements] = {}
    now = BEGIN + timedelta(days=40)
    history = None

    def call(name: str, *arguments: Any) -> Any:
        statements.clear()
        answer = getattr(store, name)(*arguments)
        if isinstance(answer, Iterator):
            answer = list(answer)
        sent.setdefault(name, []).extend(statements)
        return answer

    kept = call("keep", capture_of(A), A, POLICY)
    other = call("keep", capture_of(B, 1), B, POLICY)
    call("keep", capture_of(A), A, POLICY)
    call("keep", capture_of(B, 2), None, POLICY)
    call("keep_all", [(capture_of(one, days), one, POLICY) for days, one in enumerate((A, B, A), 3)])
    call("read", call("keep_unread", [(capture_of(one, days), one, POLICY) for days, one in enumerate((B, A), 6)]))
    call("reextract", "marmot", "privacy", POLICY)
    call("reextract", "marmot", "privacy", WITHOUT_HEADINGS)
    call("captures", "marmot", "privacy")
    call("review", [kept.capture_id], Review("rejected", "ann", "", now))
    call("capture", kept.capture_id)
    history = call("history", "marmot", "privacy")
    call("period", "marmot", "privacy", history, f"@{other.version_id}"[:8])
    call("document", kept.capture_id)
    call("payload", sha256_hex(A))
    call(COUNTS_ALL)
    for address, vendors in (("all@marmot.example", []), ("some@marmot.example", ["marmot", "vole"])):
        call("subscribe", address, vendors, BEGIN)
    subscribers = call("subscribers")
    for subscriber in subscribers:
        connection.execute(
            insert(WatermarkRow),
            [
                {"subscriber_id": subscriber.id, "vendor": vendor, "policy": "privacy", "until": BEGIN}
                for vendor in VENDORS
            ],
        )
    connection.commit()
    for subscriber in subscribers:  # of whom no digest was composed yet
        call("untold", subscriber)
    uncomposed = call("uncomposed")
    assert uncomposed
    for subscriber in subscribers:
        call("enqueue", subscriber.id, b"digest", {PolicyKey("marmot", "privacy"): now}, now)
    call("composed", uncomposed, subscribers)
    for subscriber in subscribers:
        assert not call("untold", subscriber)
    (message, _) = call("outbox")
    call("mark_sent", message.id, now)
    call("unsubscribe", "all@marmot.example")

    (listing,) = call("begin_listings", "marmot", "privacy", [ASKED], now, timedelta(days=7))
    call("file_page", listing, ROWS, 0, None)
    first, *_ = call("rows_to_get", "marmot", "privacy", [0, 7], ["DEF"], 8)
    call("row_not_given", "marmot", "privacy", first)
    call("tell_apart", "marmot", "privacy", "ABC")
    identifiers = {"urlkey": first.row.urlkey, "timestamp": first.row.timestamp}
    call("keep", capture_of(A, source="wayback", provenance=Provenance("wayback", identifiers)), A, POLICY)
    call("archived_texts", "marmot", "privacy")
    call("count_rows_to_get", "marmot", "privacy")
    call("restart_listing", listing)
    call("close_listings", [("marmot", "privacy")])

    methods = {name for name, _ in inspect.getmembers(Store, inspect.isfunction) if not name.startswith("_")}
    assert methods - {"close"} - GO_THROUGH_ALL == set(sent), (
        "each method of the store, those that were added too, is to be called here"
    )
    assert all(sent.values())
    plans = PLANS[connection.dialect.name](connection)
    for name, its in sent.items():
        for statement, parameters in its:
            for step, index in plans(statement, parameters):
                assert name == COUNTS_ALL or index in READ_WHOLE, f"{name}: {step}: {statement}"


Plan = Callable[[str, Any], Iterator[tuple[str, str]]]


def sqlite_plan(connection: Connection) -> Plan:
    def whole(statement: str, parameters: Any) -> Iterator[tuple[str, str]]:
        """What of a query's plan goes through a whole table or index, and which one; or sorts."""
        inner: set[str] = set()  # queries within the query, of which each step is looked at by itself
        for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            what = step.split()[-1]
            if step.startswith("CO-ROUTINE"):
                inner.add(what)
            elif step.startswith("SCAN") and "CONSTANT ROW" not in step and what not in inner:  # values of an INSERT
                yield step, what
            elif "TEMP B-TREE" in step:
                yield step, ""

    return whole


def postgresql_plan(connection: Connection) -> Plan:
    # It reads a small table whole, whatever indexes there are: forbidden to, it does so only where no index serves.
    for kind in ("seqscan", "bitmapscan"):
        connection.execute(text(f"SET enable_{kind} = off"))
    connection.execute(text("ANALYZE"))

    def whole(statement: str, parameters: Any) -> Iterator[tuple[str, str]]:
        """What of a query's plan goes through a whole table or index, and which one."""
        (((root,),),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        steps = [(root if isinstance(root, dict) else json.loads(root))["Plan"]]
        while steps:
            step = steps.pop()
            steps += step.get("Plans", [])
            if step["Node Type"] == "Seq Scan":
                yield json.dumps(step), step["Relation Name"]
            elif "Index Name" in step and "Index Cond" not in step:
                yield json.dumps(step), step["Index Name"]

    return whole


PLANS = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}


def test_where_the_policies_of_a_vendor_stand_is_found_by_an_index(
    store: Store, statements: Statements, connection: Connection
) -> None:
    for days, payload in enumerate((A, B, b"", b"")):
        keep(store, replace(capture_of(payload, days), source="file"), payload, POLICY)
    statements.clear()
    (standing,) = store.library.standings(["marmot"])
    assert standing.failing_since is not None
    assert len(statements) == 3
    plans = PLANS[connection.dialect.name](connection)
    for statement, parameters in statements:
        for step, index in plans(statement, parameters):
            assert "TEMP B-TREE FOR GROUP BY" in step or index in READ_WHOLE, f"{step}: {statement}"
