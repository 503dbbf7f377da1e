"""Troubles that users of the Wayback Machine report, each injected into the answers of a real archive (pywb).

Oddities of the archived data are in test_crawl_archive.py. Troubles that concern all crawls of a machine are in
test_crawl_archive_budget.py.
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
    """Yields an archive that holds captures of one policy, each with another text, and a crawler that uses it."""
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


def test_troubles_that_last_end_the_crawl_and_what_it_fetched_stays(tmp_path: Path) -> None:
    faults = (
        Fault("^/cdx/", status=429, headers={"Retry-After": "1"}),
        Fault("^/cdx/", status=429),
        Fault("^/web/2010", status=503),
        Fault("^/web/2011", truncated_gzip=True),
        Fault("^/web/2012", status=200, body=NO_SNAPSHOTS, headers={"Content-Type": "text/html"}),
        Fault("^/web/", skip=6, quit=True),
    )
    with archive_with(tmp_path, *faults) as (crawler, archive):
        done = crawler.crawl("archive", ARCHIVE_STRIKES="5")
        paths = [request["path"] for request in archive.requests()]
        times = [request["at"] for request in archive.requests()]
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    *_, failure, summary = done.stderr.splitlines()
    assert failure == (
        f"failed: {archive.url}: the archive failed to answer 5 times in a row; the last error: connection refused; "
        "the next crawl continues where this one stopped"
    )
    stored = crawler.captures("kestrel")
    assert 0 < len(stored) < 8
    left = 8 - len(stored)
    assert summary == (
        f"archive: 8 captures found, {len(stored)} new, 0 quarantined, 1 failed, {left} left for the next crawl"
    )
    # Neither a body that was cut off nor a page of the archive's own is stored as a capture.
    for each in stored:
        year = each.capture.captured_at.year
        assert crawler.payload(each) == policy_page(f"We keep letters {year - 2010} days.")
    assert paths[0].startswith("/cdx/")
    assert times[1] - times[0] >= 1


def test_after_passing_troubles_everything_is_stored(tmp_path: Path) -> None:
    faults = (
        Fault("^/cdx/", status=200, body=NO_SNAPSHOTS),
        Fault("^/cdx/", status=200, body=""),
        Fault("^/web/2010", drop=True),
        Fault("^/web/2011", short=True),
        Fault("^/web/2012", status=504),
        Fault("^/web/2013", status=599),
    )
    with archive_with(tmp_path, *faults) as (crawler, _):
        done = crawler.crawl("archive")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "archive: 8 captures found, 8 new, 0 quarantined, 0 failed"


def test_a_capture_that_is_always_cut_off_does_not_hold_others_up(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/web/2011", truncated_gzip=True, times=None), captures=4) as (crawler, _):
        done = crawler.crawl("archive")
    assert done.returncode == 1
    assert f"failed: kestrel/privacy {ADDRESS} at 20110101000000: the answer is cut off" in done.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2010, 2012, 2013]


def test_an_archive_that_asks_to_be_left_alone_for_long_is_left_alone(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/cdx/", status=429, headers={"Retry-After": "7200"})) as (crawler, archive):
        began = time.monotonic()
        done = crawler.crawl("archive")
        assert time.monotonic() - began < 20
        assert len(archive.requests()) == 1
    assert done.returncode == 1
    assert "the archive asks for no more requests until 20" in done.stderr


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    """The Wayback Machine sends 429 with and without Retry-After, which Scrapy's own retries ignore."""
    with archive_with(tmp_path, Fault("^/cdx/", status=429, headers={"Retry-After": "2"})) as (crawler, archive):
        done = crawler.crawl("archive")
        refused, again, *_ = [request["at"] for request in archive.requests()]
    assert done.returncode == 0
    assert again - refused >= 2


def test_after_a_429_without_retry_after_the_crawl_pauses_a_minute(tmp_path: Path) -> None:
    """Requests that go on for a minute after a 429 bring a block of an hour."""
    with archive_with(tmp_path, Fault("^/web/2013", status=429)) as (crawler, archive):
        done = crawler.crawl("archive", ARCHIVE_BACKOFF_429="2")  # instead of 60
        requests = archive.requests()
    assert done.returncode == 0
    refused = next(request["at"] for request in requests if "/web/2013" in request["path"])
    # Requests that were under way may arrive up to a second after the refusal. None was sent after it.
    assert not [request for request in requests if refused + 1 < request["at"] < refused + 2]
    assert len(requests) == 1 + 8 + 1


