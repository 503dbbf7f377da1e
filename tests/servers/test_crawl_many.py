"""Live crawls with so many pages that worker processes read the captures while the crawl goes on."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.policies import PolicyKey
from core.settings import CHECKOUT
from loopback.pages import Page, Site, serve_pages
from storage import Store
from tests.servers.archive import QUICK, Crawler, declare, policy_page

COUNT = 60
VENDORS = [f"kestrel{number}" for number in range(COUNT)]


@pytest.fixture
def crawler(tmp_path: Path) -> Crawler:
    return Crawler(tmp_path, allow_private=True)


@pytest.fixture
def site(crawler: Crawler) -> Iterator[Site]:
    pages: dict[str, Page | list[Page]] = {
        f"/{vendor}": Page(policy_page(f"We keep letters for {number} days. " * 200))
        for number, vendor in enumerate(VENDORS)
    }
    with serve_pages(pages) as running:
        for vendor in VENDORS:
            declare(crawler.vendors, vendor, f"url: {running.url}/{vendor}")
        yield running


def test_every_capture_is_read_by_the_end_of_the_crawl(crawler: Crawler, site: Site) -> None:
    site.pages["/kestrel7"] = Page(b"<p>There is no such page.</p>", 404)
    first = crawler.crawl("live")
    assert first.stderr.splitlines()[-1] == f"live: {COUNT} captures found, {COUNT} new (1 quarantined), 0 failed"
    with Store.open(crawler.database_url) as store:
        assert sum(standing.unread for standing in store.library.standings()) == 0
        assert sum(len(store.library.history(PolicyKey(vendor, "privacy")).versions) for vendor in VENDORS) == COUNT - 1

    for vendor in VENDORS[:20]:
        site.pages[f"/{vendor}"] = Page(policy_page("We burn letters."))
    second = crawler.crawl("live")
    assert (
        second.stderr.splitlines()[-1]
        == f"live: {COUNT + 19} captures found, {COUNT + 19} new (0 quarantined), 0 failed"
    )


def test_the_next_crawl_reads_the_captures_of_a_killed_crawl(crawler: Crawler, site: Site) -> None:
    settings = [part for name, value in QUICK.items() for part in ("-s", f"{name}={value}")]
    command = [str(Path(sys.executable).with_name("scrapy")), "crawl", "live", *settings]
    crawl = subprocess.Popen(command, cwd=CHECKOUT, env=crawler.environment, process_group=0)
    file = crawler.folder / "store.db"
    stored = 0
    while stored < COUNT // 2:
        assert crawl.poll() is None
        time.sleep(0.01)
        try:
            with closing(sqlite3.connect(file)) as connection:
                (stored,) = connection.execute("SELECT count(*) FROM captures").fetchone()
        except sqlite3.Error:  # the tables don't exist yet
            continue
    crawl.send_signal(signal.SIGKILL)
    crawl.wait()
    assert sum(len(crawler.captures(vendor)) for vendor in VENDORS) >= stored
    following = crawler.crawl("live")
    assert following.returncode == 0, following.stderr
    with Store.open(crawler.database_url) as store:
        assert sum(standing.unread for standing in store.library.standings()) == 0
