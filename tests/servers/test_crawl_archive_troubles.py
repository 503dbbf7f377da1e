"""Problems that users of the Wayback Machine report. Each problem is simulated by the loopback archive.

Oddities of the archived data are tested in test_crawl_archive.py. Problems that concern all crawls of a machine are
tested in test_crawl_archive_budget.py.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler import settings
from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from tests.servers.archive import Crawler, declare, policy_page

ADDRESS = "http://www.kestrelpost.example/privacy"
NO_SNAPSHOTS = "<html><body>The archive holds no snapshots of this address.</body></html>"


GATEWAY = "<html><head><title>502 Bad Gateway</title></head></html>"
ROBOTS = "org.archive.wayback.exception.RobotAccessControlException: Blocked By Robots"
ADMINISTRATIVE = "org.archive.wayback.exception.AdministrativeAccessControlException: Blocked Site Error"
LISTENING = """
from os import listdir, path, readlink
from pathlib import Path
own = {readlink(f"/proc/self/fd/{fd}") for fd in listdir("/proc/self/fd") if path.exists(f"/proc/self/fd/{fd}")}
rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/self/net", name).read_text().splitlines()]
print("listening:", sum(row[3] == "0A" and f"socket:[{row[9]}]" in own for row in rows))
"""
WITHHELD = "the archive withholds this site, at the site's request"


@contextmanager
def archive_with(folder: Path, *faults: Fault, captures: int = 8) -> Iterator[tuple[Crawler, Archive]]:
    """Yields a crawler, and an archive with captures of one policy. Each capture has a different text."""
    warcs = folder / "warcs"
    warcs.mkdir()
    pages = (
        DatedPage(url=ADDRESS, at=datetime(2010 + n, 1, 1, tzinfo=UTC), body=policy_page(f"We keep letters {n} days."))
        for n in range(captures)
    )
    write_warc(warcs / "pages.warc.gz", pages)
    crawler = Crawler(folder)
    declare(crawler.vendors, "kestrel", f"url: {ADDRESS}")
    with serve_archive(warcs, faults) as archive:
        crawler.wayback_url = archive.url
        yield crawler, archive


def test_lasting_errors_end_the_crawl_and_stored_captures_stay(tmp_path: Path) -> None:
    faults = (
        Fault("^/cdx/", status=429, headers={"Retry-After": "1"}),
        Fault("^/cdx/", status=429),
        Fault("^/web/2010", status=503),
        Fault("^/web/2011", truncated_gzip=True),
        Fault("^/web/2012", status=200, body=NO_SNAPSHOTS, headers={"Content-Type": "text/html"}),
        Fault("^/web/", skip=6, quit=True),
    )
    with archive_with(tmp_path, *faults) as (crawler, archive):
        result = crawler.crawl("archive", ARCHIVE_STRIKES="5")
        paths = [request["path"] for request in archive.requests()]
        times = [request["at"] for request in archive.requests()]
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    *_, failure, summary = result.stderr.splitlines()
    assert failure == (
        f"failed: {archive.url}: 5 requests in a row have failed; the last error: connection refused; "
        "the next crawl continues where this one stopped"
    )
    stored = crawler.captures("kestrel")
    assert 0 < len(stored) < 8
    left = 8 - len(stored)
    assert summary == (
        f"archive: 8 captures found, {len(stored)} new (0 quarantined), 1 failed, {left} left for the next crawl"
    )
    # No capture is made from a body that was cut off, or from a page that is the archive's own.
    for stored_capture in stored:
        year = stored_capture.capture.captured_at.year
        assert crawler.payload(stored_capture) == policy_page(f"We keep letters {year - 2010} days.")
    assert paths[0].startswith("/cdx/")
    assert times[1] - times[0] >= 1


def test_after_temporary_errors_everything_is_stored(tmp_path: Path) -> None:
    faults = (
        Fault("^/cdx/", status=200, body=NO_SNAPSHOTS),
        Fault("^/cdx/", status=200, body=""),
        Fault("^/web/2010", drop=True),
        Fault("^/web/2011", short=True),
        Fault("^/web/2012", status=504),
        Fault("^/web/2013", status=599),
    )
    with archive_with(tmp_path, *faults) as (crawler, _):
        result = crawler.crawl("archive")
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[-1] == "archive: 8 captures found, 8 new (0 quarantined), 0 failed"


def test_a_capture_that_is_always_cut_off_does_not_delay_others(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/web/2011", truncated_gzip=True, times=None), captures=4) as (crawler, _):
        result = crawler.crawl("archive")
    assert result.returncode == 3
    assert f"kestrel/privacy {ADDRESS}: the capture of 2011-01-01T00:00:00Z: the answer is cut off" in result.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2010, 2012, 2013]


def test_the_crawl_ends_if_the_archive_asks_for_a_long_break(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/cdx/", status=429, headers={"Retry-After": "7200"})) as (crawler, archive):
        began = time.monotonic()
        result = crawler.crawl("archive")
        assert time.monotonic() - began < 20
        assert len(archive.requests()) == 1
    assert result.returncode == 1
    assert "the archive asks for no more requests until 20" in result.stderr


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    """The Wayback Machine sends 429 with or without Retry-After. Scrapy's own retries ignore Retry-After."""
    with archive_with(tmp_path, Fault("^/cdx/", status=429, headers={"Retry-After": "2"})) as (crawler, archive):
        result = crawler.crawl("archive")
        refused_at, retried_at, *_ = [request["at"] for request in archive.requests()]
    assert result.returncode == 0
    assert retried_at - refused_at >= 2


