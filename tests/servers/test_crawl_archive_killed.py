"""Crawls of an archive are killed at twenty different moments. Each time, the next crawl continues the work."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.captures import Capture
from core.policies import PolicyKey
from loopback.archive import Archive, DatedPage, serve_archive, write_warc
from loopback.faults import Fault
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page

HOST = "http://www.kestrelpost.example"
VENDORS = ("flips", "mixed", "lost", "moved")
ROWS = tuple(f"{HOST}/{page}" for page in ("flips", "mixed", "lost", "old", "new"))
# How many requests can be under way at most when a crawl is killed. The next crawl sends these requests again. There is
# one request for a page of the index for each location of the three policies, and there are the replays of eight
# captures. A replay is under way until its last redirect is answered.
LISTINGS, REPLAYS = 4, 8
KILLS = 20
AT_ONCE = 3


def at(year: int, hour: int = 0) -> datetime:
    return datetime(year, 1, 1, hour, tzinfo=UTC)


PAGES = [
    # texts that alternate; their listing has two pages
    *(
        DatedPage(url=f"{HOST}/flips", at=at(2010 + year), body=policy_page(f"We keep letters {year % 3} days."))
        for year in range(7)
    ),
    # redirects to an archived page and to a missing page, an archived 404, a revisit
    DatedPage(url=f"{HOST}/mixed", at=at(2010), status=301, media_type="", headers=(("Location", "/target"),)),
    DatedPage(url=f"{HOST}/target", at=at(2010, hour=5), body=policy_page("We keep letters in a chest.")),
    DatedPage(url=f"{HOST}/mixed", at=at(2011), status=302, media_type="", headers=(("Location", "/nowhere"),)),
    DatedPage(url=f"{HOST}/mixed", at=at(2012), body=policy_page()),
    DatedPage(url=f"{HOST}/mixed", at=at(2013), revisit=True),
    DatedPage(url=f"{HOST}/mixed", at=at(2014), body=b"<p>No such page.</p>", status=404),
    # captures that are not returned (because of faults below); one of them has the same digest as another capture
    *(
        DatedPage(url=f"{HOST}/lost", at=at(2010 + year), body=policy_page(f"We keep {body}."))
        for year, body in enumerate(["this", "this", "that", "that", "that"])
    ),
    # a policy that moved
    DatedPage(url=f"{HOST}/old", at=at(2010), body=policy_page("We keep letters in Ireland.")),
    DatedPage(url=f"{HOST}/new", at=at(2015), body=policy_page("We keep letters in Finland.")),
]
FAULTS = [Fault(rf"^/web/{year}.*/lost", status=404, times=None) for year in (2010, 2012, 2013)]


@dataclass(frozen=True)
class Kills:
    """An archive, an empty database, and the results of a crawl that was not killed.

    captures: the captures that this crawl stored.
    paths: the paths that this crawl requested, with counts.
    moments: the number of moments at which this crawl could have been killed.
    """

    folder: Path
    archive: Archive
    captures: list[Any]
    paths: "Counter[str]"
    moments: int

    def crawler(self, name: str) -> Crawler:
        """Returns a crawler with an empty database. The file is copied, which is quicker than creating the tables."""
        folder = self.folder / name
        folder.mkdir()
        for vendor in VENDORS[:3]:
            declare(folder / "vendors", vendor, f"url: {HOST}/{vendor}")
        declare(folder / "vendors", "moved", f"url: {HOST}/old; until: 2014-01-01", f"url: {HOST}/new")
        shutil.copy(self.folder / "empty.db", folder / "store.db")
        return Crawler(folder, self.archive.url, contact=name)

    def requests(self, crawler: Crawler) -> "Counter[str]":
        """Returns the paths that a crawler has requested, with counts."""
        sign = f"(+{crawler.contact})"
        return Counter(request["path"] for request in self.archive.requests() if request["user_agent"].endswith(sign))

    def killed_at(self, moment: int) -> bool:
        """Kills a crawl at a moment, runs a second crawl, and checks the result of both.

        Returns whether the first crawl was killed before it had finished. The number of moments differs from crawl to
        crawl, because of threads, so the first crawl may finish before the moment. In this case, the first crawl has
        deleted its listings, and the second crawl lists everything again.
        """
        crawler = self.crawler(f"killed-{moment}")
        killed = crawler.crawl("archive", at=moment, then="die", ARCHIVE_LISTING_ROWS="4")
        assert killed.returncode in (-9, 0), killed.stderr
        was_finished = bool(self.requests(crawler)) and not open_listings(crawler)
        assert was_finished or killed.returncode == -9
        result = crawler.crawl("archive", ARCHIVE_LISTING_ROWS="4")
        assert result.returncode == 0, result.stderr
        assert captures(crawler) == self.captures, moment
        paths = self.requests(crawler)
        assert set(paths) == set(self.paths)
        repeated = paths - self.paths
        if not was_finished:
            assert sum("/cdx/" in path for path in repeated.elements()) <= LISTINGS, (moment, repeated)
        assert sum(path.endswith(ROWS) for path in repeated.elements()) <= REPLAYS, (moment, repeated)
        assert max(repeated.values(), default=0) <= 1, (moment, repeated)
        with Store.open(crawler.database_url) as store:
            keys = [PolicyKey(vendor, "privacy") for vendor in VENDORS]
            assert not any(store.archive_listings.count_to_fetch(key, "wayback") for key in keys)
        shutil.rmtree(crawler.folder)
        return not was_finished


def captures(crawler: Crawler) -> list[Any]:
    """Returns all stored captures without ids, times and Date headers, which differ from crawl to crawl."""
    with Store.open(crawler.database_url) as store:
        return [
            replace(stored, id=0, capture=_timeless(stored.capture))
            for vendor in VENDORS
            for stored in store.library.captures(PolicyKey(vendor, "privacy"))
        ]


def open_listings(crawler: Crawler) -> int:
    """Returns the number of listings in the database."""
    with closing(sqlite3.connect(crawler.folder / "store.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM listings").fetchone()
    return int(count)


def _timeless(capture: Capture) -> Capture:
    headers = tuple(header for header in capture.headers if header[0] != "Date")
    return replace(capture, headers=headers, requested_at=None, answered_at=None)


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kills]:
    folder = tmp_path_factory.mktemp("kills")
    warcs = folder / "warcs"
    warcs.mkdir()
    write_warc(warcs / "pages.warc.gz", PAGES)
    Store.open(f"sqlite:///{folder / 'empty.db'}").close()
    with serve_archive(warcs, FAULTS) as archive:
        before = Kills(folder, archive, [], Counter(), 0)
        crawler = before.crawler("undisturbed")
        result = crawler.crawl("archive", at=-1, then="count", ARCHIVE_LISTING_ROWS="4")
        assert result.returncode == 0, result.stderr
        yield Kills(folder, archive, captures(crawler), before.requests(crawler), int(result.stdout.split()[-1]))


def test_a_crawl_that_is_not_killed_requests_nothing_twice(kills: Kills) -> None:
    assert len(kills.captures) == 16
    assert set(kills.paths.values()) == {1}


def test_after_a_kill_the_next_crawl_completes_the_work(kills: Kills) -> None:
    last = kills.moments * 9 // 10
    assert last > KILLS
    moments = [1 + number * last // KILLS for number in range(KILLS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sum(pool.map(kills.killed_at, moments)) > KILLS * 2 // 3
