"""All crawls of one machine together keep to an archive's limits.

These tests address the archive as 127.1. A crawl applies no limits to an archive at 127.0.0.1, because 127.0.0.1 is the
crawl's own machine. A crawl treats 127.1 as another machine.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

import pytest

from crawler import settings
from crawler.archives.wayback import WaybackMachine
from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from tests.servers.archive import Crawler, declare, policy_page

HOST = "http://www.kestrelpost.example"


class Intervals(TypedDict):
    """Scrapy settings: the intervals between requests, in seconds."""

    ARCHIVE_LISTING_INTERVAL: str
    ARCHIVE_REPLAY_INTERVAL: str


TEST_INTERVALS: Intervals = {"ARCHIVE_LISTING_INTERVAL": "0.5", "ARCHIVE_REPLAY_INTERVAL": "0.2"}


@pytest.fixture
def warcs(tmp_path: Path) -> Path:
    folder = tmp_path / "warcs"
    folder.mkdir()
    pages = (
        DatedPage(url=f"{HOST}/{name}", at=datetime(2010 + n, 1, 1, tzinfo=UTC), body=policy_page(f"{name} {n}."))
        for name in ("one", "two")
        for n in range(5)
    )
    write_warc(folder / "pages.warc.gz", pages)
    return folder


def crawler_of(folder: Path, name: str, archive: Archive) -> Crawler:
    """Returns a crawler with a new database. The crawler shares the machine's budget with all other crawlers."""
    (folder / name).mkdir()
    declare(folder / name / "vendors", name, f"url: {HOST}/{name}")
    return Crawler(folder / name, archive.url.replace("127.0.0.1", "127.1"), state=folder / "state")


def port_of(crawler: Crawler) -> int:
    return int(crawler.wayback_url.rpartition(":")[2])


def state_file(folder: Path) -> Path:
    (path,) = (folder / "state" / "clausewatch").glob("*.json")
    return path


def end_block(folder: Path, time_since_end: timedelta = timedelta(minutes=1)) -> None:
    """Changes the state file so that the block has ended. time_since_end: how long ago it ended."""
    state = json.loads(state_file(folder).read_text())
    state["blocked_until"] = (datetime.now(UTC) - time_since_end).isoformat()
    state.pop("paused_until", None)
    state_file(folder).write_text(json.dumps(state))


def test_two_crawls_together_keep_to_the_limits(tmp_path: Path, warcs: Path) -> None:
    with serve_archive(warcs) as archive, ThreadPoolExecutor(2) as pool:
        crawlers = [crawler_of(tmp_path, name, archive) for name in ("one", "two")]
        crawls = [
            pool.submit(crawler.crawl, "archive", ARCHIVE_LISTING_ROWS="2", **TEST_INTERVALS) for crawler in crawlers
        ]
        assert [crawl.result().returncode for crawl in crawls] == [0, 0]
        requests = archive.requests()
    for path_prefix, interval, count in (("/cdx/", 0.5, 6), ("/web/", 0.2, 10)):
        times = [request["at"] for request in requests if request["path"].startswith(path_prefix)]
        assert len(times) == count
        # After a request that arrives late, the next request seems to be early. So the total time is checked instead.
        assert times[-1] - times[0] >= interval * (count - 1) * 0.9
    assert len(list((tmp_path / "state" / "clausewatch").glob("*.json"))) == 1


def test_the_limits_match_the_wayback_machines_limits() -> None:
    """The Wayback Machine allows about 30 index queries a minute and 8 replays a second.

    The archive soon refuses queries that are 0.25 s apart.
    """
    limits = WaybackMachine("https://web.archive.org").limits
    assert 60 / limits.listing_interval <= 30
    assert 1 / limits.replay_interval <= 8


def test_autothrottle_does_not_undo_the_limits(tmp_path: Path, warcs: Path) -> None:
    """Scrapy's AutoThrottle changes the delay of a download slot with each HTTP response, down to zero."""
    assert not settings.AUTOTHROTTLE_ENABLED
    with serve_archive(warcs) as archive:
        crawler = crawler_of(tmp_path, "one", archive)
        crawler.crawl("archive", AUTOTHROTTLE_ENABLED="1", AUTOTHROTTLE_START_DELAY="0", **TEST_INTERVALS)
        times = [request["at"] for request in archive.requests() if "/web/" in request["path"]]
    assert len(times) == 5
    assert times[-1] - times[0] >= 0.2 * 4 * 0.9