def test_after_a_429_without_retry_after_the_crawl_pauses_a_minute(tmp_path: Path) -> None:
    """If a client sends requests for a minute after a 429, the archive blocks the client's address for an hour."""
    with archive_with(tmp_path, Fault("^/web/2013", status=429)) as (crawler, archive):
        result = crawler.crawl("archive", ARCHIVE_BACKOFF_429="2")  # instead of 60
        requests = archive.requests()
    assert result.returncode == 0
    refused = next(request["at"] for request in requests if "/web/2013" in request["path"])
    # Requests that were under way may arrive up to a second after the refusal. No request is sent after the refusal.
    assert not [request for request in requests if refused + 1 < request["at"] < refused + 2]
    assert len(requests) == 1 + 8 + 1


@pytest.mark.parametrize("status", [502, 503, 504, 599])
def test_requests_are_sent_again_after_server_errors(tmp_path: Path, status: int) -> None:
    """Server errors of the archive pass within seconds or minutes.

    A capture must not be given up because of such an error, and the error page must not be stored as the capture.
    """
    faults = [Fault(where, status=status, body=GATEWAY) for where in ("^/cdx/", "^/web/2010", "^/web/2012")]
    with archive_with(tmp_path, *faults, captures=4) as (crawler, archive):
        result = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 4 + 3
    assert result.returncode == 0
    assert result.stderr.splitlines()[-1] == "archive: 4 captures found, 4 new (0 quarantined), 0 failed"


def test_pages_of_the_index_are_requested_only_by_resume_key(tmp_path: Path) -> None:
    """If pages are requested with `page=`, the index omits rows between two pages, without an error."""
    with archive_with(tmp_path) as (crawler, archive):
        result = crawler.crawl("archive", ARCHIVE_LISTING_ROWS="3")
        queries = [
            parse_qs(urlsplit(request["path"]).query) for request in archive.requests() if "/cdx/" in request["path"]
        ]
    assert result.returncode == 0
    assert ["resumeKey" in query for query in queries] == [False, True, True]
    assert all({"page", "pageSize", "showNumPages", "offset"}.isdisjoint(query) for query in queries)
    assert len(crawler.captures("kestrel")) == 8


@pytest.mark.parametrize("keys", [("same", "same"), ("one", "two", "one")])
def test_a_listing_that_does_not_advance_starts_over_next_time(tmp_path: Path, keys: tuple[str, ...]) -> None:
    """An index may send the same resume key again and again, or may no longer know the key from an earlier crawl."""
    fields = '["urlkey","timestamp","original","mimetype","statuscode","digest","length"]'
    stuck = [Fault("^/cdx/", status=200, body=f'[{fields},[],["{key}"]]') for key in keys]
    with archive_with(tmp_path, *stuck) as (crawler, archive):
        result = crawler.crawl("archive")
        second = crawler.crawl("archive")
        assert "resumeKey" not in archive.requests()[len(keys)]["path"]
    assert result.returncode == 1
    assert "the archive's list of captures repeats itself; run this crawl again later" in result.stderr
    assert second.returncode == 0
    assert len(crawler.captures("kestrel")) == 8


