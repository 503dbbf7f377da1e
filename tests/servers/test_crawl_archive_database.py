"""The database fails in the middle of a crawl. Stored captures stay stored, and the next crawl continues."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.policies import PolicyKey
from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from storage import Store
from tests.servers import crawl_process
from tests.servers.archive import Crawler, declare, policy_page

ADDRESS = "http://www.kestrelpost.example/privacy"
CAPTURES = 30
# At this moment (see crawl_process) some captures are stored and some are not.
MIDDLE = 80

LOCKED = """
import sqlite3
from intake.service import Intake
keep = Intake.keep_unread
holder = sqlite3.connect({path!r}, timeout=30, check_same_thread=False)
def keep_locked_out(*arguments):
    holder.in_transaction or holder.execute("BEGIN IMMEDIATE")
    return keep(*arguments)
Intake.keep_unread = keep_locked_out
"""
CONNECTION_LOST = """
import psycopg
from storage.payloads import packing
put = packing.put
def put_and_lose(*arguments):
    put(*arguments)
    with psycopg.connect({url!r}, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                       "WHERE datname = current_database() AND pid <> pg_backend_pid()")
packing.put = put_and_lose
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("warcs")
    pages = (
        DatedPage(url=ADDRESS, at=datetime(1990 + n, 1, 1, tzinfo=UTC), body=policy_page(f"We keep letters {n} days."))
        for n in range(CAPTURES)
    )
    write_warc(folder / "pages.warc.gz", pages)
    with serve_archive(folder) as archive:
        yield archive


@pytest.fixture
def crawler(tmp_path: Path, archive: Archive) -> Crawler:
    declare(tmp_path / "vendors", "kestrel", f"url: {ADDRESS}")
    return Crawler(tmp_path, archive.url)


def check_failing_database(crawler: Crawler, archive: Archive, then: str, message: str) -> None:
    """Runs a crawl during which the database fails, and then a crawl without a failure.

    then: the Python code that makes the database fail.
    message: the message expected from the first crawl.
    """
    before = len(archive.requests())
    result = crawler.crawl("archive", at=MIDDLE, then=then)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    failure, summary = result.stderr.splitlines()[-2:]
    assert failure.startswith("failed: the crawl ended early: ")
    assert message in failure
    assert "everything stored before is still there" in failure
    stored = len(crawler.captures("kestrel"))
    assert 0 < stored < CAPTURES
    # A capture that was stored but, because of the failure, not read is not counted as new.
    assert f" {stored} new (" in summary or f" {stored - 1} new (" in summary
    second = crawler.crawl("archive")
    assert second.returncode == 0, second.stderr
    assert second.stderr == f"archive: {CAPTURES} captures found, {CAPTURES - stored} new (0 quarantined), 0 failed\n"
    assert [stored_capture.verdict.name for stored_capture in crawler.captures("kestrel")] == ["accepted"] * CAPTURES
    # The index is listed only once, and only the replays that were under way are requested again.
    requests = archive.requests()[before:]
    assert sum(request["path"].startswith("/cdx/") for request in requests) == 1
    assert len(requests) <= 1 + CAPTURES + 8


def test_a_full_disk_ends_the_crawl_without_loss(crawler: Crawler, archive: Archive) -> None:
    check_failing_database(
        crawler, archive, crawl_process.DISK_FULL, "its disk is full: free space on the disk and run this again"
    )


def test_a_locked_sqlite_file_ends_the_crawl_without_loss(crawler: Crawler, archive: Archive) -> None:
    path = str(crawler.folder / "store.db")
    crawler.database = f"sqlite:///{path}?timeout=0.5"
    check_failing_database(
        crawler,
        archive,
        LOCKED.format(path=path),
        "is locked by another process: run this again when the other process is done",
    )


def test_a_lost_connection_ends_the_crawl_without_loss(crawler: Crawler, archive: Archive, postgresql_url: str) -> None:
    crawler.database = postgresql_url
    check_failing_database(
        crawler,
        archive,
        CONNECTION_LOST.format(url=postgresql_url),
        "the connection was lost: check that the server runs",
    )


def test_two_crawls_at_once_store_everything_once(crawler: Crawler, archive: Archive, database_url: str) -> None:
    crawler.database = database_url
    with ThreadPoolExecutor(2) as pool:
        crawls = [pool.submit(crawler.crawl, "archive", ARCHIVE_LISTING_ROWS="9") for _ in range(2)]
        for crawl in crawls:
            assert crawl.result().returncode == 0, crawl.result().stderr
    stored = crawler.captures("kestrel")
    assert [stored_capture.capture.captured_at.year for stored_capture in stored] == [1990 + n for n in range(CAPTURES)]
    assert {stored_capture.verdict.name for stored_capture in stored} == {"accepted"}
    with Store.open(database_url) as store:
        assert store.archive_listings.count_to_fetch(PolicyKey("kestrel", "privacy"), "wayback") == 0
