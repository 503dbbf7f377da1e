"""Every query finds its rows by an index, on SQLite and on PostgreSQL.

So the time of a query about one policy doesn't grow with the number of other policies.
"""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, text

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.captures import sha256_hex
from core.dates import Span
from core.declarations import Location, Policy
from core.limits import call_here
from core.policies import PolicyKey
from core.search_words import terms_of
from intake.service import Intake
from storage import ListingQuery, OwnWatermark, Review, Store, StoredWatermark
from storage.archive_listings import ArchiveListings
from storage.clause_facts import ClauseFacts
from storage.clause_index import ClauseIndex
from storage.clause_search import ClauseSearch
from storage.journal import Journal
from storage.library import Library
from storage.lineages import Lineages
from storage.outbox import Outbox
from storage.secrets import Secrets
from storage.subscriptions import Subscriptions
from storage.tables.models import CaptureRow, PayloadRow, PolicyRow, ReadingRow, ReviewRow
from storage.tables.subscription_models import WatermarkRow
from storage.timelines import Timelines
from tests.keeping import InThisProcess, keep
from tests.stored_captures import BEGIN, POLICY, URL, capture_of, page

KEY, OTHER = PolicyKey("marmot", "privacy"), PolicyKey("vole", "privacy")
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")
C = page("We keep your messages for a week.")
WITHOUT_HEADINGS = Policy(locations=(Location(url=URL, remove=("h2",)),))
VENDORS = [f"vendor{number:02}" for number in range(50)]
ARCHIVE = ArchiveSite("wayback", "https://archive.example")
QUERY = ListingQuery(ARCHIVE, URL, None, BEGIN)
LISTED = [
    ListedCapture("example,marmot)/privacy", f"2020010100000{n}", URL, "text/html", "200", "ABC") for n in range(3)
]
# Tables and indexes that a query may read completely. Five tables are small: `alembic_version` and
# `composings` have one row, and there is one row for each operator, for each subscriber, and for each vendor that a
# subscriber chose. From the other tables and indexes, the queries need every row: the waiting messages, the policies
# that changed since the last digest or could not be told, the listings under way, and the locations and the addresses
# that fail or have moved.
# Only two runs are kept. A search for frequent words reads the newest clauses in turn, until it has enough; the plan
# below is made without PostgreSQL's index of words. Besides, it reads the first 51 policies in alphabetical order.
READ_WHOLE = {
    "alembic_version",
    "alembic_version_pkc",
    "composings",
    "composings_pkey",
    "subscribers",
    "subscribers_pkey",
    "operator_digests",
    "operator_digests_pkey",
    "outbox_waiting",
    "outbox_waiting_by_mailbox",
    "policies_untold",
    "policies_with_fault",
    "sqlite_autoindex_watched_1",
    "watched",
    "watched_pkey",
    "listings_pkey",
    "failed_fetches",
    "failed_fetches_pkey",
    "moved_pages",
    "moved_pages_pkey",
    "delivery_troubles",
    "delivery_troubles_pkey",
    "sqlite_autoindex_delivery_troubles_1",
    "runs",
    "runs_pkey",
    "clause_texts",
    "clause_texts_pkey",
    "sqlite_autoindex_indexed_policies_1",
    "indexed_policies_pkey",
}
# They count all captures, look at all policies, look for policies that are out of date, or read what is held and gone,
# or the watermarks of all policies.
READ_ALL = {
    "Library.standings",
    "Library.state_of_all",
    "ClauseIndex.outdated",
    "Subscriptions.policies_with_own_news",
    "Subscriptions.shared_watermarks",
    "Subscriptions.without_new_captures",
    "Subscriptions.begin_composing",
    "Subscriptions.mark_composed",
}

Statements = list[tuple[str, Any]]


@pytest.fixture
def statements() -> Iterator[Statements]:
    """Yields a list to which every SQL statement is added with its parameters when it is executed."""
    sent: Statements = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            sent.append((statement, parameters[0] if many and isinstance(parameters, list) else parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def connection(store: Store, database_url: str) -> Iterator[Connection]:
    """Yields a second connection to the database, after adding captures of many policies."""
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        fill(connection)
        for vendor in VENDORS:
            list_captures(store, vendor)
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
                | {"evidence": "", "needs_browser": False, "version_id": "1"}
            )
            review = {"capture_id": capture_id, "decision": "accepted", "note": ""}
            review |= {"decided_by": "ann", "decided_at": captured_at}
            rows[ReviewRow].append(review)
        rows[PolicyRow].append(
            {"vendor": vendor, "policy": "privacy", "reader": "1", "newest": captured_at, "revision": 1, "composed": 1}
        )
    for table, table_rows in rows.items():
        connection.execute(insert(table), table_rows)
    if connection.dialect.name == "postgresql":
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('captures', 'id'), (SELECT max(id) FROM captures))")
        )
    connection.commit()