def test_a_capture_that_is_not_returned_is_tried_by_the_next_crawl(tmp_path: Path) -> None:
    """The archive may have lost a capture that its index lists. A lost capture is not a failure of the crawl."""
    with archive_with(tmp_path, Fault("^/web/2011", status=404), captures=3) as (crawler, archive):
        first, second = (crawler.crawl("archive") for _ in range(2))
        replays = [request["path"][:9] for request in archive.requests() if "/web/" in request["path"]]
    assert (first.returncode, second.returncode) == (0, 0)
    assert ", 2 new (0 quarantined), 0 failed, 1 listed by the archive but not returned" in first.stderr
    assert " 1 new (0 quarantined), 0 failed\n" in second.stderr
    assert sorted(replays) == ["/web/2010", "/web/2011", "/web/2011", "/web/2012"]


def test_a_revisit_of_a_lost_record_does_not_end_the_crawl(tmp_path: Path) -> None:
    """If a revisit refers to a lost record, the archive answers with 503, as it also does if it is overloaded."""
    revisit = f"example,kestrelpost)/privacy\t20160101000000\t{ADDRESS}\twarc/revisit\t-\tLOST\t10"
    faults = Fault("^/cdx/", rows=(revisit,)), Fault("^/web/2016", status=503, times=None)
    with archive_with(tmp_path, *faults, captures=2) as (crawler, archive):
        result = crawler.crawl("archive")
        tries = sum("/web/2016" in request["path"] for request in archive.requests())
    assert result.returncode == 0, result.stderr
    assert (
        "the capture of 2016-01-01T00:00:00Z is listed by the archive, but not returned: every try "
        "has failed; the last error: status 503" in result.stderr
    )
    assert (
        "3 captures found, 2 new (0 quarantined), 0 failed, 1 listed by the archive but not returned" in result.stderr
    )
    assert tries == 3


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (403, ROBOTS, WITHHELD),
        (403, ADMINISTRATIVE, WITHHELD),
        (400, "bad query", "the archive answers with status 400"),
    ],
)
def test_a_refused_listing_is_a_failure_and_is_not_requested_again(
    tmp_path: Path, status: int, body: str, why: str
) -> None:
    """If robots.txt excludes a site, or if the archive withholds it, the response names a Java exception."""
    with archive_with(tmp_path, Fault("^/cdx/", status=status, body=body, times=None)) as (crawler, archive):
        result = crawler.crawl("archive")
        assert len(archive.requests()) == 1
    assert result.returncode == 1
    assert f"failed: kestrel/privacy {ADDRESS}: {why}\n" in result.stderr


@pytest.mark.parametrize("body", [ROBOTS, ADMINISTRATIVE])
def test_a_withheld_capture_is_logged_and_not_requested_again(tmp_path: Path, body: str) -> None:
    with archive_with(tmp_path, Fault("^/web/2010", status=403, body=body, times=None), captures=2) as (
        crawler,
        archive,
    ):
        result = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 2
    assert result.returncode == 0
    assert (
        f"the capture of 2010-01-01T00:00:00Z is listed by the archive, but not returned: {WITHHELD}" in result.stderr
    )
    assert len(crawler.captures("kestrel")) == 1


def test_unusual_rows_of_the_index_are_parsed(tmp_path: Path) -> None:
    """A revisit has the status `-`, the addresses of old captures contain a port, and a row may be listed twice."""
    rows = [f"example,kestrelpost)/privacy\t20120101000000\t{ADDRESS}\twarc/revisit\t-\tABC\t10"] * 2
    rows.append(
        "example,kestrelpost)/privacy\t20110101000000\thttp://www.kestrelpost.example:80/privacy\t-\t200\tDEF\t1"
    )
    with archive_with(tmp_path, Fault("^/cdx/", rows=tuple(rows)), captures=3) as (crawler, archive):
        result = crawler.crawl("archive")
        replays = [request["path"] for request in archive.requests() if "/web/" in request["path"]]
    assert result.returncode == 0, result.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2010, 2011, 2012]
    assert len(replays) == len(set(replays)) == 3
    assert "/web/20110101000000id_/http://www.kestrelpost.example:80/privacy" in replays


