"""A spider that fetches pages and keeps nothing."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import scrapy
from scrapy import Request, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from bench.crawl.measured import SETTINGS, Clock, urls

FOLDER = sys.argv[1]


class Bare(scrapy.Spider):
    """Asks for each address."""

    name = "bare"

    async def start(self) -> AsyncIterator[Any]:
        """All of them."""
        for url in urls(FOLDER):
            yield Request(url, dont_filter=True)

    def parse(self, response: Response, **_: Any) -> None:
        """Nothing is done with it."""


if __name__ == "__main__":
    process = AsyncCrawlerProcess({**SETTINGS, "LOG_LEVEL": "WARNING", "TELNETCONSOLE_ENABLED": False})
    crawler = process.create_crawler(Bare)
    clock = Clock(crawler, signals.response_received)
    process.crawl(crawler)
    process.start()
    clock.tell(len(urls(FOLDER)))
