"""An archive with all known oddities is crawled twice. Each test examines one oddity."""

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from storage import StoredCapture
from tests.servers.archive import Crawler, declare, identifiers_of, policy_page
from tests.shared_material import SHARED, needs_shared

A, B = policy_page("We keep letters for thirty days."), policy_page("We keep letters for ninety days.")
HOST = "http://www.kestrelpost.example"


def at(year: int, month: int = 1, day: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


PAGES = [
    # moved: a policy that was published at two addresses, one after the other
    DatedPage(url=f"{HOST}/moved-old.html", at=at(2010), body=A),
    DatedPage(url=f"{HOST}/moved-old.html", at=at(2016), body=policy_page("A shop sells shoes here now.")),
    DatedPage(url="https://kestrelpost.example/moved-new?page=privacy", at=at(2015), body=B),
    # flips: two texts that alternate, each downloaded once; the charset is declared only in the header
    *(
        DatedPage(url=f"{HOST}/flips", at=at(2010 + year), body=body, media_type="text/html; charset=iso-8859-1")
        for year, body in enumerate([A, B, A, A, B])
    ),
    # statuses: an archived 404 or 429 is a capture like any other
    DatedPage(url=f"{HOST}/statuses", at=at(2011), body=A),
    DatedPage(url=f"{HOST}/statuses", at=at(2012), body=b"<p>No such page.</p>", status=404),
    DatedPage(
        url=f"{HOST}/statuses", at=at(2013), body=b"<p>Slow down.</p>", status=429, headers=(("Retry-After", "99"),)
    ),
    # redirects: they are followed inside the archive, never to the live site
    DatedPage(url=f"{HOST}/redirects", at=at(2011), status=301, media_type="", headers=(("Location", "/target"),)),
    DatedPage(url=f"{HOST}/target", at=at(2011, hour=5), body=A),
    DatedPage(url=f"{HOST}/redirects", at=at(2014), status=302, media_type="", headers=(("Location", "/nowhere"),)),
    DatedPage(url=f"{HOST}/redirects", at=at(2017), status=301, media_type="", headers=(("Location", "/target"),)),
    # revisits: a capture that is recorded as a reference to an earlier capture
    DatedPage(url=f"{HOST}/revisits", at=at(2011), body=A),
    DatedPage(url=f"{HOST}/revisits", at=at(2012), revisit=True),
    # labels: a compressed body, and an uncompressed body that is declared as compressed (by a fault below)
    DatedPage(url=f"{HOST}/labels", at=at(2011), body=gzip.compress(A), headers=(("Content-Encoding", "gzip"),)),
    DatedPage(url=f"{HOST}/labels", at=at(2012), body=B),
    # lost: captures that are listed but not returned (because of faults below)
    DatedPage(url=f"{HOST}/lost", at=at(2011), body=A),
    DatedPage(url=f"{HOST}/lost", at=at(2012), body=B),
    DatedPage(url=f"{HOST}/lost", at=at(2013), body=A),
    # long: a listing with several pages
    *(DatedPage(url=f"{HOST}/long", at=at(2011, 1, day), body=policy_page(f"Keep {day}.")) for day in range(1, 8)),
    # dirty: rows that can't be parsed (because of a fault below)
    DatedPage(url=f"{HOST}:80/dirty", at=at(2011), body=A),
]
FAULTS = [
    Fault(r"^/web/20120101000000id_/.*/labels", headers={"Content-Encoding": "gzip"}, times=None),
    # The archive returns the nearest capture instead of the requested capture: directly, or by a redirect.
    Fault(
        r"^/web/20110101000000id_/.*/lost", headers={"Memento-Datetime": "Tue, 01 Jan 2013 00:00:00 GMT"}, times=None
    ),
    Fault(
        r"^/web/20120101000000id_/.*/lost",
        status=302,
        headers={"Location": f"/web/20130101000000id_/{HOST}/lost"},
        times=None,
    ),
    Fault(
        r"^/cdx/.*dirty",
        rows=(
            f"example,kestrelpost)/dirty\t20000800000000\t{HOST}/dirty\ttext/html\t200\tAAAA\t10",
            f"example,kestrelpost)/dirty\t20010101000000\t{HOST}/dirty page\ttext/html\t200\tAAAA\t10",
            f"example,kestrelpost)/dirty\t20110101000000\t{HOST}:80/dirty\ttext/html\t200\tAAAA\t10",
        ),
        times=None,
    ),
]


@dataclass
class Crawled:
    crawler: Crawler
    archive: Archive
    first: CompletedProcess[str]
    second: CompletedProcess[str]
    second_paths: list[str]

    def captures(self, vendor: str) -> tuple[StoredCapture, ...]:
        return self.crawler.captures(vendor)

    def paths(self, text: str) -> list[str]:
        """Returns the requested paths that contain `text`."""
        return [request["path"] for request in self.archive.requests() if text in request["path"]]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("archive")
    warcs = folder / "warcs"
    warcs.mkdir()
    write_warc(warcs / "pages.warc.gz", PAGES)
    crawler = Crawler(folder)
    declare(
        crawler.vendors,
        "moved",
        f"url: {HOST}/moved-old.html; until: 2015-06-01",
        "url: https://www.kestrelpost.example/moved-new?page=privacy; since: 2014-01-01",
    )
    for name in ("flips", "statuses", "redirects", "revisits", "labels", "lost", "long", "dirty", "never"):
        declare(crawler.vendors, name, f"url: {HOST}/{name}")
    with serve_archive(warcs, FAULTS) as archive:
        crawler.wayback_url = archive.url
        first = crawler.crawl("archive", ARCHIVE_LISTING_ROWS="3")
        count = len(archive.requests())
        second = crawler.crawl("archive", ARCHIVE_LISTING_ROWS="3")
        second_paths = [request["path"] for request in archive.requests()[count:]]
        yield Crawled(crawler, archive, first, second, second_paths)


def test_a_successful_crawl_prints_a_summary_line(crawled: Crawled) -> None:
    assert crawled.first.returncode == 0, crawled.first.stderr
    assert crawled.first.stdout == ""
    assert crawled.first.stderr.splitlines()[-1] == (
        "archive: 28 captures found, 27 new (4 quarantined), 0 failed, 1 listed by the archive but not returned, "
        "2 unreadable rows of the archive's list skipped"
    )


def test_a_second_crawl_requests_no_stored_capture(crawled: Crawled) -> None:
    assert crawled.second.returncode == 0
    assert " 0 new (0 quarantined), 0 failed" in crawled.second.stderr
    # A capture that the archive did not return is requested again, because the archive may return it later.
    assert [path for path in crawled.second_paths if path.startswith("/web/")] == [
        f"/web/20120101000000id_/{HOST}/lost"
    ]


def test_captures_from_two_addresses_belong_to_one_policy(crawled: Crawled) -> None:
    first, second = crawled.captures("moved")
    assert (first.capture.captured_at, first.capture.url) == (at(2010), f"{HOST}/moved-old.html")
    assert second.capture.url == "https://kestrelpost.example/moved-new?page=privacy"
    assert first.version_id != second.version_id
    assert None not in (first.version_id, second.version_id)


def test_a_listing_is_limited_to_the_dates_of_the_location(crawled: Crawled) -> None:
    new, old = sorted({path for path in crawled.paths("/cdx/") if "moved" in path})
    assert "from=20140101000000" in new
    assert "to=" not in new
    assert "to=20150531235959" in old
    assert "from=" not in old


def test_a_text_that_comes_back_is_downloaded_once(crawled: Crawled) -> None:
    stored = crawled.captures("flips")
    assert [stored_capture.capture.captured_at.year for stored_capture in stored] == [2010, 2011, 2012, 2013, 2014]
    ids = [stored_capture.version_id for stored_capture in stored]
    assert ids[0] == ids[2] == ids[3]
    assert ids[1] == ids[4] != ids[0]
    assert len(crawled.paths("id_/http://www.kestrelpost.example/flips")) == 2


def test_a_repeated_capture_has_the_media_type_of_the_first(crawled: Crawled) -> None:
    first, *_, third, _, _ = crawled.captures("flips")
    assert third.capture.media_type == first.capture.media_type == "text/html; charset=iso-8859-1"
    assert third.capture.headers == ()
    assert identifiers_of(third.capture)["timestamp"] == "20120101000000"
    assert identifiers_of(third.capture)["digest"] == identifiers_of(first.capture)["digest"]


def test_archived_errors_are_captures_and_are_requested_once(crawled: Crawled) -> None:
    stored = crawled.captures("statuses")
    assert [stored_capture.capture.status for stored_capture in stored] == [200, 404, 429]
    assert [stored_capture.verdict.name for stored_capture in stored] == ["accepted", "quarantined", "quarantined"]
    assert len(crawled.paths("id_/http://www.kestrelpost.example/statuses")) == 3


def test_an_archived_redirect_leads_to_the_archived_target(crawled: Crawled) -> None:
    capture = crawled.captures("redirects")[0].capture
    assert capture.asked_url == f"{HOST}/redirects"
    assert capture.redirects == (f"{HOST}/redirects",)
    assert capture.url == f"{HOST}/target"
    assert capture.captured_at == at(2011, hour=5)
    assert identifiers_of(capture)["timestamp"] == "20110101000000"


def test_a_redirect_without_an_archived_target_is_a_capture(crawled: Crawled) -> None:
    _, to_nowhere, to_another_time = (stored.capture for stored in crawled.captures("redirects"))
    assert (to_nowhere.captured_at, to_nowhere.status, to_nowhere.url) == (at(2014), 302, f"{HOST}/redirects")
    assert (to_another_time.captured_at, to_another_time.status) == (at(2017), 301)


def test_a_revisit_is_a_capture_of_the_payload_it_refers_to(crawled: Crawled) -> None:
    first, second = crawled.captures("revisits")
    assert (first.capture.captured_at, second.capture.captured_at) == (at(2011), at(2012))
    assert first.capture.sha256 == second.capture.sha256
    assert first.version_id == second.version_id


def test_payloads_are_stored_uncompressed_whatever_is_declared(crawled: Crawled) -> None:
    assert [crawled.crawler.payload(stored) for stored in crawled.captures("labels")] == [A, B]


def test_a_capture_of_another_time_is_not_stored(crawled: Crawled) -> None:
    assert at(2012) not in [stored.capture.captured_at for stored in crawled.captures("lost")]
    assert (
        "lost/privacy http://www.kestrelpost.example/lost: the capture of 2012-01-01T00:00:00Z is listed by the "
        "archive, but not returned: "
        "the archive returns its capture of 2013-01-01T00:00:00Z instead"
    ) in crawled.first.stderr


def test_a_lost_capture_is_replaced_by_one_with_the_same_digest(crawled: Crawled) -> None:
    first, second = (stored.capture for stored in crawled.captures("lost"))
    assert (first.captured_at, second.captured_at) == (at(2011), at(2013))
    assert first.sha256 == second.sha256
    assert first.headers == ()


def test_all_pages_of_a_long_listing_are_requested(crawled: Crawled) -> None:
    assert len(crawled.captures("long")) == 7
    assert sum("resumeKey=" in path and "long" in path for path in crawled.paths("/cdx/")) == 4  # in two crawls


def test_malformed_rows_do_not_hide_a_correct_row(crawled: Crawled) -> None:
    (stored,) = crawled.captures("dirty")
    assert stored.capture.url == f"{HOST}:80/dirty"


def test_headers_times_and_identifiers_are_stored(crawled: Crawled) -> None:
    capture = crawled.captures("moved")[0].capture
    assert capture.status == 200
    assert ("Content-Type", "text/html; charset=utf-8") in capture.headers
    assert capture.requested_at is not None
    assert capture.answered_at is not None
    assert capture.requested_at <= capture.answered_at
    assert identifiers_of(capture)["urlkey"] == "example,kestrelpost)/moved-old.html"
    assert identifiers_of(capture)["memento"] == f"{crawled.archive.url}/web/20100101000000id_/{HOST}/moved-old.html"


def test_requests_ask_for_no_compression_and_name_a_contact(crawled: Crawled) -> None:
    for request in crawled.archive.requests():
        assert request["accept_encoding"] == "identity"
        assert request["user_agent"].startswith("clausewatch/")
        assert request["user_agent"].endswith(" (+crawls@kestrelwatch.example)")


def test_since_and_until_limit_the_listing(crawled: Crawled, tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, crawled.archive.url)
    shutil.copytree(crawled.crawler.vendors, crawler.vendors)
    result = crawler.crawl("archive", "vendor=flips,moved", "since=2011", "until=2012-01")
    assert result.stderr == "archive: 2 captures found, 2 new (0 quarantined), 0 failed\n"
    assert [stored.capture.captured_at.year for stored in crawler.captures("flips")] == [2011, 2012]


@needs_shared
def test_real_captures_of_a_moved_policy_are_two_versions(tmp_path: Path) -> None:
    warcs = tmp_path / "warcs"
    warcs.mkdir()
    for name in ("hesk-privacy-policy", "axigen-privacy-policy"):
        shutil.copy(SHARED / "warc" / f"{name}.warc.gz", warcs)
    crawler = Crawler(tmp_path)
    crawler.vendors.mkdir()
    declare(
        crawler.vendors,
        "hesk",
        "url: http://www.hesk.com/privacy.htm; until: 2015-01-01",
        "url: https://www.hesk.com/knowledgebase/index.php?article=78",
    )
    with serve_archive(warcs) as archive:
        crawler.wayback_url = archive.url
        first, second = (crawler.crawl("archive", "vendor=hesk") for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stderr == "archive: 2 captures found, 2 new (0 quarantined), 0 failed\n"
    assert second.stderr == "archive: 2 captures found, 0 new (0 quarantined), 0 failed\n"
    old, new = crawler.captures("hesk")
    assert (old.capture.url, new.capture.url) == (
        "http://www.hesk.com/privacy.htm",
        "http://www.hesk.com/knowledgebase/index.php?article=78",
    )
    assert old.version_id != new.version_id
    assert None not in (old.version_id, new.version_id)
