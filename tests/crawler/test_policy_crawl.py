"""The decisions of an archive crawl that need neither the archive nor the database."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.archives import ArchiveSite, ListedCapture, Provenance
from core.declarations import Location
from core.policies import PolicyKey
from crawler.archive_crawl.policy_crawl import PolicyCrawl, narrowed, proves_checksum
from storage import CaptureToFetch, KnownPayload
from tests.capture_examples import WAYBACK
from tests.stored_captures import POLICY

URL = "https://www.marmot.example/privacy"


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((None, None), (year(2012), datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC))),
        ((year(2013), None), (year(2013), datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC))),
        ((year(2010), year(2014)), (year(2012), year(2014))),
        ((year(2010), year(2011)), (year(2012), year(2011))),  # nothing to list: the begin is after the end
    ],
)
def test_captures_are_listed_only_for_the_time_a_location_was_in_use(
    asked: tuple[datetime | None, datetime | None], expected: tuple[datetime | None, datetime | None]
) -> None:
    assert narrowed(Location.model_validate({"url": URL, "since": "2012", "until": "2015"}), *asked) == expected


def test_a_location_without_dates_is_listed_for_the_time_asked_for() -> None:
    assert narrowed(Location(url=URL), None, None) == (None, None)
    assert narrowed(Location(url=URL), year(2010), year(2012)) == (year(2010), year(2012))


def test_a_checksum_says_nothing_about_the_target_of_a_redirect() -> None:
    page = replace(WAYBACK, status=200, redirects=())
    assert proves_checksum(page)
    assert not proves_checksum(replace(page, redirects=(URL,)))
    assert not proves_checksum(replace(page, status=404))


def test_a_checksum_of_a_truncated_capture_is_not_used_for_others() -> None:
    page = replace(WAYBACK, status=200, redirects=(), provenance=Provenance("wayback", {"truncated": "length"}))
    assert not proves_checksum(page)


def test_only_checksums_of_unknown_payloads_under_way_count_as_requested() -> None:
    site = ArchiveSite("wayback", "https://archive.example")
    crawl = PolicyCrawl(PolicyKey("marmot", "privacy"), POLICY)
    for number, checksum in enumerate(("KNOWN", "UNKNOWN", None)):
        listed = ListedCapture("example,marmot)/privacy", f"2019030405060{number}", URL, "text/html", "200", "")
        crawl.under_way[listed.index_key] = CaptureToFetch(number, site, URL, listed, checksum, False)
    crawl.payloads = {"KNOWN": KnownPayload("0" * 64, "text/html")}
    assert crawl.requested_checksums() == {"UNKNOWN"}
