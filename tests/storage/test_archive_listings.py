"""Listings under way, and the captures that a crawl of a web archive still has to fetch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from core.archives import ArchiveSite, ListedCapture, Provenance, WebArchive, format_timestamp
from core.captures import Capture
from core.policies import PolicyKey
from storage import CaptureToFetch, Listing, ListingQuery, Store
from tests.capture_examples import OTHER_ARCHIVE
from tests.keeping import keep
from tests.stored_captures import POLICY, URL, capture_of, page

KEY = PolicyKey("marmot", "privacy")
ARCHIVE = ArchiveSite("wayback", "https://archive.example")
OTHER_ARCHIVE_SITE = ArchiveSite(OTHER_ARCHIVE, "https://sundial.example")
QUERY = ListingQuery(ARCHIVE, URL, None, None)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
A, B = page("We keep your messages for a year."), page("We keep your messages for a month.")


def listed(days: int, digest: str = "", status: str = "200", mimetype: str = "text/html") -> ListedCapture:
    timestamp = format_timestamp(capture_of(A, days).captured_at)
    return ListedCapture("example,marmot)/privacy", timestamp, URL, mimetype, status, digest or f"DIGEST{days}")


def fetched(capture: ListedCapture, payload: bytes = A, archive: WebArchive = "wayback") -> Capture:
    """Returns the capture that results from fetching a listed capture."""
    identifiers = {
        "urlkey": capture.urlkey,
        "timestamp": capture.timestamp,
        "digest": capture.digest,
        "memento": "",
    }
    provenance = Provenance(archive, identifiers)
    return capture_of(payload, source=archive, captured_at=capture.captured_at, provenance=provenance)


def begin(
    store: Store, *queries: ListingQuery, now: datetime = NOW, archive: WebArchive = "wayback"
) -> tuple[Listing, ...]:
    return store.archive_listings.begin(KEY, archive, queries or (QUERY,), now, WEEK)


def left(
    store: Store, ids: tuple[int, ...] = (), checksums: tuple[str, ...] = (), archive: ArchiveSite = ARCHIVE
) -> tuple[CaptureToFetch, ...]:
    return store.archive_listings.to_fetch(KEY, archive, ids, checksums, 100)


def file_all(store: Store, *captures: ListedCapture) -> Listing:
    (listing,) = begin(store)
    after = store.archive_listings.file_page(listing, captures, 0, None)
    assert after is not None
    return after


def test_a_page_is_filed_with_the_key_of_the_next_page(store: Store) -> None:
    (listing,) = begin(store)
    assert (listing.query, listing.resume_key, listing.complete) == (QUERY, None, False)
    after = store.archive_listings.file_page(listing, [listed(0), listed(1)], 3, "on")
    assert after is not None
    (again,) = begin(store)
    assert again == after
    assert (again.found, again.malformed, again.resume_key, again.complete) == (2, 3, "on", False)
    assert [capture.listed for capture in left(store)] == [listed(0), listed(1)]
    assert left(store)[0].url == URL
    last = store.archive_listings.file_page(again, [listed(2)], 0, None)
    assert last is not None
    assert (last.found, last.complete) == (3, True)


def test_a_page_that_another_crawl_filed_first_is_not_filed_twice(store: Store) -> None:
    (listing,) = begin(store)
    first = store.archive_listings.file_page(listing, [listed(0)], 1, "on")
    assert store.archive_listings.file_page(listing, [listed(0)], 1, "on") == first
    assert store.archive_listings.count_to_fetch(KEY, "wayback") == 1


def test_duplicates_and_stored_captures_are_not_to_be_fetched(store: Store) -> None:
    keep(store, fetched(listed(0)), A, POLICY)
    assert file_all(store, listed(0), listed(1), listed(1)).found == 2
    assert [capture.listed for capture in left(store)] == [listed(1)]


def test_a_listed_capture_of_any_year_is_filed(store: Store) -> None:
    first = replace(listed(0), timestamp="00010101000000")
    last = replace(listed(0), timestamp="99991231235959")
    file_all(store, first, last)
    assert [capture.listed for capture in left(store)] == [first, last]


def test_storing_a_capture_takes_it_off_the_list(store: Store) -> None:
    file_all(store, listed(0), listed(1))
    keep(store, fetched(listed(0)), A, POLICY)
    assert [capture.listed for capture in left(store)] == [listed(1)]
    # A live capture is on no list.
    keep(store, replace(fetched(listed(1)), source="live", provenance=None), A, POLICY)
    assert [capture.listed for capture in left(store)] == [listed(1)]
    assert keep(store, fetched(listed(1)), A, POLICY).is_new
    assert left(store) == ()


def test_storing_a_redirects_target_takes_the_redirect_off_the_list(store: Store) -> None:
    file_all(store, listed(0))
    keep(store, replace(fetched(listed(0)), captured_at=listed(0).captured_at + timedelta(hours=20)), A, POLICY)
    assert left(store) == ()
    store.archive_listings.close([KEY])
    file_all(store, listed(0))
    assert left(store) == ()


def test_to_fetch_leaves_out_the_ids_and_checksums_it_is_given(store: Store) -> None:
    file_all(store, listed(0, "SAME"), listed(1, "SAME"), listed(2), listed(3, "SAME", "404"))
    first, _, third, error = left(store)
    assert error.checksum is None
    assert left(store, ids=(first.id,), checksums=("SAME",)) == (third, error)
    assert left(store, ids=(first.id, error.id), checksums=("SAME", "DIGEST2")) == ()


def test_a_failed_capture_waits_for_others_with_the_same_checksum(store: Store) -> None:
    file_all(store, *(listed(n, "SAME") for n in range(4)), listed(9))
    first, second, *_ = left(store)
    assert store.archive_listings.mark_not_given(KEY, first) == 0
    assert [capture.listed for capture in left(store)][-1] == listed(0, "SAME")
    assert left(store)[-1].tried
    assert store.archive_listings.mark_not_given(KEY, second) == 4
    assert [capture.listed for capture in left(store)] == [listed(9)]


def test_a_failed_capture_without_others_is_dropped_until_listed_again(store: Store) -> None:
    file_all(store, listed(0), listed(1, status="404"))
    for capture in left(store):
        assert store.archive_listings.mark_not_given(KEY, capture) == 1
    assert left(store) == ()
    store.archive_listings.close([KEY])
    file_all(store, listed(0), listed(1, status="404"))
    assert len(left(store)) == 2


def test_captures_with_a_distrusted_checksum_are_all_fetched(store: Store) -> None:
    file_all(store, listed(0, "SAME"), listed(1, "SAME"), listed(2))
    store.archive_listings.distrust_checksum(KEY, left(store)[0])
    assert [capture.checksum for capture in left(store)] == [None, None, "DIGEST2"]


def test_a_listing_stays_until_its_captures_are_fetched(store: Store) -> None:
    file_all(store, listed(0))
    store.archive_listings.close([KEY])
    assert begin(store)[0].complete
    keep(store, fetched(listed(0)), A, POLICY)
    store.archive_listings.close([KEY])
    (anew,) = begin(store)
    assert (anew.complete, anew.found) == (False, 0)
    store.archive_listings.close([KEY])
    assert begin(store) == (anew,)  # the listing is not complete, so it stays


@pytest.mark.parametrize(
    "other",
    [
        replace(QUERY, end=NOW),
        replace(QUERY, begin=NOW),
        replace(QUERY, url="https://www.marmot.example/other"),
        replace(QUERY, archive=ArchiveSite("wayback", "https://other.example")),
    ],
)
def test_a_listing_for_another_query_is_dropped(store: Store, other: ListingQuery) -> None:
    listing = file_all(store, listed(0))
    terms = store.archive_listings.begin(PolicyKey("marmot", "terms"), "wayback", [QUERY], NOW, WEEK)
    (anew,) = begin(store, other)
    assert anew.query == other
    assert left(store) == ()
    assert store.archive_listings.file_page(listing, [listed(1)], 0, None) is None
    assert store.archive_listings.begin(PolicyKey("marmot", "terms"), "wayback", [QUERY], NOW, WEEK) == terms


def test_a_stale_listing_starts_over_and_keeps_its_captures(store: Store) -> None:
    file_all(store, listed(0))
    (soon,) = begin(store, now=NOW + timedelta(days=6))
    assert soon.complete
    (late,) = begin(store, now=NOW + timedelta(days=8))
    assert (late.complete, late.resume_key, late.found) == (False, None, 0)
    assert [capture.listed for capture in left(store)] == [listed(0)]


def test_a_listing_can_be_restarted(store: Store) -> None:
    (listing,) = begin(store)
    store.archive_listings.file_page(listing, [listed(0)], 1, "stale")
    store.archive_listings.restart(listing)
    (again,) = begin(store)
    assert (again.resume_key, again.complete, again.malformed) == (None, False, 0)
    assert len(left(store)) == 1


def test_known_payloads_come_from_stored_captures(store: Store) -> None:
    keep(store, fetched(listed(0, "SHOWN")), A, POLICY)
    keep(store, replace(fetched(listed(1, "REDIRECTED"), B), redirects=(URL,)), B, POLICY)
    keep(store, replace(fetched(listed(2, "ERROR"), B), status=404), B, POLICY)
    keep(store, capture_of(B, 3), B, POLICY)
    cut = fetched(listed(4, "CUT"), B)
    identifiers = {**cut.provenance.identifiers, "truncated": "length"} if cut.provenance else {}
    keep(store, replace(cut, provenance=Provenance("wayback", identifiers)), B, POLICY)
    payloads = store.archive_listings.known_payloads(KEY, "wayback")
    assert set(payloads) == {"SHOWN"}
    assert payloads["SHOWN"].sha256 == fetched(listed(0)).sha256


def test_a_page_can_list_five_thousand_captures(store: Store) -> None:
    file_all(store, *(listed(n) for n in range(5000)))
    assert store.archive_listings.count_to_fetch(KEY, "wayback") == 5000
    assert len(left(store)) == 100


def test_listed_captures_are_deleted_with_their_listing(store: Store, database_url: str) -> None:
    file_all(store, listed(0))
    begin(store, replace(QUERY, end=NOW))
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM listed_rows")) == 0
    engine.dispose()


# --- two archives -----------------------------------------------------------------------------------------------------

OTHER_QUERY = replace(QUERY, archive=OTHER_ARCHIVE_SITE)


def file_by_both(store: Store, *captures: ListedCapture) -> None:
    for listing in (*begin(store), *begin(store, OTHER_QUERY, archive=OTHER_ARCHIVE)):
        assert store.archive_listings.file_page(listing, captures, 0, None) is not None


def left_by_archive(store: Store) -> tuple[list[ListedCapture], list[ListedCapture]]:
    first, second = (
        [to_fetch.listed for to_fetch in left(store, archive=archive)] for archive in (ARCHIVE, OTHER_ARCHIVE_SITE)
    )
    return first, second


def test_listed_identities_are_stored_as_by_commit_4a914d7(store: Store, database_url: str) -> None:
    """Commit 4a914d7 stored these identities. With other identities, a crawl under way would list captures twice."""
    query = ListingQuery(ARCHIVE, URL, None, datetime(2019, 3, 4, 5, 6, 7, 890123, tzinfo=UTC))
    (listing,) = begin(store, query)
    capture = ListedCapture("example,marmot)/p", "20200304050607", URL, "text/html", "200", "AAAA")
    store.archive_listings.file_page(listing, [capture], 0, None)
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        identities = [
            bytes(connection.scalar(text(f"SELECT identity FROM {table}")) or b"").hex()  # noqa: S608
            for table in ("listings", "listed_rows")
        ]
    engine.dispose()
    assert identities == [
        "2c30c79fc346b11674fa99b98cd9a1b02c502ccbe186ce139208997c153dbea9",
        "13b6ad619e79d691dfb994b5c2aabc7d2392ea653d5c257e16e13d0b6fb686d0",
    ]


def test_two_archives_list_the_same_row_as_two_captures(store: Store) -> None:
    file_by_both(store, listed(0))
    assert left_by_archive(store) == ([listed(0)], [listed(0)])
    assert [store.archive_listings.count_to_fetch(KEY, archive) for archive in ("wayback", OTHER_ARCHIVE)] == [1, 1]


def test_a_crawl_of_an_archive_keeps_the_listings_of_the_other(store: Store) -> None:
    file_by_both(store, listed(0))
    later = NOW + timedelta(days=8)
    (listing,) = begin(store, replace(QUERY, end=NOW), now=later)
    assert not listing.complete
    assert left_by_archive(store) == ([], [listed(0)])
    (other,) = begin(store, OTHER_QUERY, archive=OTHER_ARCHIVE)
    assert other.complete  # the listing is older than a week, but only a crawl of its own archive may restart it
    (restarted,) = begin(store, OTHER_QUERY, now=later, archive=OTHER_ARCHIVE)
    assert not restarted.complete
    moved = replace(OTHER_QUERY, archive=replace(OTHER_ARCHIVE_SITE, address="https://moved.example"))
    begin(store, moved, now=later, archive=OTHER_ARCHIVE)
    assert left_by_archive(store) == ([], [])
    assert begin(store, replace(QUERY, end=NOW), now=later) == (listing,)


def test_two_archives_may_have_the_same_address(store: Store) -> None:
    same_address = ArchiveSite(OTHER_ARCHIVE, ARCHIVE.address)
    file_all(store, listed(0))
    (other,) = begin(store, replace(QUERY, archive=same_address), archive=OTHER_ARCHIVE)
    assert not other.complete
    assert left(store, archive=same_address) == ()
    assert [to_fetch.listed for to_fetch in left(store)] == [listed(0)]


def test_a_capture_fetched_from_an_archive_stays_listed_by_the_other(store: Store) -> None:
    file_by_both(store, listed(0))
    keep(store, fetched(listed(0)), A, POLICY)
    assert left_by_archive(store) == ([], [listed(0)])
    keep(store, fetched(listed(0), archive=OTHER_ARCHIVE), A, POLICY)
    assert left_by_archive(store) == ([], [])


def test_a_capture_stored_from_an_archive_can_be_listed_by_the_other(store: Store) -> None:
    keep(store, fetched(listed(0)), A, POLICY)
    file_by_both(store, listed(0))
    assert left_by_archive(store) == ([], [listed(0)])


def test_an_archives_checksums_do_not_apply_to_the_other_archive(store: Store) -> None:
    keep(store, fetched(listed(9, "SAME")), A, POLICY)
    assert store.archive_listings.known_payloads(KEY, OTHER_ARCHIVE) == {}
    keep(store, fetched(listed(8, "SAME"), B, OTHER_ARCHIVE), B, POLICY)
    assert {
        archive: store.archive_listings.known_payloads(KEY, archive)["SAME"].sha256
        for archive in ("wayback", OTHER_ARCHIVE)
    } == {"wayback": fetched(listed(9), A).sha256, OTHER_ARCHIVE: fetched(listed(8), B).sha256}


def test_a_checksum_is_distrusted_only_for_the_archive_that_gave_it(store: Store) -> None:
    file_by_both(store, listed(0, "SAME"), listed(1, "SAME"))
    store.archive_listings.distrust_checksum(KEY, left(store)[0])
    assert [to_fetch.checksum for to_fetch in left(store)] == [None, None]
    assert [to_fetch.checksum for to_fetch in left(store, archive=OTHER_ARCHIVE_SITE)] == ["SAME", "SAME"]


def test_a_capture_that_an_archive_lost_is_fetched_from_the_other(store: Store) -> None:
    file_by_both(store, listed(0, "SAME"), listed(1, "SAME"))
    for to_fetch in left(store):
        store.archive_listings.mark_not_given(KEY, to_fetch)
    assert left_by_archive(store) == ([], [listed(0, "SAME"), listed(1, "SAME")])
