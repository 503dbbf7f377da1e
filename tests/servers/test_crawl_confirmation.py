"""If the text of a live page has changed, the page is fetched a second time before the crawl ends."""

import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from core.history import SettledHistory
from core.policies import PolicyKey
from loopback.pages import Page, Site, serve_pages
from storage import Store
from tests.servers.archive import Crawler, declare, policy_page
from tests.servers.commands import started_scrapy_crawl

OLD, NEW, THIRD = (Page(policy_page(f"We keep letters for {days} days.")) for days in ("thirty", "sixty", "ninety"))
BROKEN = Page(b"<p>Come back later.</p>", 404)
CONFIRM_AFTER = 5
# The HTTP responses for each page in the second crawl: to the first fetch, to the second fetch, and so on.
ANSWERS: dict[str, list[Page]] = {
    "same": [OLD],
    "lasts": [NEW],
    "flips": [NEW, OLD],
    "third": [NEW, THIRD],
    "fails": [NEW, BROKEN],
    "drops": [NEW, Page(drop=True)],
    "broken": [BROKEN, NEW],
    "cookie": [Page(NEW.body, headers={**NEW.headers, "Set-Cookie": "seen=1; Path=/"}), NEW],
}


@dataclass
class Crawled:
    crawler: Crawler
    site: Site
    result: CompletedProcess[str]
    seconds: float

    def requests_for(self, vendor: str) -> int:
        """Returns the number of times that the second crawl requested a vendor's page."""
        return sum(path == f"/{vendor}" for path, _ in self.site.requests)

    def settled(self, vendor: str) -> SettledHistory:
        with Store.open(self.crawler.database_url) as store:
            return store.library.settled(PolicyKey(vendor, "privacy"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    crawler = Crawler(tmp_path_factory.mktemp("confirmation"), allow_private=True, confirm_after=CONFIRM_AFTER)
    pages: dict[str, Page | list[Page]] = {f"/{vendor}": OLD for vendor in ANSWERS}
    with serve_pages(pages) as site:
        for vendor in ANSWERS:
            declare(crawler.vendors, vendor, f"url: {site.url}/{vendor}")
        first = crawler.crawl("live")
        assert first.stderr == f"live: {len(ANSWERS)} captures found, {len(ANSWERS)} new (0 quarantined), 0 failed\n"
        site.pages |= {f"/{vendor}": list(pages) for vendor, pages in ANSWERS.items()}
        site.requests.clear()
        begun = time.monotonic()
        # The cache is on, to check that the second fetch still goes to the site. Retries are off, to save time.
        result = crawler.crawl(
            "live", RETRY_TIMES="0", HTTPCACHE_ENABLED="True", HTTPCACHE_DIR=str(crawler.folder / "cache")
        )
        yield Crawled(crawler, site, result, time.monotonic() - begun)


def test_only_changed_pages_are_fetched_twice(crawled: Crawled) -> None:
    counts = {vendor: crawled.requests_for(vendor) for vendor in ANSWERS}
    assert counts.pop("drops") >= 2  # Twisted repeats a request if a kept-alive connection is lost
    assert counts == dict.fromkeys(counts, 2) | {"same": 1, "broken": 1}


def test_all_pages_wait_together_and_the_crawl_prints_how_long(crawled: Crawled) -> None:
    lines = crawled.result.stderr.splitlines()
    line, *quarantined, failure, summary = lines
    assert len([line for line in quarantined if line.startswith("quarantined: ")]) == 2
    assert re.fullmatch(
        r"live: the text of 6 pages has changed; waiting until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ to fetch them "
        "a second time",
        line,
    )
    assert failure.startswith("failed: drops/privacy")
    assert summary == "live: 13 captures found, 13 new (2 quarantined), 1 failed"
    assert CONFIRM_AFTER <= crawled.seconds < CONFIRM_AFTER * 4


def test_both_fetches_are_captures_the_set_time_apart(crawled: Crawled) -> None:
    _, second, third = (stored.capture for stored in crawled.crawler.captures("lasts"))
    assert (second.sha256, second.url, second.source) == (third.sha256, third.url, "live")
    assert (
        timedelta(seconds=CONFIRM_AFTER)
        <= third.captured_at - second.captured_at
        <= timedelta(seconds=CONFIRM_AFTER * 3)
    )


@pytest.mark.parametrize(
    ("vendor", "stand", "transient", "pending"),
    [
        ("same", 1, 0, 0),
        ("lasts", 2, 0, 0),
        ("cookie", 2, 0, 0),
        ("flips", 1, 1, 0),
        ("third", 1, 1, 1),
        ("fails", 1, 0, 1),
        ("drops", 1, 0, 1),
        ("broken", 1, 0, 0),
    ],
)
def test_the_second_fetch_decides_whether_a_change_lasted(
    crawled: Crawled, vendor: str, stand: int, transient: int, pending: int
) -> None:
    history = crawled.settled(vendor)
    assert (len(history.history.periods), len(history.transient), len(history.pending)) == (stand, transient, pending)


def test_the_second_fetch_sends_no_cookie_from_the_first(crawled: Crawled) -> None:
    assert all("cookie" not in headers for _, headers in crawled.site.requests)


def test_an_interrupt_ends_the_wait_at_once(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True, confirm_after=1800)
    with serve_pages({"/p": OLD}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/p")
        crawler.crawl("live")
        site.pages["/p"] = NEW
        crawl = started_scrapy_crawl(crawler, "live", DOWNLOAD_DELAY="0")
        assert crawl.stderr is not None
        line = crawl.stderr.readline()
        assert line.startswith("live: the text of 1 page has changed; waiting until ")
        assert line.endswith(" to fetch it a second time\n")
        begun = time.monotonic()
        crawl.send_signal(signal.SIGINT)
        _, stderr = crawl.communicate(timeout=30)
    assert time.monotonic() - begun < 5
    assert crawl.returncode == 1
    assert stderr.splitlines() == [
        "live: interrupted; ends within 12 seconds",
        "failed: the crawl was interrupted",
        "live: 1 capture found, 1 new (0 quarantined), 1 failed, 1 left for the next crawl",
    ]


def test_different_texts_at_two_locations_are_not_a_change(tmp_path: Path) -> None:
    crawler = Crawler(tmp_path, allow_private=True)
    with serve_pages({"/a": OLD, "/b": NEW}) as site:
        declare(crawler.vendors, "kestrel", f"url: {site.url}/a", f"url: {site.url}/b")
        crawler.crawl("live", "vendor=kestrel", CLOSESPIDER_TIMEOUT="20")
        site.requests.clear()
        result = crawler.crawl("live")
        assert len(site.requests) == 3  # robots.txt and the two
    assert result.stderr == "live: 2 captures found, 2 new (0 quarantined), 0 failed\n"
