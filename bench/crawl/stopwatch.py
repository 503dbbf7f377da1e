"""Measures a crawl's time from inside the crawl's process."""

import json
import time
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

# Scrapy's settings for the two crawls that the benchmark compares: bench.crawl.live_crawl and bench.crawl.bare_spider.
SETTINGS = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0}


class Stopwatch:
    """A stopwatch for a crawl. The stopwatch measures the time from the first request to the last page.

    page_done_signal: the Scrapy signal that the crawl sends when a page is finished.
    """

    def __init__(self, crawler: Crawler, page_done_signal: Any) -> None:
        # Pairs of (wall-clock time, processor time of this process), in seconds. The first pair was measured when the
        # first request was sent, the second pair when the most recent page was finished.
        self._start_times: tuple[float, float] | None = None
        self._end_times = (0.0, 0.0)
        self._pages = 0
        crawler.signals.connect(self._on_request, signals.request_reached_downloader)
        crawler.signals.connect(self._on_page_done, page_done_signal)

    def print_times(self, pages: int) -> None:
        """Prints the measured times, in seconds, as JSON. Call this method when the crawl has read all pages.

        All times begin with the first request:

        fetched: the wall-clock time until the last page was finished.
        processor: the processor time of this process until the last page was finished.
        read: the wall-clock time until this method was called.

        SystemExit if the number of finished pages is not `pages`.
        """
        if self._start_times is None or self._pages != pages:
            raise SystemExit(f"{self._pages} of {pages} pages were fetched")
        fetched, processor = (end - begin for begin, end in zip(self._start_times, self._end_times, strict=True))
        read = time.perf_counter() - self._start_times[0]
        print(json.dumps({"fetched": fetched, "processor": processor, "read": read}))

    def _on_request(self) -> None:
        self._start_times = self._start_times or (time.perf_counter(), time.process_time())

    def _on_page_done(self) -> None:
        self._pages += 1
        self._end_times = (time.perf_counter(), time.process_time())


def urls_in(folder: str | Path) -> list[str]:
    """Returns the addresses to crawl. `bench.crawl` has written them to the file `urls` in the folder."""
    return Path(folder, "urls").read_text().split()
