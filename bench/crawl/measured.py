"""What a crawl measures of itself."""

import json
import time
from pathlib import Path
from typing import Any

from scrapy import signals
from scrapy.crawler import Crawler

# Of both crawls alike.
SETTINGS = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "DOWNLOAD_DELAY": 0}


class Clock:
    """Seconds from the first request: until the last page was dealt with, and of this process's processor time."""

    def __init__(self, crawler: Crawler, done: Any) -> None:
        self.begun: tuple[float, float] | None = None
        self.done = (0.0, 0.0)
        self.pages = 0
        crawler.signals.connect(self._begin, signals.request_reached_downloader)
        crawler.signals.connect(self._end, done)

    def _begin(self) -> None:
        self.begun = self.begun or (time.perf_counter(), time.process_time())

    def _end(self) -> None:
        self.pages += 1
        self.done = (time.perf_counter(), time.process_time())

    def tell(self, pages: int) -> None:
        """Print it; SystemExit when not all pages were dealt with."""
        if self.begun is None or self.pages != pages:
            raise SystemExit(f"{self.pages} of {pages} pages came")
        fetched, processor = (end - begin for begin, end in zip(self.begun, self.done, strict=True))
        print(json.dumps({"fetched": fetched, "processor": processor, "read": time.perf_counter() - self.begun[0]}))


def urls(folder: str) -> list[str]:
    """The addresses to crawl."""
    return Path(folder, "urls").read_text().split()