def list_captures(store: Store, vendor: str) -> None:
    (listing,) = store.archive_listings.begin(
        PolicyKey(vendor, "privacy"), "wayback", [QUERY], BEGIN, timedelta(days=7)
    )
    store.archive_listings.file_page(listing, LISTED, 0, None)


def test_every_query_finds_its_rows_by_an_index(
    store: Store, statements: Statements, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intake.derived.comparing_calls", lambda limits: nullcontext(call_here))
    statements_by_method: dict[str, Statements] = {}
    now = BEGIN + timedelta(days=40)
    library, subscriptions, listings = store.library, store.subscriptions, store.archive_listings
    journal, clause_index = store.journal, store.clause_index

    def call(method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        statements.clear()
        result = method(*arguments, **options)
        if isinstance(result, Iterator):
            result = list(result)
        statements_by_method.setdefault(method.__qualname__, []).extend(statements)
        return result

    with Intake(store, InThisProcess()) as intake:
        kept = call(intake.keep, (capture_of(A), A, POLICY))
        other = call(intake.keep, (capture_of(B, 1), B, POLICY))
        call(intake.keep, (capture_of(A), A, POLICY))
        call(intake.keep, (capture_of(B, 2), None, POLICY))
        call(intake.keep_all, [(capture_of(each, days), each, POLICY) for days, each in enumerate((A, B, A), 3)])
        new = [(capture_of(each, days), each, POLICY) for days, each in enumerate((B, A), 6)]
        call(intake.read, call(intake.keep_unread, new))
        call(intake.reextract, KEY, POLICY)
        call(intake.read_unread, KEY, POLICY)
        call(intake.reextract, KEY, WITHOUT_HEADINGS)

        call(library.captures, KEY)
        call(library.review, [kept.capture_id], Review("rejected", "ann", "", now))
        call(library.capture, kept.capture_id)
        history = call(library.history, KEY)
        call(library.settled, KEY)
        call(library.state, KEY)
        call(library.parts, capture_of(A, 0))
        call(library.state_of_all)
        call(library.period, KEY, history, f"@{other.version_id}"[:8])
        call(library.document, kept.capture_id)
        call(library.payload, sha256_hex(A))
        call(library.standings)
        call(library.maybe_changed, BEGIN)
        call(library.revisions, [KEY])

        for address, vendors in (("all@marmot.example", []), ("some@marmot.example", ["marmot", "vole"])):
            call(subscriptions.subscribe, address, vendors, BEGIN)
        subscribers = call(subscriptions.subscribers)
        call(subscriptions.subscribed_since)
        call(subscriptions.subscriber, "All@marmot.example")
        for subscriber in subscribers:
            watermark = {"subscriber_id": subscriber.id, "policy": "privacy", "until": BEGIN, "latest": BEGIN}
            connection.execute(insert(WatermarkRow), [{**watermark, "vendor": vendor} for vendor in VENDORS])
        connection.commit()
        call(subscriptions.policies_with_own_news)
        to_examine = call(subscriptions.policies_to_examine, 0, now)
        assert KEY in to_examine
        call(subscriptions.without_new_captures, to_examine, 0, 0, now)
        number = call(subscriptions.begin_composing, {KEY: now}, now)
        assert KEY in call(subscriptions.shared_watermarks, number)
        told = {KEY: [(kept.capture_id, other.capture_id)]}
        for subscriber in subscribers:
            own = {KEY: OwnWatermark(StoredWatermark(now, now)), OTHER: None}
            call(subscriptions.enqueue, subscriber, b"digest", now, number, own, told)
            assert call(subscriptions.tellings, subscriber, [KEY])
        subscription = call(subscriptions.in_turn)[0]
        call(subscriptions.mark_served, [(subscription.subscriber, True)], number, now)
        call(subscriptions.mark_composed, number, {KEY: 99}, {KEY: "a fault", OTHER: None})
        call(intake.keep, (capture_of(A, 50), A, POLICY))
        begin = subscription.watched[""]
        stored = StoredWatermark(now, now + timedelta(days=1))
        for moment in (BEGIN - timedelta(days=1), now, now + timedelta(days=2)):  # the clocks were wrong
            call(subscriptions.watermark, KEY, None, begin, moment)
            call(subscriptions.watermark, KEY, stored, begin, moment)
        for count in (1, 100):
            call(subscriptions.late_policies, begin, [KEY] * count)
        outbox = store.outbox
        assert call(outbox.mailboxes, now) == ["all@marmot.example", "some@marmot.example"]
        call(outbox.counts)
        call(outbox.waiting_emails)
        call(outbox.waits, "all@marmot.example")
        call(outbox.ask_to_confirm, "new@marmot.example", b"please", now)
        call(outbox.forget_confirmations, now + timedelta(days=2))
        message = call(outbox.claim, "all@marmot.example", now)
        call(outbox.renew_claims, [message.id])
        call(outbox.is_being_sent, message.id)
        call(outbox.release, message.id)
        call(outbox.put_off, message, now, "451 later")
        call(outbox.refuse, message, now, "550 never")
        call(outbox.troubles)
        call(outbox.mark_sent, message.id, now)
        call(outbox.sent_to, message.id, now)
        call(outbox.exchange, [message.id], ["all@marmot.example", "some@marmot.example"], now, sent_at=now)
        call(outbox.take_back, message.id, now, now + timedelta(days=9), "4.4.1", is_permanent=False)
        call(outbox.tell_operator, "operator@marmot.example", b"digest", "", now)
        call(outbox.operator_told, "operator@marmot.example")
        call(subscriptions.unsubscribe, "all@marmot.example")

        call(journal.note_failed_fetch, KEY, URL, URL, "connection refused", now)
        call(journal.note_fetched, KEY, URL, {URL: "https://marmot.example/"}, now)
        call(journal.keep_only, ["marmot"], [])
        call(journal.note_failed_fetch, KEY, URL, URL, "connection refused", now)
        call(journal.failed_fetches)
        call(store.secrets.for_links)
        call(store.secrets.known_for_links)
        call(journal.moved_pages)
        call(journal.end_run, call(journal.begin_run, now), now, 0, "")
        call(journal.last_run)
        call(journal.last_ended_run)

        (listing,) = call(listings.begin, KEY, "wayback", [QUERY], now, timedelta(days=7))
        call(listings.file_page, listing, LISTED, 0, None)
        first, *_ = call(listings.to_fetch, KEY, ARCHIVE, [0, 7], ["DEF"], 8)
        call(listings.mark_not_given, KEY, first)
        call(listings.distrust_checksum, KEY, first)
        identifiers = {"urlkey": first.listed.urlkey, "timestamp": first.listed.timestamp}
        provenance = Provenance("wayback", identifiers)
        call(intake.keep, (capture_of(A, source="wayback", provenance=provenance), A, POLICY))
        call(listings.known_payloads, KEY, "wayback")
        call(listings.count_to_fetch, KEY, "wayback")
        call(listings.restart, listing)
        call(listings.close, [KEY])

        call(intake.refresh_derived)
        assert call(store.lineages.refresh, KEY, call_here) == 0
        call(store.lineages.lineage, KEY, call_here)
        call(store.lineages.repeats_last, capture_of(A, 60), {"reader": "1", "version_id": "1"})
        assert call(clause_index.outdated)
        call(clause_index.refresh, [KEY])
        call(intake.keep, (capture_of(C, 60), C, POLICY))
        call(clause_index.refresh, [KEY])
        call(clause_index.steady, [KEY], now)
        terms = terms_of('"your messages" keep*')
        for clause_search in (
            ClauseSearch(terms),
            ClauseSearch(terms, "marmot", "privacy", before=1 << 60),
            ClauseSearch(terms, at=now, appeared=Span(BEGIN, now), gone=Span(BEGIN, now)),
        ):
            call(clause_index.find, clause_search)
        call(store.clause_facts.mentions, terms, None, None)
        monkeypatch.setattr("storage.clause_facts.MANY_MATCHES", 0)
        call(store.clause_facts.mentions, terms, None, None)
        call(store.clause_facts.endings, clause_index.find(ClauseSearch(terms)))
        settled = library.settled(KEY)
        call(store.lineages.kept, KEY, settled)
        call(store.timelines.quarantined, KEY)
        call(store.timelines.stated_dates, [version.first for version in settled.history.versions])
        call(store.timelines.newest_steps, {PolicyKey(vendor, "privacy"): BEGIN for vendor in VENDORS})

    methods = {
        method.__qualname__
        for part in (
            Library,
            Subscriptions,
            Outbox,
            ArchiveListings,
            Journal,
            Lineages,
            Timelines,
            ClauseIndex,
            ClauseFacts,
            Secrets,
            Intake,
        )
        for name, method in inspect.getmembers(part, inspect.isfunction)
        if not name.startswith("_")
    }
    without_statements = {"Intake.close", "Intake.rederive"}
    assert methods - without_statements == set(statements_by_method), "call every method here, those added later, too"
    assert all(statements_by_method.values())
    steps_without_index = PLANS[connection.dialect.name](connection)
    for method_name, method_statements in statements_by_method.items():
        for statement, parameters in method_statements:
            for step, index in steps_without_index(statement, parameters):
                # Groups the few captures since the state of the index, of at most 500 policies.
                groups_few = "TEMP B-TREE FOR GROUP BY" in step and "FROM indexed_policies JOIN" in " ".join(
                    statement.split()
                )
                is_allowed = groups_few or method_name in READ_ALL or index in READ_WHOLE
                assert is_allowed, f"{method_name}: {step}: {statement}"


Plan = Callable[[str, Any], Iterator[tuple[str, str]]]


def sqlite_plan(connection: Connection) -> Plan:
    def steps_without_index(statement: str, parameters: Any) -> Iterator[tuple[str, str]]:
        """Yields the steps that sort, or that read a whole table or index. Each step comes with the table's name."""
        subqueries: set[str] = set()  # a plan lists the steps of a subquery in separate lines
        for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            name = step.split()[-1]
            if step.startswith("CO-ROUTINE"):
                subqueries.add(name)
            # A full-text table is always scanned; `M` says that the words are looked up (SQLite's fts5_main.c).
            elif step.startswith("SCAN clause_words VIRTUAL TABLE INDEX") and ":M" in step:
                continue
            # Constant rows are the values of an INSERT.
            elif step.startswith("SCAN") and "CONSTANT ROW" not in step and name not in subqueries:
                yield step, name
            elif "TEMP B-TREE" in step:
                yield step, ""

    return steps_without_index


def postgresql_plan(connection: Connection) -> Plan:
    # By default, PostgreSQL reads a small table completely even if an index exists. With this setting, it does so only
    # if no index can be used.
    for kind in ("seqscan", "bitmapscan"):
        connection.execute(text(f"SET enable_{kind} = off"))
    connection.execute(text("ANALYZE"))

    def steps_without_index(statement: str, parameters: Any) -> Iterator[tuple[str, str]]:
        """Yields the steps that read a whole table or index. Each step comes with the table's name."""
        (((root,),),) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        steps = [(root if isinstance(root, dict) else json.loads(root))["Plan"]]
        while steps:
            step = steps.pop()
            steps += step.get("Plans", [])
            if step["Node Type"] == "Seq Scan":
                yield json.dumps(step), step["Relation Name"]
            elif "Index Name" in step and "Index Cond" not in step:
                yield json.dumps(step), step["Index Name"]

    return steps_without_index


PLANS = {"sqlite": sqlite_plan, "postgresql": postgresql_plan}


def test_standings_of_one_vendor_are_found_by_an_index(
    store: Store, statements: Statements, connection: Connection
) -> None:
    # The newest version is shown for four days, so it cannot be held, and no capture is loaded.
    for days, payload in ((0, A), (1, B), (5, B), (6, b""), (7, b"")):
        keep(store, replace(capture_of(payload, days), source="file"), payload, POLICY)
    statements.clear()
    (standing,) = store.library.standings(["marmot"])
    assert standing.failing_since is not None
    first_call = list(statements)
    statements.clear()
    assert len([statement for statement, _ in first_call if "readings" in statement]) == 2
    assert store.library.standings(["marmot"]) == (standing,)
    assert len(statements) == 3
    statements += first_call
    steps_without_index = PLANS[connection.dialect.name](connection)
    for statement, parameters in statements:
        for step, index in steps_without_index(statement, parameters):
            assert "TEMP B-TREE FOR GROUP BY" in step or index in READ_WHOLE, f"{step}: {statement}"