def test_an_uncompressed_body_declared_as_gzip_is_stored(tmp_path: Path) -> None:
    """The archive declares some bodies as gzip even if no compression is requested. Scrapy would drop these bodies."""
    wrong_header = Fault("^/web/2010", headers={"Content-Encoding": "gzip"})
    with archive_with(tmp_path, wrong_header, captures=1) as (crawler, archive):
        result = crawler.crawl("archive")
        assert {request["accept_encoding"] for request in archive.requests()} == {"identity"}
    assert result.returncode == 0
    (stored,) = crawler.captures("kestrel")
    assert crawler.payload(stored) == policy_page("We keep letters 0 days.")


@pytest.mark.parametrize(
    "nearest",
    [
        Fault("^/web/2010", headers={"Memento-Datetime": "Sat, 01 Jan 2011 00:00:00 GMT"}),
        Fault("^/web/2010", status=302, headers={"Location": f"/web/20110101000000id_/{ADDRESS}"}),
    ],
)
def test_the_nearest_capture_does_not_replace_a_lost_capture(tmp_path: Path, nearest: Fault) -> None:
    """In place of a lost capture, the archive returns a capture from another day, or redirects to that capture."""
    with archive_with(tmp_path, nearest, captures=2) as (crawler, archive):
        result = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 2
    assert result.returncode == 0
    assert "the archive returns its capture of 2011-01-01T00:00:00Z instead" in result.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2011]


def test_a_running_crawl_listens_on_no_port(tmp_path: Path) -> None:
    """By default, Scrapy 2.19 opens a port through which another user of the machine can run code, with a token."""
    with archive_with(tmp_path, captures=2) as (crawler, archive):
        result = crawler.crawl("archive", at=30, then=LISTENING)
        assert len(archive.requests()) == 1 + 2
    assert result.stdout == "listening: 0\n"


def test_items_are_processed_one_at_a_time() -> None:
    """With 100 concurrent items, throughput halves: the items wait in memory for the single storing thread."""
    assert settings.CONCURRENT_ITEMS == 1


def test_an_unreachable_archive_is_a_failure(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path)
    declare(crawler.vendors, "kestrel", f"url: {ADDRESS}")
    result = crawler.crawl("archive", ARCHIVE_STRIKES="2")
    assert result.returncode == 1
    assert "2 requests in a row have failed; the last error: connection refused" in result.stderr


def test_a_redirect_to_a_long_address_does_not_hold_the_crawl(tmp_path: Path) -> None:
    """Scrapy drops requests for addresses of more than 2,083 characters without a word to the spider."""
    headers: dict[str, str | None] = {
        "Memento-Datetime": "Fri, 01 Jan 2010 00:00:00 GMT",
        "Location": f"{ADDRESS}?{'a' * 3_000}",
    }
    with archive_with(tmp_path, Fault("^/web/2010", status=302, headers=headers), captures=2) as (crawler, archive):
        result = crawler.crawl("archive")
        assert any(len(request["path"]) > 3_000 for request in archive.requests())
    assert result.returncode == 0, result.stderr
    assert [stored.capture.status for stored in crawler.captures("kestrel")] == [302, 200]


# The functions that fail, and for which vendor. Each of them is called in another part of the crawl.
UNEXPECTED = """
from crawler.archive_crawl.replay import ReplayPart
from intake.service import Intake
def failing(function, vendor):
    def fails_for_one_vendor(self, *arguments, **keywords):
        if vendor in repr((arguments, keywords)):
            raise KeyError("unexpected")
        return function(self, *arguments, **keywords)
    return fails_for_one_vendor
Intake.reextract = failing(Intake.reextract, "a-begun")
ReplayPart.parse_replay = failing(ReplayPart.parse_replay, "a-answered")
ReplayPart.note_stored = failing(ReplayPart.note_stored, "a-stored")
"""


def test_an_unexpected_exception_fails_one_policy_only(tmp_path: Path) -> None:
    names = ("a-answered", "a-begun", "a-stored")
    with archive_with(tmp_path, captures=2) as (crawler, _):
        for name in names:
            declare(crawler.vendors, name, f"url: {ADDRESS}")
        result = crawler.crawl("archive", at=1, then=UNEXPECTED)
    failed = [line for line in result.stderr.splitlines() if line.startswith("failed: ")]
    assert sorted(failed) == [
        f"failed: {name}/privacy: an error in clausewatch itself; see the log above" for name in names
    ]
    assert result.returncode == 1
    assert len(crawler.captures("kestrel")) == 2
