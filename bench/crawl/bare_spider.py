"""Crawls the addresses with a Scrapy spider that stores nothing. `bench.crawl` runs this module in a new process.

python -m bench.crawl.bare_spider FOLDER
"""

import sys
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from bench.crawl.stopwatch import SETTINGS, Stopwatch, urls_in


class BareSpider(scrapy.Spider):
    """Fetches each address once."""

    name = "bare"
    urls: list[str]

    async def start(self) -> AsyncIterator[Any]:
        """Yields a request for each address."""
        for url in self.urls:
            yield Request(url, dont_filter=True)

    def parse(self, response: Response, **_: Any) -> None:
        """Does nothing with the page."""


def main(folder: str) -> None:
    """Runs the crawl and prints its times."""
    urls = urls_in(folder)
    process = AsyncCrawlerProcess({**SETTINGS, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False})
    crawler = process.create_crawler(BareSpider)
    stopwatch = Stopwatch(crawler, signals.response_received)
    process.crawl(crawler, urls=urls)
    process.start()
    stopwatch.print_times(len(urls))


if __name__ == "__main__":
    main(sys.argv[1])
