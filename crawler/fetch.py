"""One page, fetched once, as a live crawl would; nothing is stored."""

from collections.abc import AsyncIterator
from typing import Any, cast

import scrapy
from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

from core.addresses import urlkey
from core.captures import Capture
from core.exceptions import FetchError, UsageError
from core.settings import Settings
from crawler.captures import live_capture
from crawler.failures import reason
from crawler.own_process import in_own_process
from crawler.run import project_settings, run_spider


def fetch_once(url: str, settings: Settings) -> tuple[Capture, bytes]:
    """The live page at an address, as a capture of no vendor and no policy, and its payload.

    UsageError when it is no web address; FetchError, which says why, when there is no answer or robots.txt forbids
    to ask.
    """
    try:
        urlkey(url)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if not url.lower().startswith(("http://", "https://")):
        raise UsageError(f"{url!r} is no web address: it must begin with http:// or https://")
    return in_own_process(_fetch, url, settings)


def _fetch(url: str, environment: Settings) -> tuple[Capture, bytes]:
    settings = project_settings(environment)
    settings.setdict({"ITEM_PIPELINES": {}, "DOWNLOAD_DELAY": 0, "RETRY_TIMES": 0})
    spider, outcome = run_spider(AsyncCrawlerProcess(settings), _OnePage, {"url": url})
    page = cast(_OnePage, spider)
    if page.result is None:
        raise FetchError(f"{url}: {page.why or '; '.join(outcome.failures)}")
    return page.result


class _OnePage(scrapy.Spider):
    name = "one_page"
    result: tuple[Capture, bytes] | None = None
    why = ""
    url: str

    async def start(self) -> AsyncIterator[Any]:
        yield Request(self.url, self.parse, errback=self.failed)

    def parse(self, response: Response, **_: Any) -> None:
        self.result = live_capture(response, "", "", self.url), response.body

    def failed(self, failure: Failure) -> None:
        self.why = reason(failure)
