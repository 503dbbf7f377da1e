"""Troubles of the archive's own, each injected into a real one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from tests.servers.archive import Crawler, declare, policy_page

ADDRESS = "http://www.kestrelpost.example/privacy"
NO_SNAPSHOTS = "<html><body>The archive holds no snapshots of this address.</body></html>"


@contextmanager
def archive_with(folder: Path, *faults: Fault, captures: int = 8) -> Iterator[tuple[Crawler, Archive]]:
    """An archive with some captures of one policy, each of another text, and a crawler that looks there."""
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


def test_troubles_of_all_kinds_and_then_nothing_end_the_crawl_with_a_clear_message_and_all_got_until_then_stored(
    tmp_path: Path,
) -> None:
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
        asked_at = [request["at"] for request in archive.requests()]
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    *_, failure, summary = done.stderr.splitlines()
    assert failure == (
        f"failed: {archive.url}: the archive did not answer 5 times in a row, last: connection refused; "
        "the next crawl goes on from here"
    )
    stored = crawler.captures("kestrel")
    assert 0 < len(stored) < 8
    left = 8 - len(stored)
    assert summary == (
        f"archive: 8 captures found, {len(stored)} new, 0 quarantined, 1 failed, {left} left for the next crawl"
    )
    # Nothing that was cut off, or was the archive's own page, is stored as the capture.
    for one in stored:
        year = one.capture.captured_at.year
        assert crawler.payload(one) == policy_page(f"We keep letters {year - 2010} days.")
    assert paths[0].startswith("/cdx/")
    assert asked_at[1] - asked_at[0] >= 1


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


def test_one_capture_that_never_comes_whole_does_not_keep_the_others_away(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/web/2011", truncated_gzip=True, times=None), captures=4) as (crawler, _):
        done = crawler.crawl("archive")
    assert done.returncode == 1
    assert f"failed: kestrel/privacy {ADDRESS} at 20110101000000: the answer is cut off" in done.stderr
    assert [one.capture.captured_at.year for one in crawler.captures("kestrel")] == [2010, 2012, 2013]


def test_an_archive_that_asks_to_be_left_alone_for_long_is_left_alone(tmp_path: Path) -> None:
    with archive_with(tmp_path, Fault("^/cdx/", status=429, headers={"Retry-After": "7200"})) as (crawler, archive):
        began = time.monotonic()
        done = crawler.crawl("archive")
        assert time.monotonic() - began < 20
        assert len(archive.requests()) == 1
    assert done.returncode == 1
    assert "the archive asks to be left alone until 20" in done.stderr


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (
            403,
            "org.archive.wayback.exception.RobotAccessControlException: Blocked By Robots",
            "the archive withholds this site, at the site's request",
        ),
        (400, "bad query", "the archive answers with status 400"),
    ],
)
def test_a_refused_listing_is_a_failure_and_is_not_asked_for_again(
    tmp_path: Path, status: int, body: str, why: str
) -> None:
    with archive_with(tmp_path, Fault("^/cdx/", status=status, body=body, times=None)) as (crawler, archive):
        done = crawler.crawl("archive")
        assert len(archive.requests()) == 1
    assert done.returncode == 1
    assert f"failed: kestrel/privacy {ADDRESS}: listing: {why}\n" in done.stderr


def test_an_archive_that_is_not_there_is_a_failure_not_an_empty_history(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path)
    declare(crawler.vendors, "kestrel", f"url: {ADDRESS}")
    done = crawler.crawl("archive", ARCHIVE_STRIKES="2")
    assert done.returncode == 1
    assert "the archive did not answer 2 times in a row, last: connection refused" in done.stderr