@pytest.fixture
def blocked(tmp_path: Path, warcs: Path) -> Crawler:
    """Returns a crawler that got its listing and at most two captures before the archive blocked the machine."""
    with serve_archive(warcs, [Fault("^/web/", skip=2, quit=True)]) as archive:
        crawler = crawler_of(tmp_path, "one", archive)
        result = crawler.crawl("archive", **TEST_INTERVALS)
    assert result.returncode == 1
    failure, summary = result.stderr.splitlines()[-2:]
    match = re.fullmatch(
        rf"failed: {crawler.wayback_url}: no requests are sent to the archive until (\S+): it refuses "
        "connections, as archives do for hours after too many requests; the next crawl continues where this one "
        "stopped",
        failure,
    )
    assert match, result.stderr
    assert timedelta(minutes=58) < datetime.fromisoformat(match[1]) - datetime.now(UTC) <= timedelta(hours=1)
    stored = len(crawler.captures("one"))
    assert stored <= 2
    assert summary.endswith(f", {5 - stored} left for the next crawl")
    return crawler


def test_during_a_block_no_crawl_sends_a_request(tmp_path: Path, warcs: Path, blocked: Crawler) -> None:
    with serve_archive(warcs, port=port_of(blocked)) as archive:
        for crawler in (blocked, crawler_of(tmp_path, "two", archive)):
            result = crawler.crawl("archive", **TEST_INTERVALS)
            assert result.returncode == 1
            assert "no requests are sent to the archive until 20" in result.stderr
        assert archive.requests() == []


def test_after_a_block_the_next_crawl_fetches_only_what_is_missing(
    tmp_path: Path, warcs: Path, blocked: Crawler
) -> None:
    # Several captures are requested at the same time, so the stored ones needn't be the oldest.
    stored_years = {stored.capture.captured_at.year for stored in blocked.captures("one")}
    end_block(tmp_path)
    with serve_archive(warcs, port=port_of(blocked)) as archive:
        result = blocked.crawl("archive", **TEST_INTERVALS)
        paths = [request["path"][:9] for request in archive.requests()]
    assert result.returncode == 0, result.stderr
    assert result.stderr == f"archive: 5 captures found, {5 - len(stored_years)} new (0 quarantined), 0 failed\n"
    # No page of the index and no stored capture is requested again.
    assert sorted(paths) == [f"/web/{year}" for year in range(2010, 2015) if year not in stored_years]


@pytest.mark.parametrize(("time_since_end", "hours"), [(timedelta(hours=1), 2), (timedelta(days=2), 1)])
def test_a_second_block_within_a_day_is_twice_as_long(
    tmp_path: Path, blocked: Crawler, time_since_end: timedelta, hours: int
) -> None:
    end_block(tmp_path, time_since_end)
    result = blocked.crawl("archive", **TEST_INTERVALS)
    match = re.search(r"sent to the archive until (\S+):", result.stderr)
    assert match
    assert abs(datetime.fromisoformat(match[1]) - datetime.now(UTC) - timedelta(hours=hours)) < timedelta(minutes=2)


def test_if_the_archive_asks_one_crawl_to_wait_all_crawls_wait(tmp_path: Path, warcs: Path) -> None:
    with serve_archive(warcs, [Fault("^/cdx/", status=429, headers={"Retry-After": "7200"})]) as archive:
        for name in ("one", "two"):
            result = crawler_of(tmp_path, name, archive).crawl("archive", **TEST_INTERVALS)
            assert result.returncode == 1
            assert "until 20" in result.stderr
        assert len(archive.requests()) == 1


def test_a_broken_state_file_is_reported_in_one_line(tmp_path: Path, warcs: Path) -> None:
    with serve_archive(warcs) as archive:
        crawler = crawler_of(tmp_path, "one", archive)
        path = (
            tmp_path / "state" / "clausewatch" / f"{crawler.wayback_url.removeprefix('http://').replace(':', '_')}.json"
        )
        path.parent.mkdir(parents=True)
        path.write_text('{"turns": ')
        result = crawler.crawl("archive")
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)
        assert result.stderr.startswith(f"Error: {path}")
        assert "delete it" in result.stderr
        assert archive.requests() == []


def test_an_unwritable_state_folder_is_reported_in_one_line(tmp_path: Path, warcs: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with serve_archive(warcs) as archive:
        result = crawler_of(tmp_path, "one", archive).crawl("archive")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "set XDG_STATE_HOME to another folder" in result.stderr