@pytest.mark.parametrize("status", [502, 503, 504, 599])
def test_requests_are_sent_again_after_server_errors(tmp_path: Path, status: int) -> None:
    """They pass within seconds or minutes.

    A capture must not be given up because of one, and the error page must not be stored as the capture.
    """
    faults = [Fault(where, status=status, body=GATEWAY) for where in ("^/cdx/", "^/web/2010", "^/web/2012")]
    with archive_with(tmp_path, *faults, captures=4) as (crawler, archive):
        done = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 4 + 3
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "archive: 4 captures found, 4 new, 0 quarantined, 0 failed"


def test_pages_of_the_index_are_requested_by_resume_keys_alone(tmp_path: Path) -> None:
    """With `page=`, the index drops rows at the edges of pages, so that captures are lost silently."""
    with archive_with(tmp_path) as (crawler, archive):
        done = crawler.crawl("archive", ARCHIVE_LISTING_ROWS="3")
        queries = [parse_qs(urlsplit(each["path"]).query) for each in archive.requests() if "/cdx/" in each["path"]]
    assert done.returncode == 0
    assert ["resumeKey" in query for query in queries] == [False, True, True]
    assert all({"page", "pageSize", "showNumPages", "offset"}.isdisjoint(query) for query in queries)
    assert len(crawler.captures("kestrel")) == 8


def test_a_listing_that_gets_stuck_starts_over_in_the_next_crawl(tmp_path: Path) -> None:
    """An index can give the same resume key for ever, or forget a key that an earlier crawl was given."""
    stuck = '[["urlkey","timestamp","original","mimetype","statuscode","digest","length"],[],["same"]]'
    with archive_with(tmp_path, Fault("^/cdx/", status=200, body=stuck, times=2)) as (crawler, archive):
        done = crawler.crawl("archive")
        again = crawler.crawl("archive")
        assert "resumeKey" not in archive.requests()[2]["path"]
    assert done.returncode == 1
    assert "the archive's index sent the same resume key twice" in done.stderr
    assert again.returncode == 0
    assert len(crawler.captures("kestrel")) == 8


def test_an_unplayable_capture_is_counted_and_tried_by_the_next_crawl(tmp_path: Path) -> None:
    """The archive may have lost a capture that its index lists. That is no failure of the crawl."""
    with archive_with(tmp_path, Fault("^/web/2011", status=404), captures=3) as (crawler, archive):
        first, second = (crawler.crawl("archive") for _ in range(2))
        replays = [request["path"][:9] for request in archive.requests() if "/web/" in request["path"]]
    assert (first.returncode, second.returncode) == (0, 0)
    assert ", 2 new, 0 quarantined, 0 failed, 1 listed by the archive but not returned" in first.stderr
    assert " 1 new, 0 quarantined, 0 failed\n" in second.stderr
    assert sorted(replays) == ["/web/2010", "/web/2011", "/web/2011", "/web/2012"]


def test_a_dangling_revisit_is_unplayable_and_holds_nothing_up(tmp_path: Path) -> None:
    """If the record that a revisit refers to is lost, the archive answers with 503, as it does if overloaded."""
    revisit = f"example,kestrelpost)/privacy\t20160101000000\t{ADDRESS}\twarc/revisit\t-\tLOST\t10"
    faults = Fault("^/cdx/", rows=(revisit,)), Fault("^/web/2016", status=503, times=None)
    with archive_with(tmp_path, *faults, captures=2) as (crawler, archive):
        done = crawler.crawl("archive")
        tries = sum("/web/2016" in request["path"] for request in archive.requests())
    assert done.returncode == 0, done.stderr
    assert "at 20160101000000: the archive answered every try with an error; the last error: status 503" in done.stderr
    assert "3 captures found, 2 new, 0 quarantined, 0 failed, 1 listed by the archive but not returned" in done.stderr
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
    """For a site that robots.txt excludes, or that the archive withholds, the answer names a Java exception."""
    with archive_with(tmp_path, Fault("^/cdx/", status=status, body=body, times=None)) as (crawler, archive):
        done = crawler.crawl("archive")
        assert len(archive.requests()) == 1
    assert done.returncode == 1
    assert f"failed: kestrel/privacy {ADDRESS}: listing: {why}\n" in done.stderr


