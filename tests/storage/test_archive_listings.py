"""What a crawl of an archive has still to do, kept in the database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from core.archives import ListedCapture, timestamp_of
from core.captures import Capture
from core.policies import PolicyKey
from storage import CaptureToFetch, Listing, ListingQuery, Store
from tests.keeping import keep
from tests.stored_captures import POLICY, URL, capture_of, page

KEY = PolicyKey("marmot", "privacy")
ARCHIVE = "https://archive.example"
ASKED = ListingQuery(ARCHIVE, URL, None, None)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")


def row(days: int, digest: str = "", status: str = "200", mimetype: str = "text/html") -> ListedCapture:
    timestamp = timestamp_of(capture_of(A, days).captured_at)
    return ListedCapture("example,marmot)/privacy", timestamp, URL, mimetype, status, digest or f"DIGEST{days}")


def archived(one: ListedCapture, payload: bytes = A) -> Capture:
    identifiers = {"urlkey": one.urlkey, "timestamp": one.timestamp, "digest": one.digest, "memento": ""}
    return capture_of(payload, source="wayback", captured_at=one.captured_at, archive=identifiers)


def begin(store: Store, *asked: ListingQuery, now: datetime = NOW) -> tuple[Listing, ...]:
    return store.archive_listings.begin(KEY, asked or (ASKED,), now, WEEK)


def left(store: Store, ids: tuple[int, ...] = (), checksums: tuple[str, ...] = ()) -> tuple[CaptureToFetch, ...]:
    return store.archive_listings.to_fetch(KEY, ids, checksums, 100)


def filed(store: Store, *rows: ListedCapture) -> Listing:
    (listing,) = begin(store)
    after = store.archive_listings.file_page(listing, rows, 0, None)
    assert after is not None
    return after


def test_a_page_is_filed_with_the_key_of_the_next_one(store: Store) -> None:
    (listing,) = begin(store)
    assert (listing.query, listing.resume_key, listing.complete) == (ASKED, None, False)
    after = store.archive_listings.file_page(listing, [row(0), row(1)], 3, "on")
    assert after is not None
    (again,) = begin(store)
    assert again == after
    assert (again.found, again.malformed, again.resume_key, again.complete) == (2, 3, "on", False)
    assert [one.listed for one in left(store)] == [row(0), row(1)]
    assert left(store)[0].url == URL
    last = store.archive_listings.file_page(again, [row(2)], 0, None)
    assert last is not None
    assert (last.found, last.complete) == (3, True)


def test_a_page_that_another_crawl_filed_first_is_not_filed_twice(store: Store) -> None:
    (listing,) = begin(store)
    first = store.archive_listings.file_page(listing, [row(0)], 1, "on")
    assert store.archive_listings.file_page(listing, [row(0)], 1, "on") == first
    assert store.archive_listings.count_to_fetch(KEY) == 1


def test_duplicate_rows_and_rows_of_stored_captures_are_no_rows_to_get(store: Store) -> None:
    keep(store, archived(row(0)), A, POLICY)
    assert filed(store, row(0), row(1), row(1)).found == 2
    assert [one.listed for one in left(store)] == [row(1)]


def test_a_row_of_any_year_is_filed(store: Store) -> None:
    first = replace(row(0), timestamp="00010101000000")
    last = replace(row(0), timestamp="99991231235959")
    filed(store, first, last)
    assert [one.listed for one in left(store)] == [first, last]


def test_the_capture_of_a_row_takes_it_away_also_when_it_was_stored_before(store: Store) -> None:
    filed(store, row(0), row(1))
    keep(store, archived(row(0)), A, POLICY)
    assert [one.listed for one in left(store)] == [row(1)]
    # As after a crawl that stored it while this one filed the row.
    keep(store, replace(archived(row(2)), source="live"), A, POLICY)
    assert [one.listed for one in left(store)] == [row(1)]
    assert keep(store, archived(row(1)), A, POLICY).is_new
    assert left(store) == ()


def test_a_redirects_capture_some_hours_away_takes_its_row_away_and_is_known_at_the_next_listing(store: Store) -> None:
    filed(store, row(0))
    keep(store, replace(archived(row(0)), captured_at=row(0).captured_at + timedelta(hours=20)), A, POLICY)
    assert left(store) == ()
    store.archive_listings.close([KEY])
    filed(store, row(0))
    assert left(store) == ()


def test_rows_under_way_and_others_of_their_text_are_left_out(store: Store) -> None:
    filed(store, row(0, "SAME"), row(1, "SAME"), row(2), row(3, "SAME", "404"))
    first, _, third, error = left(store)
    assert error.checksum is None
    assert left(store, ids=(first.id,), checksums=("SAME",)) == (third, error)
    assert left(store, ids=(first.id, error.id), checksums=("SAME", "DIGEST2")) == ()


def test_a_row_that_is_not_given_waits_for_another_of_its_text(store: Store) -> None:
    filed(store, *(row(n, "SAME") for n in range(4)), row(9))
    first, second, *_ = left(store)
    assert store.archive_listings.mark_not_given(KEY, first) == 0
    assert [one.listed for one in left(store)][-1] == row(0, "SAME")
    assert left(store)[-1].tried
    assert store.archive_listings.mark_not_given(KEY, second) == 4
    assert [one.listed for one in left(store)] == [row(9)]


def test_a_row_that_is_not_given_and_is_alone_is_let_go_until_it_is_listed_again(store: Store) -> None:
    filed(store, row(0), row(1, status="404"))
    for one in left(store):
        assert store.archive_listings.mark_not_given(KEY, one) == 1
    assert left(store) == ()
    store.archive_listings.close([KEY])
    filed(store, row(0), row(1, status="404"))
    assert len(left(store)) == 2


def test_rows_told_apart_are_got_each_by_itself(store: Store) -> None:
    filed(store, row(0, "SAME"), row(1, "SAME"), row(2))
    store.archive_listings.distrust_checksum(KEY, "SAME")
    assert [one.checksum for one in left(store)] == [None, None, "DIGEST2"]


def test_a_listing_stays_until_its_rows_are_gone_through(store: Store) -> None:
    filed(store, row(0))
    store.archive_listings.close([KEY])
    assert begin(store)[0].complete
    keep(store, archived(row(0)), A, POLICY)
    store.archive_listings.close([KEY])
    (anew,) = begin(store)
    assert (anew.complete, anew.found) == (False, 0)
    store.archive_listings.close([KEY])
    assert begin(store) == (anew,)  # one that is not complete is under way


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, end=NOW),
        replace(ASKED, begin=NOW),
        replace(ASKED, url="https://www.marmot.example/other"),
        replace(ASKED, archive="https://other.example"),
    ],
)
def test_a_listing_of_what_is_no_longer_asked_is_dropped_with_its_rows(store: Store, other: ListingQuery) -> None:
    listing = filed(store, row(0))
    terms = store.archive_listings.begin(PolicyKey("marmot", "terms"), [ASKED], NOW, WEEK)
    (anew,) = begin(store, other)
    assert anew.query == other
    assert left(store) == ()
    assert store.archive_listings.file_page(listing, [row(1)], 0, None) is None
    assert (
        store.archive_listings.begin(PolicyKey("marmot", "terms"), [ASKED], NOW, WEEK) == terms
    )  # another policy's is left alone


def test_a_listing_left_undone_for_long_is_listed_again_and_its_rows_stay(store: Store) -> None:
    filed(store, row(0))
    (soon,) = begin(store, now=NOW + timedelta(days=6))
    assert soon.complete
    (late,) = begin(store, now=NOW + timedelta(days=8))
    assert (late.complete, late.resume_key, late.found) == (False, None, 0)
    assert [one.listed for one in left(store)] == [row(0)]


def test_a_listing_can_be_begun_again(store: Store) -> None:
    (listing,) = begin(store)
    store.archive_listings.file_page(listing, [row(0)], 1, "stale")
    store.archive_listings.restart(listing)
    (again,) = begin(store)
    assert (again.resume_key, again.complete, again.malformed) == (None, False, 0)
    assert len(left(store)) == 1


def test_texts_are_told_by_captures_that_show_their_digest(store: Store) -> None:
    keep(store, archived(row(0, "SHOWN")), A, POLICY)
    keep(store, replace(archived(row(1, "REDIRECTED"), B), redirects=(URL,)), B, POLICY)
    keep(store, replace(archived(row(2, "ERROR"), B), status=404), B, POLICY)
    keep(store, capture_of(B, 3), B, POLICY)
    texts = store.archive_listings.known_payloads(KEY)
    assert set(texts) == {"SHOWN"}
    assert texts["SHOWN"].sha256 == archived(row(0)).sha256


def test_five_thousand_rows_are_one_page(store: Store) -> None:
    filed(store, *(row(n) for n in range(5000)))
    assert store.archive_listings.count_to_fetch(KEY) == 5000
    assert len(left(store)) == 100


def test_rows_go_with_their_listing(store: Store, database_url: str) -> None:
    filed(store, row(0))
    begin(store, replace(ASKED, end=NOW))
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM listed_rows")) == 0
    engine.dispose()
