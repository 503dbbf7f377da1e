"""robots.txt, obeyed as RFC 9309 has it."""

import asyncio
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from crawler.failures import PASSING, RequestNotSentInterrupt, explain

PRODUCT = "clausewatch"  # the product token a robots.txt may name us by
# What is parsed of a robots.txt, in bytes: the least that RFC 9309, section 2.5, allows for.
_MOST = 500 * 1024

_Rules = ProtegoRobotParser | str  # why they could not be got


class RobotsMiddleware:
    """Refuses with IgnoreRequest what a site's robots.txt forbids; requests to the archive are not concerned.

    "Unavailable" (4xx) means no rules; "unreachable" (5xx, or no answer at all) means that everything is forbidden
    (RFC 9309, section 2.3.1). Scrapy's own middleware reads an error page as rules, takes no answer for permission,
    and lets all but one of several requests through that wait for the same robots.txt.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._rules: dict[str, asyncio.Task[_Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """See Scrapy's components."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """See Scrapy's downloader middlewares."""
        if "archive" in request.meta or "robots" in request.meta:
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._get(f"{origin}/robots.txt"))
        rules = await self._rules[origin]
        if isinstance(rules, str):
            raise IgnoreRequest(rules)
        if not rules.allowed(request.url, PRODUCT):
            raise IgnoreRequest("robots.txt forbids it")

    async def _get(self, url: str) -> _Rules:
        request = Request(url, NO_CALLBACK, priority=1000, dont_filter=True, meta={"robots": True})
        try:
            response = await self._crawler.engine.download_async(request)
        except RequestNotSentInterrupt:
            raise
        except (*PASSING, DownloadCancelledError, IgnoreRequest) as error:
            return f"{url} could not be got: {explain(error, url)}"
        if response.status == 429 or response.status >= 500:
            return f"{url} could not be got: status {response.status}"
        return ProtegoRobotParser(b"" if response.status >= 400 else response.body[:_MOST], self._crawler.spider)
