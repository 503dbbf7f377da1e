"""Measures a crawl from inside its process."""

import json
import time
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

# Scrapy's settings for both crawls.
SETTINGS = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0}


class Stopwatch:
    """A stopwatch for a crawl, from its first request to its last page.

    page_done: the signal of Scrapy that says that a page has been dealt with.
    """

    def __init__(self, crawler: Crawler, page_done: Any) -> None:
        # Seconds by the clock, and of this process's processor time.
        self._begun: tuple[float, float] | None = None
        self._done = (0.0, 0.0)
        self._pages = 0
        crawler.signals.connect(self._begin, signals.request_reached_downloader)
        crawler.signals.connect(self._count, page_done)

    def print_times(self, pages: int) -> None:
        """Prints JSON with `fetched`, `processor` and `read`, in seconds from the first request.

        fetched: until the last page was dealt with. processor: this process's processor time until then. read: until
        now, when the crawl has read all pages.
        SystemExit if the number of pages isn't as expected.
        """
        if self._begun is None or self._pages != pages:
            raise SystemExit(f"{self._pages} of {pages} pages were fetched")
        fetched, processor = (end - begin for begin, end in zip(self._begun, self._done, strict=True))
        print(json.dumps({"fetched": fetched, "processor": processor, "read": time.perf_counter() - self._begun[0]}))

    def _begin(self) -> None:
        self._begun = self._begun or (time.perf_counter(), time.process_time())

    def _count(self) -> None:
        self._pages += 1
        self._done = (time.perf_counter(), time.process_time())


def urls_in(folder: str | Path) -> list[str]:
    """Returns the addresses to crawl, which `bench.crawl` has written to a file of the folder."""
    return Path(folder, "urls").read_text().split()