@pytest.mark.parametrize("body", [ROBOTS, ADMINISTRATIVE])
def test_a_withheld_capture_is_logged_and_not_requested_again(tmp_path: Path, body: str) -> None:
    with archive_with(tmp_path, Fault("^/web/2010", status=403, body=body, times=None), captures=2) as (
        crawler,
        archive,
    ):
        done = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 2
    assert done.returncode == 0
    assert f"at 20100101000000: {WITHHELD}" in done.stderr
    assert len(crawler.captures("kestrel")) == 1


def test_odd_rows_of_the_index_are_read(tmp_path: Path) -> None:
    """A revisit has the status `-`, old captures have a port in their address, and rows can be listed twice."""
    rows = [f"example,kestrelpost)/privacy\t20120101000000\t{ADDRESS}\twarc/revisit\t-\tABC\t10"] * 2
    rows.append(
        "example,kestrelpost)/privacy\t20110101000000\thttp://www.kestrelpost.example:80/privacy\t-\t200\tDEF\t1"
    )
    with archive_with(tmp_path, Fault("^/cdx/", rows=tuple(rows)), captures=3) as (crawler, archive):
        done = crawler.crawl("archive")
        replays = [request["path"] for request in archive.requests() if "/web/" in request["path"]]
    assert done.returncode == 0, done.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2010, 2011, 2012]
    assert len(replays) == len(set(replays)) == 3
    assert "/web/20110101000000id_/http://www.kestrelpost.example:80/privacy" in replays


def test_a_plain_body_that_is_labelled_gzip_is_read(tmp_path: Path) -> None:
    """The archive labels some bodies so even if uncompressed ones are requested. Scrapy would drop them."""
    false = Fault("^/web/2010", headers={"Content-Encoding": "gzip"})
    with archive_with(tmp_path, false, captures=1) as (crawler, archive):
        done = crawler.crawl("archive")
        assert {request["accept_encoding"] for request in archive.requests()} == {"identity"}
    assert done.returncode == 0
    (stored,) = crawler.captures("kestrel")
    assert crawler.payload(stored) == policy_page("We keep letters 0 days.")


@pytest.mark.parametrize(
    "nearest",
    [
        Fault("^/web/2010", headers={"Memento-Datetime": "Sat, 01 Jan 2011 00:00:00 GMT"}),
        Fault("^/web/2010", status=302, headers={"Location": f"/web/20110101000000id_/{ADDRESS}"}),
    ],
)
def test_the_nearest_capture_is_not_taken_for_a_lost_one(tmp_path: Path, nearest: Fault) -> None:
    """Instead of a capture that it has lost, the archive gives another day's, or redirects to it."""
    with archive_with(tmp_path, nearest, captures=2) as (crawler, archive):
        done = crawler.crawl("archive")
        assert len(archive.requests()) == 1 + 2
    assert done.returncode == 0
    assert "the archive returns its capture of 2011-01-01T00:00:00Z instead" in done.stderr
    assert [stored.capture.captured_at.year for stored in crawler.captures("kestrel")] == [2011]


def test_a_running_crawl_listens_on_no_port(tmp_path: Path) -> None:
    """By default, Scrapy 2.19 opens a port through which a user of the machine who has its token can run code."""
    with archive_with(tmp_path, captures=2) as (crawler, archive):
        done = crawler.crawl("archive", at=30, then=LISTENING)
        assert len(archive.requests()) == 1 + 2
    assert done.stdout == "listening: 0\n"


def test_captures_are_handed_to_the_store_one_after_the_other() -> None:
    """With 100 items at once, throughput halves: they wait in memory for the one thread that stores."""
    assert settings.CONCURRENT_ITEMS == 1


def test_an_unreachable_archive_is_a_failure_not_an_empty_history(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path)
    declare(crawler.vendors, "kestrel", f"url: {ADDRESS}")
    done = crawler.crawl("archive", ARCHIVE_STRIKES="2")
    assert done.returncode == 1
    assert "the archive failed to answer 2 times in a row; the last error: connection refused" in done.stderr
